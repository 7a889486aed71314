import type { KubeObject } from '#api/object.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { resourcePath, resources, type ApiCall } from '#machinery/client.ts';
import type { Answer, Ask, Probe, ProbeName, Verdict } from './state.ts';

type Steps<Result> = Generator<Ask, Result, Answer>;

const namespace = 'probes';
const workload = 'probe';
const replicas = 2;
const labels = { app: workload };
const image = 'nginx:1.29';
/** How long something may take until it counts as failed. */
const patienceMs = 60_000;

const pods = resourcePath(resources.pods, namespace);
const works: Verdict = { ok: true, text: '' };

/** What a client says of an answer that is none, or of an error. */
function failure(answer: Answer): Verdict | undefined {
  if (answer.type === 'silent') return { ok: false, text: 'no answer' };
  if (answer.type === 'unreachable') return { ok: false, text: answer.reason };
  if (answer.type !== 'http.response' || answer.status < 400) return undefined;
  const { message } = (typeof answer.body === 'object' ? answer.body : {}) as { readonly message?: string };
  return { ok: false, text: `${answer.status} ${message ?? String(answer.body)}`.trim() };
}

const bodyOf = (answer: Answer): unknown => (answer as HttpResponse).body;
const call = (method: ApiCall['method'], path: string, body?: object): Ask => ({
  call: { method, path, ...(body === undefined ? {} : { body }) },
});

/** Something is there already: that is as good as having made it. */
function* make(path: string, body: object): Steps<Verdict | undefined> {
  const answer = yield call('POST', path, body);
  return (answer as HttpResponse).status === 409 ? undefined : failure(answer);
}

const podSpec = { containers: [{ name: workload, image, ports: [{ containerPort: 80 }] }] };

/** What the probes need: a namespace, two pods of a Deployment, and a Service in front of them. */
function* prepare(): Steps<Verdict> {
  const objects: readonly (readonly [string, object])[] = [
    [resourcePath(resources.namespaces), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
    [
      resourcePath(resources.deployments, namespace),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: workload },
        spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
      },
    ],
    [
      resourcePath(resources.services, namespace),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: workload }, spec: { selector: labels, ports: [{ port: 80 }] } },
    ],
  ];
  for (const [path, body] of objects) {
    const failed = yield* make(path, body);
    if (failed !== undefined) return failed;
  }
  return works;
}

function* read(): Steps<Verdict> {
  return failure(yield call('GET', pods)) ?? works;
}

function* write(turn: number): Steps<Verdict> {
  const path = resourcePath(resources.configmaps, namespace);
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: workload }, data: { turn: String(turn) } };
  const updated = yield call('PUT', `${path}/${workload}`, object);
  if ((updated as HttpResponse).status !== 404) return failure(updated) ?? works;
  return failure(yield call('POST', path, object)) ?? works;
}

const specOf = (object: unknown): { readonly nodeName?: string } => (object as { readonly spec?: object } | null)?.spec ?? {};

/** A new pod gets a node. */
function* schedule(turn: number): Steps<Verdict> {
  const name = `placed-${turn}`;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...podSpec, terminationGracePeriodSeconds: 0 } };
  const created = failure(yield call('POST', pods, pod));
  if (created !== undefined) return created;
  let verdict: Verdict = { ok: false, text: 'no node' };
  for (let waited = 0; waited < patienceMs; waited += 500) {
    const found = yield call('GET', `${pods}/${name}`);
    if (failure(found) === undefined && specOf(bodyOf(found)).nodeName !== undefined) {
      verdict = works;
      break;
    }
    yield { waitMs: 500 };
  }
  yield call('DELETE', `${pods}/${name}`, { gracePeriodSeconds: 0 });
  return verdict;
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return pod.metadata.deletionTimestamp === undefined && conditions.some((item) => item.type === 'Ready' && item.status === 'True');
}

function* readyPods(): Steps<readonly KubeObject[] | Verdict> {
  const answer = yield { call: { method: 'GET', path: pods, query: { labelSelector: `app=${workload}` } } };
  return failure(answer) ?? (bodyOf(answer) as { readonly items: readonly KubeObject[] }).items.filter(isReady);
}

/** Waits until enough pods are ready, without one of them where that is named; what is wrong where that does not happen. */
function* untilReady(without?: string): Steps<readonly KubeObject[] | Verdict> {
  let text = '';
  for (let waited = 0; waited < patienceMs; waited += 1000) {
    const now = yield* readyPods();
    if ('ok' in now) return now;
    if (now.length >= replicas && now.every((pod) => pod.metadata.uid !== without)) return now;
    text = `${now.length}/${replicas} ready`;
    yield { waitMs: 1000 };
  }
  return { ok: false, text };
}

/** A pod that is deleted is replaced, and the new one becomes ready. */
function* heal(turn: number): Steps<Verdict> {
  const before = yield* untilReady();
  if ('ok' in before) return before;
  const victim = before[turn % before.length]!;
  const deleted = failure(yield call('DELETE', `${pods}/${victim.metadata.name}`, { gracePeriodSeconds: 0 }));
  if (deleted !== undefined) return deleted;
  const after = yield* untilReady(victim.metadata.uid);
  return 'ok' in after ? after : works;
}

/** A connection to the Service reaches a pod, by the rules of the node that it is made from. */
function* serve(): Steps<Verdict> {
  const answer = yield { dial: `${namespace}/${workload}`, path: '/' };
  if (answer.type !== 'net.reply') return failure(answer) ?? works;
  const { outcome } = answer;
  if (outcome.type === 'failed') return { ok: false, text: outcome.failure };
  return outcome.type === 'http' && outcome.status === 200 ? works : { ok: false, text: JSON.stringify(outcome) };
}

/** What is tried, how often. `prepare` makes what the others need. */
export const loops: Readonly<Record<ProbeName, Probe>> = {
  prepare: { everyMs: 20_000, run: prepare },
  read: { everyMs: 5000, run: read },
  write: { everyMs: 5000, run: write },
  schedule: { everyMs: 10_000, run: schedule },
  heal: { everyMs: 30_000, run: heal },
  serve: { everyMs: 5000, run: serve },
};

import type { JsonObject } from '#base/json.ts';
import type { LinkOptions } from '#kernel/types.ts';
import type { HttpMethod } from '#protocol/rest.ts';
import { Chance } from './chance.ts';
import { workloads, type Workload } from './objects.ts';

/** What a user asks the API server for. Names of pods are drawn when it is time, from those there are. */
export interface UserAction {
  readonly type: 'user';
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}
export type Action =
  | UserAction
  | { readonly type: 'evict' | 'delete-pod'; readonly draw: number }
  | { readonly type: 'stop' | 'start'; readonly address: string }
  | { readonly type: 'link'; readonly between: readonly [string, string]; readonly options?: LinkOptions };

/** What happens at which time after the beginning. */
export interface Step {
  readonly atMs: number;
  readonly action: Action;
}
export interface Plan {
  readonly seed: number;
  readonly shape: string;
  readonly steps: readonly Step[];
}

export interface Place {
  readonly shape: string;
  readonly control: string;
  readonly nodes: readonly string[];
}
export const places: readonly Place[] = [
  { shape: 'oracle-real', control: 'control-plane', nodes: ['node-1', 'node-2', 'node-3'] },
  { shape: 'cluster', control: 'minikube', nodes: ['minikube', 'node-1', 'node-2', 'node-3'] },
];

export const namespaces = ['one', 'two'] as const;
/** The namespace with a quota, and what it allows. */
export const limited = { namespace: 'two', hard: { pods: '9', 'requests.cpu': '80m', 'count/jobs.batch': '3' } } as const;
/** Until when users and faults go on. */
export const troubleMs = 150_000;
const superviseMs = 25_000;
const apps = ['a', 'b', 'c'];

const collection = ({ root, plural }: Workload, namespace: string): string => `${root}/namespaces/${namespace}/${plural}`;

export function setUp(): readonly UserAction[] {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota' }, spec: { hard: limited.hard } };
  return [
    ...namespaces.map((name): UserAction => ({
      type: 'user',
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })),
    { type: 'user', method: 'POST', path: `/api/v1/namespaces/${limited.namespace}/resourcequotas`, body: quota },
  ];
}

/** What ends what would never come to rest: schedules stop, and nodes take pods again. */
export function windUp(place: Place): readonly UserAction[] {
  const cronjobs = workloads.find(({ plural }) => plural === 'cronjobs')!;
  return [
    ...namespaces.flatMap((namespace) =>
      apps.map((app): UserAction => ({
        type: 'user',
        method: 'PATCH',
        path: `${collection(cronjobs, namespace)}/${app}`,
        body: { spec: { suspend: true } },
      })),
    ),
    ...place.nodes.map((node): UserAction => ({
      type: 'user',
      method: 'PATCH',
      path: `/api/v1/nodes/${node}`,
      body: { spec: { unschedulable: null } },
    })),
  ];
}

function userAction(chance: Chance, place: Place): Action {
  const namespace = chance.pick(namespaces);
  const workload = chance.pick(workloads);
  const app = chance.pick(apps);
  const path = collection(workload, namespace);
  const dice = chance.between(1, 100);
  if (dice <= 45) {
    const { apiVersion, kind } = workload;
    const body = { apiVersion, kind, metadata: { name: app, labels: { app } }, spec: workload.spec(chance, app) };
    return { type: 'user', method: 'POST', path, body };
  }
  if (dice <= 72) return { type: 'user', method: 'PATCH', path: `${path}/${app}`, body: workload.change(chance) };
  if (dice <= 80) {
    const propagationPolicy = chance.pick(['Background', 'Foreground', 'Orphan']);
    return { type: 'user', method: 'DELETE', path: `${path}/${app}`, query: { propagationPolicy } };
  }
  if (dice <= 90) return { type: 'evict', draw: chance.between(0, 1_000_000) };
  if (dice <= 96) return { type: 'delete-pod', draw: chance.between(0, 1_000_000) };
  const spec = { unschedulable: chance.happens(0.5) };
  return { type: 'user', method: 'PATCH', path: `/api/v1/nodes/${chance.pick(place.nodes)}`, body: { spec } };
}

/** A fault and, after a while, its end. */
function fault(chance: Chance, place: Place): readonly Step[] {
  const atMs = chance.between(0, troubleMs);
  const endMs = Math.min(troubleMs, atMs + chance.pick([50, 1000, 10_000, 60_000, 100_000]));
  const both = (first: Action, then: Action): readonly Step[] => [
    { atMs, action: first },
    { atMs: endMs, action: then },
  ];
  const node = chance.pick(place.nodes);
  const dice = chance.between(1, 100);
  if (dice <= 65) {
    const name = chance.pick([
      `${place.control}/kube-apiserver`,
      `${place.control}/etcd`,
      `${place.control}/kube-scheduler`,
      `${place.control}/kube-controller-manager`,
      `${node}/kubelet`,
      `${node}/kube-proxy`,
    ]);
    return both({ type: 'stop', address: name }, { type: 'start', address: name });
  }
  if (node === place.control) return [];
  const between = [place.control, node] as const;
  const options = dice <= 85 ? { cut: true } : { latencyMs: chance.pick([20, 300, 2000]) };
  return both({ type: 'link', between, options }, { type: 'link', between });
}

export function planOf(seed: number): Plan {
  const chance = new Chance(seed, 'swarm');
  const place = chance.happens(0.75) ? places[0]! : places[1]!;
  const steps: Step[] = [];
  const users = chance.between(10, 40);
  for (let index = 0; index < users; index++) {
    const step = { atMs: chance.between(0, troubleMs), action: userAction(chance, place) };
    steps.push(step);
    // A client that got no answer asks once more.
    if (chance.happens(0.1)) steps.push({ ...step, atMs: step.atMs + chance.between(1, 40) });
  }
  // Whoever has lost its lease ends, and is started again by what looks after it.
  for (let atMs = superviseMs; atMs <= troubleMs + superviseMs; atMs += superviseMs)
    for (const name of ['kube-scheduler', 'kube-controller-manager'])
      steps.push({ atMs, action: { type: 'start', address: `${place.control}/${name}` } });
  const faults = chance.between(0, 6);
  for (let index = 0; index < faults; index++) steps.push(...fault(chance, place));
  return { seed, shape: place.shape, steps: steps.sort((a, b) => a.atMs - b.atMs) };
}

import type { KubeObject } from '#api/object.ts';
import type { Pod } from '#api/types.generated.ts';
import type { History } from '#kernel/history.ts';
import type { Model } from '../model.ts';
import { limited, namespaces } from '../plan.ts';
import { convergence } from './convergence.ts';
import { workloadsAtRest } from './workloads.ts';

type StoredPod = Pod & KubeObject;

/** Every owner that an object names is there. */
function owners(model: Model): readonly string[] {
  const uids = new Set([...model.all()].map(({ metadata }) => metadata?.uid));
  const found: string[] = [];
  for (const { kind, metadata } of model.all())
    for (const owner of metadata?.ownerReferences ?? [])
      if (!uids.has(owner.uid)) found.push(`${kind} ${metadata.namespace ?? ''}/${metadata.name}: its ${owner.kind} ${owner.name} is gone`);
  return found;
}

/** Pods run where their node runs them; nothing else runs there. */
function pods(history: History, model: Model): readonly string[] {
  const found: string[] = [];
  const all = namespaces.flatMap((namespace) => model.list<Pod>(`/registry/pods/${namespace}/`));
  const wanted = new Map(all.map((pod) => [`${pod.metadata.uid}`, pod]));
  for (const pod of all) {
    const { name, namespace, deletionTimestamp } = pod.metadata;
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    const state = `${pod.status?.phase ?? 'no phase'}, node ${pod.spec?.nodeName ?? 'none'}, ${ready === true ? 'ready' : 'not ready'}`;
    if (deletionTimestamp !== undefined) found.push(`pod ${namespace}/${name} is still being deleted (${state})`);
    else if (pod.status?.phase === 'Running' ? ready !== true : !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''))
      found.push(`pod ${namespace}/${name} does not run: ${state}`);
  }
  for (const { definition, address, context } of history.world.processes()) {
    if (definition !== 'container-runtime') continue;
    const node = address.slice(0, address.indexOf('/'));
    const { sandboxes, containers } = context as Runtime;
    for (const [, { status }] of containers) {
      const sandbox = status.state === 'running' ? sandboxes.get(status.sandbox) : undefined;
      if (sandbox === undefined || !(namespaces as readonly string[]).includes(sandbox.config.podNamespace)) continue;
      const pod: StoredPod | undefined = wanted.get(sandbox.config.podUid);
      if (pod?.spec?.nodeName !== node) found.push(`${node} runs a container of ${sandbox.config.podName}, which is not there`);
    }
  }
  return found;
}

/** What is read of a container runtime. */
interface Runtime {
  readonly sandboxes: ReadonlyMap<
    string,
    { readonly config: { readonly podUid: string; readonly podName: string; readonly podNamespace: string } }
  >;
  readonly containers: Iterable<readonly [string, { readonly status: { readonly state: string; readonly sandbox: string } }]>;
}

function nodes(model: Model): readonly string[] {
  return model
    .list('/registry/minions/')
    .filter((node) => {
      const { conditions } = (node as { readonly status?: Pod['status'] }).status ?? {};
      return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') !== true;
    })
    .map(({ metadata }) => `node ${metadata.name} is not ready`);
}

/** A quota says how much is used, and that is what there is. */
function quota(model: Model): readonly string[] {
  const { status } = (model.get(`/registry/resourcequotas/${limited.namespace}/quota`) ?? {}) as {
    readonly status?: { readonly used?: { readonly pods?: string } };
  };
  const count = model
    .list<Pod>(`/registry/pods/${limited.namespace}/`)
    .filter((pod) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')).length;
  return status?.used?.pods === String(count) ? [] : [`the quota says that ${status?.used?.pods} pods are used, there are ${count}`];
}

/** What must hold when trouble is over and the cluster has come to rest. */
export function atRest(history: History, model: Model): readonly string[] {
  const followed = [...model.all()].length;
  model.read(history);
  const found = followed === [...model.all()].length ? [] : ['the API server was not told of every write'];
  return [
    ...found,
    ...nodes(model),
    ...owners(model),
    ...pods(history, model),
    ...quota(model),
    ...workloadsAtRest(model),
    ...convergence(history, model),
  ];
}

import { objectKey, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector } from '#api/selectors.ts';
import type { History } from '#kernel/history.ts';
import type { ProcessView } from '#kernel/types.ts';
import type { InformerState } from '#machinery/informer.ts';
import type { Model } from '../model.ts';

const isInformer = (value: unknown): value is InformerState =>
  typeof value === 'object' && value !== null && 'spec' in value && 'store' in value && 'generation' in value && 'seen' in value;

/** The informers of a process: fields of its context, or what is in its records and maps. */
function* informersOf(context: unknown): Generator<InformerState> {
  for (const value of Object.values(context as object)) {
    if (isInformer(value)) yield value;
    else if (typeof value === 'object' && value !== null) {
      const inner: Iterable<unknown> = 'values' in value && typeof value.values === 'function' ? value.values() : Object.values(value);
      for (const item of inner) if (isInformer(item)) yield item;
    }
  }
}

/** An informer's store is what etcd holds of what it watches. */
function informer(address: string, { spec, store, synced }: InformerState, model: Model): readonly string[] {
  const { group, version, plural } = spec.resource;
  const resource = builtInResources.find(group, version, plural);
  const name = `${address}: its informer of ${spec.id}`;
  if (!synced) return [`${name} is not synced`];
  if (resource === undefined) return [];
  const labels = spec.labelSelector === undefined ? undefined : parseLabelSelector(spec.labelSelector);
  const fields = spec.fieldSelector === undefined ? undefined : parseFieldSelector(spec.fieldSelector);
  const prefix = `${resource.storagePrefix}/${spec.namespace === undefined ? '' : `${spec.namespace}/`}`;
  const wanted = model
    .list(prefix)
    .filter(
      (object) =>
        (labels === undefined || matchesLabels(labels, object.metadata.labels)) &&
        (fields === undefined || matchesFields(fields, resource.selectableFields(object))),
    );
  const missing = wanted.filter((object) => !store.has(objectKey(object)));
  const keys = new Set(wanted.map((object) => objectKey(object)));
  const surplus = [...store.keys()].filter((key) => !keys.has(key));
  const stale = wanted.filter((object) => {
    const known = store.get(objectKey(object));
    return known !== undefined && JSON.stringify(known['spec']) !== JSON.stringify(object['spec']);
  });
  return [
    ...missing.map((object) => `${name} lacks ${objectKey(object)}`),
    ...surplus.map((key) => `${name} has ${key}, which is gone`),
    ...stale.map((object) => `${name} is behind with ${objectKey(object)}`),
  ];
}

interface Queues {
  readonly queue: { readonly order: readonly string[] };
  readonly running: { readonly size: number; keys(): Iterable<string> };
}
interface SchedulerQueues {
  readonly queues: { readonly active: { readonly size: number } };
  readonly bindings: { readonly size: number; keys(): Iterable<string> };
}
interface PodWorker {
  readonly sync: object | undefined;
  readonly reporting: string;
  readonly pod: KubeObject | undefined;
}

/** Nothing is under way any more, by definition of the process. */
const idle: Readonly<Record<string, (process: ProcessView) => string | undefined>> = {
  'kube-controller-manager/controller': ({ context }) => {
    const { queue, running } = context as Queues;
    if (running.size > 0) return `it still works on ${[...running.keys()].join(', ')}`;
    return queue.order.length > 0 ? `${queue.order.join(', ')} wait in its queue` : undefined;
  },
  'kube-scheduler': ({ context }) => {
    const { queues, bindings } = context as SchedulerQueues;
    if (bindings.size > 0) return `${[...bindings.keys()].join(', ')} are still being bound`;
    return queues.active.size > 0 ? 'pods wait to be scheduled' : undefined;
  },
  'kubelet/pod-worker': ({ context }) => {
    const { sync, reporting, pod } = context as PodWorker;
    if (sync !== undefined) return `a pass over ${pod?.metadata.name} does not end`;
    return reporting === 'idle' ? undefined : `the status of ${pod?.metadata.name} is not told`;
  },
};

/** Every cache shows what etcd holds, and nothing waits for what never comes. */
export function convergence(history: History, model: Model): readonly string[] {
  const found: string[] = [];
  for (const process of history.world.processes()) {
    for (const item of informersOf(process.context)) found.push(...informer(process.address, item, model));
    const busy = idle[process.definition]?.(process);
    if (busy !== undefined) found.push(`${process.address}: ${busy}`);
  }
  return found;
}

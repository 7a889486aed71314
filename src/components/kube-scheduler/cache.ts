import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { Node } from '#api/types.generated.ts';
import type { Change } from '#machinery/informer.ts';
import type { Origin } from '#kernel/types.ts';
import type { ClusterEvent } from './framework.ts';
import { emptyInfo, podKey, podOf, specOf, withoutPod, withPod } from './node-info.ts';
import { activate, isQueued, moveOn, withoutKey } from './queue.ts';
import type { QueuedPod, Queues, SchedulerState } from './state.ts';

/** What the informers say, taken into the cache of nodes and the queues (eventhandlers.go). */
const schedulerName = 'default-scheduler';
const nodeNameOf = (pod: KubeObject): string => specOf(pod).nodeName ?? '';
const ours = (pod: KubeObject): boolean => (specOf(pod).schedulerName ?? schedulerName) === schedulerName;
const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(podOf(pod).status?.phase ?? '');
export const cachedPod =
  (state: SchedulerState) =>
  (key: string): KubeObject | undefined =>
    state.caches['pods']?.store.get(key);

const moved = (state: SchedulerState, event: ClusterEvent): SchedulerState => {
  if (state.queues.unschedulable.size === 0) return state;
  return { ...state, queues: moveOn(state.queues, event, cachedPod(state)) };
};

/** A pod leaves the cache: its node has room again. */
function removePod(state: SchedulerState, pod: KubeObject): SchedulerState {
  const key = podKey(pod);
  const node = nodeNameOf(pod) || (state.bindings.get(key)?.node ?? '');
  const next: SchedulerState = {
    ...state,
    queues: withoutKey(state.queues, key),
    bindings: state.bindings.delete(key),
    nominated: state.nominated.delete(key),
  };
  if (node === '') return next;
  const freed = { ...next, infos: next.infos.set(node, withoutPod(next.infos.get(node) ?? emptyInfo(node), key)) };
  return moved(freed, { resource: 'assigned-pod', action: 'delete', object: pod });
}

function assignedPod(state: SchedulerState, pod: KubeObject, old: KubeObject | undefined): SchedulerState {
  const key = podKey(pod);
  const info = state.infos.get(nodeNameOf(pod)) ?? emptyInfo(nodeNameOf(pod));
  const known = info.pods.get(key);
  const settled: SchedulerState =
    state.bindings.has(key) || isQueued(state.queues, key) || state.nominated.has(key)
      ? { ...state, bindings: state.bindings.delete(key), nominated: state.nominated.delete(key), queues: withoutKey(state.queues, key) }
      : state;
  const same =
    known !== undefined &&
    known['spec'] === pod['spec'] &&
    known.metadata.labels === pod.metadata.labels &&
    known.metadata.deletionTimestamp === pod.metadata.deletionTimestamp;
  if (same) return settled;
  const placed = { ...settled, infos: settled.infos.set(info.name, withPod(info, key, pod)) };
  const first = old === undefined || nodeNameOf(old) === '';
  const relevant = first || !deepEqual(old.metadata.labels, pod.metadata.labels);
  return relevant ? moved(placed, { resource: 'assigned-pod', action: first ? 'add' : 'update', object: pod }) : placed;
}

function pendingPod(state: SchedulerState, pod: KubeObject, old: KubeObject | undefined, now: number, origin: Origin): SchedulerState {
  const key = podKey(pod);
  if (!ours(pod) || state.bindings.has(key)) return state;
  const queued: QueuedPod = { key, attempts: 0, origin, since: now, refusedBy: [] };
  if ((specOf(pod).schedulingGates ?? []).length > 0)
    return state.queues.gated.has(key)
      ? state
      : { ...state, queues: { ...withoutKey(state.queues, key), gated: state.queues.gated.set(key, queued) } };
  const changed = old !== undefined && !(deepEqual(old['spec'], pod['spec']) && deepEqual(old.metadata.labels, pod.metadata.labels));
  if (isQueued(state.queues, key) && !changed) return state;
  return { ...state, queues: activate(state.queues, pod, queued) };
}

export function podChanged(state: SchedulerState, { type, object, old }: Change, now: number, origin: Origin): SchedulerState {
  if (type === 'delete' || isFinished(object)) return removePod(state, object);
  return nodeNameOf(object) === '' ? pendingPod(state, object, old, now, origin) : assignedPod(state, object, old);
}

/** What of a node matters for where pods may go (nodeSchedulingPropertiesChange). */
function nodeFacts(node: KubeObject): unknown {
  const { spec, status } = node as unknown as Node;
  return [node.metadata.labels, spec?.taints, spec?.unschedulable, status?.allocatable];
}

export function nodeChanged(state: SchedulerState, { type, object, old }: Change): SchedulerState {
  const info = state.infos.get(object.metadata.name) ?? emptyInfo(object.metadata.name);
  if (type === 'delete')
    return moved(
      { ...state, infos: info.pods.size === 0 ? state.infos.delete(info.name) : state.infos.set(info.name, { ...info, node: undefined }) },
      { resource: 'node', action: 'delete', object, old },
    );
  const next = { ...state, infos: state.infos.set(info.name, { ...info, node: object }) };
  return old !== undefined && deepEqual(nodeFacts(old), nodeFacts(object))
    ? next
    : moved(next, { resource: 'node', action: type, object, old });
}

/** Claims, volumes and classes: a volume that is bound needs no promise any more. */
export function storageChanged(state: SchedulerState, { type, object }: Change): SchedulerState {
  const claimed =
    object.kind === 'PersistentVolume' && (object['spec'] as { readonly claimRef?: unknown } | undefined)?.claimRef !== undefined;
  const kept = claimed || type === 'delete' ? { ...state, reserved: state.reserved.delete(object.metadata.name) } : state;
  return moved(kept, { resource: 'storage', action: type, object });
}

/** The queues after a pod was refused or its binding failed. */
export const putBack = (queues: Queues, queue: 'unschedulable' | 'failed', queued: QueuedPod): Queues => {
  const rest = withoutKey(queues, queued.key);
  return { ...rest, [queue]: rest[queue].set(queued.key, queued) };
};

import { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { ClusterEvent } from './framework.ts';
import { priorityOf } from './node-info.ts';
import { plugins } from './plugins/index.ts';
import type { QueuedPod, Queues } from './state.ts';

/** Back-off of a pod that was refused: 1 s, 2 s, 4 s, … 10 s. */
const firstBackoffMs = 1_000;
const maxBackoffMs = 10_000;
/** A pod that nothing has helped is looked at again after this long. */
export const stuckMs = 5 * 60_000;
const highestPriority = 2_147_483_647;

export const emptyQueues: Queues = {
  active: SortedMap.empty(),
  orders: SortedMap.empty(),
  backoff: SortedMap.empty(),
  failed: SortedMap.empty(),
  unschedulable: SortedMap.empty(),
  gated: SortedMap.empty(),
};

/** queuesort/priority_sort.go: higher priority first, then who has waited longer. */
function orderOf(pod: KubeObject, queued: QueuedPod): string {
  const digits = (value: number, length: number): string => String(Math.round(value)).padStart(length, '0');
  return `${digits(highestPriority - priorityOf(pod), 10)} ${digits(queued.since * 1000, 18)} ${(pod.metadata.resourceVersion ?? '').padStart(12, '0')} ${queued.key}`;
}

export function withoutKey(queues: Queues, key: string): Queues {
  const order = queues.orders.get(key);
  return {
    active: order === undefined ? queues.active : queues.active.delete(order),
    orders: order === undefined ? queues.orders : queues.orders.delete(key),
    backoff: queues.backoff.delete(key),
    failed: queues.failed.delete(key),
    unschedulable: queues.unschedulable.delete(key),
    gated: queues.gated.delete(key),
  };
}

export const isQueued = (queues: Queues, key: string): boolean =>
  queues.orders.has(key) || queues.backoff.has(key) || queues.failed.has(key) || queues.unschedulable.has(key) || queues.gated.has(key);

export function activate(queues: Queues, pod: KubeObject, queued: QueuedPod): Queues {
  const order = orderOf(pod, queued);
  const rest = withoutKey(queues, queued.key);
  return { ...rest, active: rest.active.set(order, queued), orders: rest.orders.set(queued.key, order) };
}

export const backoffMs = (queued: QueuedPod): number => Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.max(0, queued.attempts - 1));

/** The next pod. One that waits for its back-off goes ahead when nobody else is there (SchedulerPopFromBackoffQ). */
export function pop(
  queues: Queues,
  podOf: (key: string) => KubeObject | undefined,
): { readonly queues: Queues; readonly queued: QueuedPod | undefined } {
  const first = queues.active.first();
  if (first !== undefined) return { queues: withoutKey(queues, first[1].key), queued: first[1] };
  let next = queues;
  for (const queued of queues.backoff.values()) {
    const pod = podOf(queued.key);
    next = pod === undefined ? withoutKey(next, queued.key) : activate(next, pod, queued);
  }
  const waited = next.active.first();
  return waited === undefined ? { queues: next, queued: undefined } : { queues: withoutKey(next, waited[1].key), queued: waited[1] };
}

const hints = new Map(plugins.flatMap((plugin) => (plugin.hint === undefined ? [] : [[plugin.name, plugin.hint] as const])));

/** Something changed: those leave the unschedulable ones whose refusing plugin sees hope in it (moveAllToActiveOrBackoffQueue). */
export function moveOn(queues: Queues, event: ClusterEvent, podOf: (key: string) => KubeObject | undefined): Queues {
  let next = queues;
  for (const queued of queues.unschedulable.values()) {
    const pod = podOf(queued.key);
    if (pod === undefined) continue;
    const helps = queued.refusedBy.some((name) => hints.get(name)?.(pod, event) ?? false);
    if (helps) next = { ...next, unschedulable: next.unschedulable.delete(queued.key), backoff: next.backoff.set(queued.key, queued) };
  }
  return next;
}

/** Those that have waited too long for a change, and those whose back-off after a failed binding is over. */
export function flush(queues: Queues, now: number): Queues {
  let next = queues;
  for (const queued of queues.unschedulable.values())
    if (now - queued.since >= stuckMs)
      next = { ...next, unschedulable: next.unschedulable.delete(queued.key), backoff: next.backoff.set(queued.key, queued) };
  for (const queued of queues.failed.values())
    if (now - queued.since >= backoffMs(queued))
      next = { ...next, failed: next.failed.delete(queued.key), backoff: next.backoff.set(queued.key, queued) };
  return next;
}

import { SortedMap } from '#base/sorted-map.ts';
import type { Effect, Origin } from '#kernel/types.ts';

/**
 * The keys that a control loop has still to look at (client-go util/workqueue): each once, in the order of arrival. Keys
 * that are added for later wait outside; of several times for one key the first counts, so that a retry that is due
 * anyhow takes the place of the one that the next failure would have asked for.
 */
export interface WorkQueue {
  /** Key → what asked for it. */
  readonly queued: SortedMap<Origin>;
  readonly order: readonly string[];
  /** Key → when it comes. */
  readonly delayed: SortedMap<number>;
  /** How often a key has failed in a row. */
  readonly failures: SortedMap<number>;
}

/** The time of a delayed key has come. */
export interface KeyDue {
  readonly type: 'queue.due';
  readonly key: string;
}

export const emptyWorkQueue: WorkQueue = {
  queued: SortedMap.empty(),
  order: [],
  delayed: SortedMap.empty(),
  failures: SortedMap.empty(),
};
const baseBackoffMs = 5;
const maxBackoffMs = 1_000_000;

export function add(queue: WorkQueue, key: string, because: Origin): WorkQueue {
  return queue.queued.has(key) ? queue : { ...queue, queued: queue.queued.set(key, because), order: [...queue.order, key] };
}

/** Takes a key out to work on it. */
export const take = (queue: WorkQueue, key: string): WorkQueue => ({ ...queue, queued: queue.queued.delete(key) });

/** AddAfter: the timer, where the key is not due earlier already. */
export function addAfter(
  queue: WorkQueue,
  key: string,
  afterMs: number,
  now: number,
  cause: { readonly because: Origin; readonly chatter?: boolean },
): { readonly queue: WorkQueue; readonly effects: readonly Effect[] } {
  const due = now + afterMs;
  if ((queue.delayed.get(key) ?? Number.POSITIVE_INFINITY) <= due) return { queue, effects: [] };
  const message: KeyDue = { type: 'queue.due', key };
  return {
    queue: { ...queue, delayed: queue.delayed.set(key, due) },
    effects: [{ type: 'arm', timer: `key ${key}`, afterMs, message, ...cause }],
  };
}

/** A delayed key has come to its time. */
export function due(queue: WorkQueue, { key }: KeyDue, because: Origin): WorkQueue {
  return add({ ...queue, delayed: queue.delayed.delete(key) }, key, because);
}

/** AddRateLimited: how long a key that failed waits, twice as long each time (DefaultTypedControllerRateLimiter). */
export function failed(queue: WorkQueue, key: string): { readonly queue: WorkQueue; readonly afterMs: number } {
  const before = queue.failures.get(key) ?? 0;
  const afterMs = Math.min(maxBackoffMs, baseBackoffMs * 2 ** Math.min(before, 20));
  return { queue: { ...queue, failures: queue.failures.set(key, before + 1) }, afterMs };
}

/** A key that went well begins anew the next time it fails. */
export const forget = (queue: WorkQueue, key: string): WorkQueue => ({ ...queue, failures: queue.failures.delete(key) });

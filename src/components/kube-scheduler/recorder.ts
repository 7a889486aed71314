import { SortedMap } from '#base/sorted-map.ts';
import { formatMicroTime, type KubeObject } from '#api/object.ts';
import { createNewEvent, subjectOf } from '#machinery/events.ts';
import type { ApiCall } from '#machinery/client.ts';
import { mediaTypes } from '#protocol/rest.ts';

/** What the recorder remembers of an event: the same one again becomes a series (tools/events/event_broadcaster.go). */
interface Seen {
  readonly path: string;
  readonly at: number;
  readonly count: number;
}
export type SeenEvents = SortedMap<Seen>;

/** An event that is not repeated for this long is forgotten (finishTime). */
const finishMs = 6 * 60_000;
const keptEvents = 4096;
export const noEvents: SeenEvents = SortedMap.empty();

export interface Report {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'Scheduled' | 'FailedScheduling' | 'Preempted';
  readonly action: 'Binding' | 'Scheduling' | 'Preempting';
  readonly note: string;
}

/** The call that reports something; undefined where only the count of a series grows, which is not written at once. */
export function report(
  seen: SeenEvents,
  pod: KubeObject,
  what: Report,
  now: number,
  counter: number,
): { readonly seen: SeenEvents; readonly call: ApiCall | undefined } {
  const { type, reason, action, note } = what;
  const key = [pod.metadata.uid, pod.metadata.resourceVersion, type, action, reason].join('\0');
  const before = seen.get(key);
  if (before === undefined || (before.count === 1 && now - before.at > finishMs)) {
    const call = createNewEvent(subjectOf(pod), type, reason, action, note, 'default-scheduler', now, counter);
    const path = `${call.path}/${(call.body as { readonly metadata: { readonly name: string } }).metadata.name}`;
    const room = seen.size < keptEvents ? seen : noEvents;
    return { seen: room.set(key, { path, at: now, count: 1 }), call };
  }
  const next = seen.set(key, { ...before, at: now, count: before.count + 1 });
  if (before.count > 1) return { seen: next, call: undefined };
  const body = { series: { count: 2, lastObservedTime: formatMicroTime(now) } };
  return { seen: next, call: { method: 'PATCH', path: before.path, contentType: mediaTypes.strategicMergePatch, body } };
}

import type { Event } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { humanDuration } from '#api/resources/duration.ts';

/** An Event of the API. */
export type ApiEvent = Event & KubeObject;

/** When an event happened last, epoch milliseconds. */
export function lastSeen(event: ApiEvent): number {
  const text = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return text === undefined || text === null ? 0 : Date.parse(text);
}

function firstSeen(event: ApiEvent): number {
  const text = event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return text === undefined || text === null ? 0 : Date.parse(text);
}

/** The events at the end of a description (describe.go, DescribeEvents). */
export function describeEvents(events: readonly ApiEvent[] | undefined, now: number): string {
  if (events === undefined || events.length === 0) return 'Events:\t<none>\n';
  const lines = [...events]
    .sort((a, b) => lastSeen(a) - lastSeen(b))
    .map((event) => {
      const count = event.series?.count ?? event.count ?? 1;
      const last = humanDuration(now - lastSeen(event));
      const age = count > 1 ? `${last} (x${count} over ${humanDuration(now - firstSeen(event))})` : last;
      const source = event.source?.component;
      const from = source === undefined || source === '' ? (event.reportingComponent ?? '') : source;
      const { fieldPath } = event.involvedObject;
      const place = fieldPath === undefined || fieldPath === '' ? '' : `${fieldPath}: `;
      return `  ${event.type ?? ''}\t${event.reason ?? ''}\t${age}\t${from}\t${place}${(event.message ?? '').trim().replace(/\n/g, '\n  \t\t\t\t')}\n`;
    });
  return `Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n${lines.join('')}`;
}

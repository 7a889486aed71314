import { SortedMap } from '#base/sorted-map.ts';
import { formatMicroTime, formatTime, type KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources, type ApiCall } from './client.ts';

/** What an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
  readonly fieldPath?: string | undefined;
}

/** Who reports. */
export interface EventSource {
  readonly component: string;
  readonly host?: string | undefined;
}

const nanosecondsInMs = 1_000_000;

/** `<object>.<16 hex digits>`: the time in nanoseconds, made unique by a counter. */
function eventName(object: string, now: number, counter: number): string {
  const hex = (BigInt(Math.round(now)) * BigInt(nanosecondsInMs) + BigInt(counter % nanosecondsInMs)).toString(16);
  return `${object}.${hex.padStart(16, '0')}`;
}

function referenceOf(subject: EventSubject): object {
  const { apiVersion, kind, metadata, fieldPath } = subject;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** A v1 Event as client-go's recorder creates it (tools/record/event.go). */
export function createEvent(
  subject: EventSubject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  source: EventSource,
  now: number,
  counter: number,
): ApiCall {
  const namespace = subject.metadata.namespace ?? 'default';
  const time = formatTime(now);
  const body = {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: eventName(subject.metadata.name ?? '', now, counter), namespace },
    involvedObject: referenceOf(subject),
    reason,
    message,
    source: { component: source.component, ...(source.host === undefined ? {} : { host: source.host }) },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type,
    eventTime: null,
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
  };
  return { method: 'POST', path: resourcePath(resources.events, namespace), body };
}

/** An events.k8s.io/v1 Event as the scheduler's recorder creates it (tools/events/event_recorder.go). */
export function createNewEvent(
  subject: EventSubject,
  type: 'Normal' | 'Warning',
  reason: string,
  action: string,
  note: string,
  controller: string,
  now: number,
  counter: number,
  instance = `${controller}-control-plane`,
): ApiCall {
  const namespace = subject.metadata.namespace ?? 'default';
  const body = {
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    metadata: { name: eventName(subject.metadata.name ?? '', now, counter), namespace },
    eventTime: formatMicroTime(now),
    reportingController: controller,
    reportingInstance: instance,
    action,
    reason,
    regarding: referenceOf(subject),
    ...(note === '' ? {} : { note }),
    type,
  };
  return { method: 'POST', path: resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, namespace), body };
}

export const subjectOf = (object: KubeObject): EventSubject => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  metadata: object.metadata,
});

/** What has been reported before, by what makes events the same. */
export interface EventLog {
  readonly seen: SortedMap<SeenEvent>;
  /** By what makes events similar: the different messages of late. */
  readonly similar: SortedMap<SimilarEvents>;
  /** What each source may still send about an object. */
  readonly budgets: SortedMap<Budget>;
}
interface Budget {
  readonly tokens: number;
  readonly at: number;
}
interface SimilarEvents {
  readonly messages: readonly string[];
  readonly at: number;
}
interface SeenEvent {
  readonly path: string;
  readonly count: number;
  readonly at: number;
}
interface ReportedEvent {
  readonly metadata: { readonly name: string };
  readonly involvedObject?: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly fieldPath?: string;
    readonly uid?: string;
    readonly apiVersion?: string;
  };
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly source: EventSource;
  readonly lastTimestamp: string;
}

export const emptyEventLog: EventLog = { seen: SortedMap.empty(), similar: SortedMap.empty(), budgets: SortedMap.empty() };
const keptEvents = 4096;
/** Events live for an hour in the API server; a later one is a new one. */
const eventLifeMs = 3_600_000;
/** As many different messages of similar events within ten minutes become one combined event. */
const maxSimilar = 10;
const similarMs = 600_000;

/** A source may send 25 events about one object at once, and one more every five minutes (EventSourceObjectSpamFilter). */
const burst = 25;
const refillMs = 300_000;

/** Takes a token; `spent` where there is none. */
function spend(log: EventLog, key: string, now: number): { readonly budgets: EventLog['budgets']; readonly spent: boolean } {
  const before = log.budgets.get(key);
  const tokens = before === undefined ? burst : Math.min(burst, before.tokens + (now - before.at) / refillMs);
  const spent = tokens < 1;
  const room = log.budgets.size < keptEvents || before !== undefined ? log.budgets : SortedMap.empty<Budget>();
  return { budgets: room.set(key, { tokens: spent ? tokens : tokens - 1, at: now }), spent };
}

interface Aggregated {
  readonly similar: EventLog['similar'];
  readonly message: string;
  readonly combined: boolean;
}

/** Many similar events (one object and reason, different messages) are combined (events_cache.go, EventAggregate). */
function aggregate(log: EventLog, key: string, message: string, now: number): Aggregated {
  const before = log.similar.get(key);
  const known = before === undefined || now - before.at > similarMs ? [] : before.messages;
  const messages = known.includes(message) ? known : [...known, message];
  const combined = messages.length >= maxSimilar;
  const room = log.similar.size < keptEvents || before !== undefined ? log.similar : SortedMap.empty<SimilarEvents>();
  const kept = combined ? messages.slice(1) : messages;
  return {
    similar: room.set(key, { messages: kept, at: now }),
    message: combined ? `(combined from similar events): ${message}` : message,
    combined,
  };
}

/**
 * The same event again becomes a patch of its count (client-go tools/record/events_cache.go, EventCorrelate). The call is
 * undefined where too many were sent about the object.
 */
export function correlate(log: EventLog, call: ApiCall, now: number): { readonly log: EventLog; readonly call: ApiCall | undefined } {
  const event = call.body as ReportedEvent;
  if (event.involvedObject === undefined) return { log, call };
  const { kind, namespace, name, fieldPath, uid, apiVersion } = event.involvedObject;
  const similarity = [event.source.component, event.source.host, kind, namespace, name, uid, apiVersion, event.type, event.reason].join(
    '\0',
  );
  const { similar, message, combined } = aggregate(log, similarity, event.message, now);
  const key = combined ? similarity : [similarity, fieldPath, event.message].join('\0');
  const before = log.seen.get(key);
  const again = before !== undefined && now - before.at < eventLifeMs;
  const entry = again
    ? { ...before, count: before.count + 1, at: now }
    : { path: `${call.path}/${event.metadata.name}`, count: 1, at: now };
  const room = log.seen.size < keptEvents || before !== undefined ? log.seen : SortedMap.empty<SeenEvent>();
  const source = [event.source.component, event.source.host, kind, namespace, name, uid, apiVersion].join('\0');
  const { budgets, spent } = spend(log, source, now);
  const next = { seen: room.set(key, entry), similar, budgets };
  if (spent) return { log: next, call: undefined };
  if (!again) return { log: next, call: combined ? { ...call, body: { ...event, message } } : call };
  return {
    log: next,
    call: {
      method: 'PATCH',
      path: entry.path,
      contentType: mediaTypes.strategicMergePatch,
      body: { count: entry.count, lastTimestamp: event.lastTimestamp, message },
    },
  };
}

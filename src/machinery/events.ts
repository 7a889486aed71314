import { formatMicroTime, formatTime, type KubeObject } from '#api/object.ts';
import { resourcePath, resources, type ApiCall } from './client.ts';

/** What an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string | undefined; readonly namespace?: string | undefined; readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
  readonly fieldPath?: string | undefined;
}

/** Who reports. */
export interface EventSource {
  readonly component: string;
  readonly host?: string | undefined;
}

const nanosecondsInMs = 1_000_000;

/** `<object>.<16 hex digits>`: the time in nanoseconds, made unique by a counter. */
export function eventName(object: string, now: number, counter: number): string {
  const hex = (BigInt(Math.round(now)) * BigInt(nanosecondsInMs) + BigInt(counter % nanosecondsInMs)).toString(16);
  return `${object}.${hex.padStart(16, '0')}`;
}

function referenceOf(subject: EventSubject): object {
  const { apiVersion, kind, metadata, fieldPath } = subject;
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind, ...(namespace === undefined ? {} : { namespace }), name, ...(uid === undefined ? {} : { uid }), apiVersion, ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(fieldPath === undefined ? {} : { fieldPath }) };
}

/** A v1 Event as client-go's recorder creates it (tools/record/event.go). */
export function createEvent(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, source: EventSource, now: number, counter: number): ApiCall {
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
export function createNewEvent(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, action: string, note: string, controller: string, now: number, counter: number): ApiCall {
  const namespace = subject.metadata.namespace ?? 'default';
  const body = {
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    metadata: { name: eventName(subject.metadata.name ?? '', now, counter), namespace },
    eventTime: formatMicroTime(now),
    reportingController: controller,
    reportingInstance: `${controller}-control-plane`,
    action,
    reason,
    regarding: referenceOf(subject),
    note,
    type,
  };
  return { method: 'POST', path: resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events' }, namespace), body };
}

export const subjectOf = (object: KubeObject): EventSubject => ({ apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata });

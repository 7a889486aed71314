import type { KubeObject } from '../object.ts';

/**
 * Both versions of events are one store: an events.k8s.io/v1 Event is kept as the v1 Event that it also is
 * (pkg/apis/events/v1/conversion.go). Names in the newer version → in the older.
 */
const names: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const newer = Object.fromEntries(Object.entries(names).map(([to, from]) => [from, to]));

/** What Go writes though nothing was said: structs, and texts that may not be left out. */
const olderZeros = {
  eventTime: null,
  firstTimestamp: null,
  involvedObject: {},
  lastTimestamp: null,
  reportingComponent: '',
  reportingInstance: '',
  source: {},
};
const newerZeros = { deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null, deprecatedSource: {}, eventTime: null, regarding: {} };
/** Texts that the newer version leaves out when they are empty. */
const leftOut = new Set(['reportingController', 'reportingInstance', 'action', 'reason', 'note', 'type']);

const renamed = (object: KubeObject, table: Readonly<Record<string, string>>): readonly (readonly [string, unknown])[] =>
  Object.entries(object).map(([name, value]) => [table[name] ?? name, value]);

/** An event of the newer version as it is stored. */
export function storedEvent(object: KubeObject): KubeObject {
  return { ...olderZeros, ...Object.fromEntries(renamed(object, names)), apiVersion: 'v1' } as unknown as KubeObject;
}

/** A stored event in the newer version. */
export function servedEvent(object: KubeObject): KubeObject {
  const fields = renamed(object, newer).filter(([name, value]) => value !== '' || !leftOut.has(name));
  return { ...newerZeros, ...Object.fromEntries(fields), apiVersion: 'events.k8s.io/v1' } as unknown as KubeObject;
}

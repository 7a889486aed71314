import { revisionText } from './revision.ts';
import { SortedMap } from '#base/sorted-map.ts';
import type { Json } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { toTable } from '#api/resources/index.ts';
import { matchesFields, matchesLabels } from '#api/selectors.ts';
import type { Effect } from '#kernel/types.ts';
import type { EtcdEvent } from '#protocol/etcd.ts';
import type { HttpChunk, WatchEvent } from '#protocol/rest.ts';
import { cacheOf, type ApiServerState, type CacheEvent, type Watch } from './state.ts';

/** How many events a watch may be behind before it is told 410 Gone. */
const recentEvents = 2000;

const decoded = new WeakMap<object, KubeObject>();

/** A stored value with its revision as resourceVersion: one object for each revision, shared by all who read it. */
export function withVersion(value: unknown, revision: number): KubeObject {
  const resourceVersion = String(revision);
  const known = decoded.get(value as object);
  if (known?.metadata.resourceVersion === resourceVersion) return known;
  const object = value as KubeObject;
  const made: KubeObject = { ...object, metadata: { ...object.metadata, resourceVersion } };
  decoded.set(value as object, made);
  return made;
}

/** Where an event is looked for by watches: everything, a namespace, one name, the pods of one node. */
function bucketsOf(event: CacheEvent): string[] {
  const object = event.object ?? event.old!;
  const { name, namespace = '' } = object.metadata;
  const buckets = ['all', `namespace=${namespace}`, `name=${namespace}/${name}`];
  if (event.prefix === '/registry/pods') {
    for (const pod of [event.object, event.old]) {
      const node = (pod?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName;
      if (node !== undefined && !buckets.includes(`node=${node}`)) buckets.push(`node=${node}`);
    }
  }
  return buckets;
}

/** The bucket of a watch: the narrowest that holds all that it may want. */
function bucketOf(watch: Watch): string {
  const term = (field: string): string | undefined => watch.fields?.find((item) => item.field === field && item.equal)?.value;
  const name = term('metadata.name');
  if (name !== undefined) return `name=${watch.namespace}/${name}`;
  const node = term('spec.nodeName');
  if (node !== undefined && watch.resource.storagePrefix === '/registry/pods') return `node=${node}`;
  return watch.namespace === '' ? 'all' : `namespace=${watch.namespace}`;
}

export const watchKey = (watch: Watch): string => `${watch.resource.storagePrefix}|${bucketOf(watch)}|${watch.request}`;

/** Takes in what etcd tells: the caches follow, and everybody who watches is told. */
export function takeIn(
  state: ApiServerState,
  prefix: string,
  revision: number,
  events: readonly EtcdEvent[],
  now: number,
): { readonly state: ApiServerState; readonly effects: Effect[] } {
  let cache = cacheOf(state, prefix);
  let { recent, oldest } = state;
  const effects: Effect[] = [];
  for (const [index, { type, kv }] of events.entries()) {
    const old = cache.get(kv.key);
    const object = type === 'PUT' ? withVersion(kv.value, kv.modRevision) : undefined;
    if (object === undefined && old === undefined) continue;
    // A watch that was opened again may tell what is known already.
    if (old !== undefined && Number(old.metadata.resourceVersion) >= kv.modRevision) continue;
    cache = object === undefined ? cache.delete(kv.key) : cache.set(kv.key, object);
    const gone = old !== undefined && object === undefined ? withVersion(old, kv.modRevision) : old;
    const event: CacheEvent = { revision: kv.modRevision, prefix, key: kv.key, object, old: gone };
    recent = recent.set(`${revisionText(kv.modRevision)}.${index}`, event);
    effects.push(...tell(state, event, now));
  }
  while (recent.size > recentEvents) {
    const [key, dropped] = recent.first()!;
    recent = recent.delete(key);
    oldest = dropped.revision;
  }
  return {
    state: { ...state, caches: state.caches.set(prefix, cache), revision: Math.max(state.revision, revision), recent, oldest },
    effects,
  };
}

function tell(state: ApiServerState, event: CacheEvent, now: number): Effect[] {
  const effects: Effect[] = [];
  for (const bucket of bucketsOf(event)) {
    for (const [, watch] of state.watches.prefixed(`${event.prefix}|${bucket}|`)) {
      const seen = eventFor(watch, event, now);
      if (seen !== undefined) effects.push(chunk(watch, [seen]));
    }
  }
  return effects;
}

export function chunk(watch: Watch, events: readonly WatchEvent[], chatter?: boolean): Effect {
  const message: HttpChunk = { type: 'http.chunk', id: watch.id, events };
  return { type: 'send', to: watch.client, message, ...(chatter === true ? { chatter } : {}) };
}

function wants(watch: Watch, object: KubeObject | undefined): boolean {
  if (object === undefined) return false;
  if (watch.namespace !== '' && object.metadata.namespace !== watch.namespace) return false;
  if (watch.labels !== undefined && !matchesLabels(watch.labels, object.metadata.labels)) return false;
  return watch.fields === undefined || matchesFields(watch.fields, watch.resource.selectableFields(object));
}

/** What a watch sees of an event: objects that enter or leave its selection appear and vanish. */
function eventFor(watch: Watch, event: CacheEvent, now: number): WatchEvent | undefined {
  if (event.revision <= watch.since) return undefined;
  const [before, after] = [wants(watch, event.old), wants(watch, event.object)];
  if (!before && !after) return undefined;
  const type = before && after ? 'MODIFIED' : after ? 'ADDED' : 'DELETED';
  const object = after ? event.object! : event.object === undefined ? event.old! : withVersion(event.old, event.revision);
  return { type, object: shown(watch, object, now) };
}

/** An object as the watch asked for it. @param now epoch milliseconds: rows of a table hold ages */
function shown(watch: Watch, stored: KubeObject, now: number): Json {
  const object = watch.resource.asServed(stored);
  if (watch.asTable === undefined) return object as unknown as Json;
  return toTable(watch.resource, [object], {
    now,
    includeObject: watch.asTable,
    metadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
    withColumns: true,
  });
}

/** The events of the past that a watch has missed. */
export function missed(state: ApiServerState, watch: Watch, since: number, now: number): WatchEvent[] {
  const found: WatchEvent[] = [];
  for (const event of state.recent.values(revisionText(since + 1))) {
    if (event.prefix !== watch.resource.storagePrefix) continue;
    const seen = eventFor(watch, event, now);
    if (seen !== undefined) found.push(seen);
  }
  return found;
}

/** Everything that exists now, as the first events of a watch. */
export function existing(state: ApiServerState, watch: Watch, now: number): WatchEvent[] {
  const cache: SortedMap<KubeObject> = cacheOf(state, watch.resource.storagePrefix);
  const objects =
    watch.namespace === ''
      ? cache.values()
      : [...cache.prefixed(`${watch.resource.storagePrefix}/${watch.namespace}/`)].map(([, object]) => object);
  const found: WatchEvent[] = [];
  for (const object of objects) if (wants(watch, object)) found.push({ type: 'ADDED', object: shown(watch, object, now) });
  return found;
}

export function bookmark(watch: Watch, revision: number, initialEnd: boolean): WatchEvent {
  const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const object = {
    kind: watch.resource.kind,
    apiVersion: watch.resource.apiVersion,
    metadata: { resourceVersion: String(revision), ...annotations },
  };
  return {
    type: 'BOOKMARK',
    object:
      watch.asTable === undefined
        ? object
        : ({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata, columnDefinitions: null, rows: [] } as Json),
  };
}

import { prefixEnd, SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import type { Effect, Message } from '#kernel/types.ts';
import type { HttpAbort, HttpChunk, HttpClientMessage, HttpResponse } from '#protocol/rest.ts';
import { resourcePath, sendCall, type ClientConfig } from './client.ts';

/** What an informer watches. */
export interface InformerSpec {
  /** Prefix of its request ids; unique in its process. */
  readonly id: string;
  readonly resource: { readonly group: string; readonly version: string; readonly plural: string };
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly indexers?: Readonly<Record<string, (object: KubeObject) => readonly string[]>> | undefined;
  /** What discovery said of a resource that nobody knew beforehand. */
  readonly discovered?: { readonly kind: string; readonly namespaced: boolean } | undefined;
}

/**
 * A reflector with its store (client-go tools/cache): opens a watch that begins with everything there is, keeps the store,
 * and opens it again from where it stood when it ends; after 410 Gone from nothing.
 */
export interface InformerState {
  readonly spec: InformerSpec;
  readonly synced: boolean;
  readonly store: SortedMap<KubeObject>;
  /** `<index>|<value>|<key>` → object. */
  readonly index: SortedMap<KubeObject>;
  readonly resourceVersion: string;
  /** Which watch is the present one; answers of earlier ones are ignored. */
  readonly generation: number;
  readonly failures: number;
  /** While the first list comes in after a gap: what of the old store has been seen. */
  readonly seen: SortedMap<true> | undefined;
}

export interface Change {
  readonly type: 'add' | 'update' | 'delete';
  readonly object: KubeObject;
  readonly old?: KubeObject | undefined;
}

export interface InformerStep {
  readonly state: InformerState;
  readonly effects: readonly Effect[];
  readonly changes: readonly Change[];
}

/** Asks to open the watch again, after a back-off. */
export interface InformerRetry extends Message {
  readonly type: 'informer.retry';
  readonly informer: string;
}

const watchSeconds = 420;
const retryMs = 1000;
const maxRetryMs = 30_000;

export function newInformer(spec: InformerSpec): InformerState {
  return {
    spec,
    synced: false,
    store: SortedMap.empty(),
    index: SortedMap.empty(),
    resourceVersion: '',
    generation: 0,
    failures: 0,
    seen: undefined,
  };
}

/** Opens the watch. */
export function openInformer(state: InformerState, client: ClientConfig): InformerStep {
  const { spec } = state;
  const generation = state.generation + 1;
  const fresh = state.resourceVersion === '';
  const query = {
    allowWatchBookmarks: 'true',
    ...(spec.fieldSelector === undefined ? {} : { fieldSelector: spec.fieldSelector }),
    ...(spec.labelSelector === undefined ? {} : { labelSelector: spec.labelSelector }),
    ...(fresh ? { resourceVersionMatch: 'NotOlderThan', sendInitialEvents: 'true' } : { resourceVersion: state.resourceVersion }),
    timeoutSeconds: String(watchSeconds + ((generation * 37) % 180)),
    watch: 'true',
  };
  const call = { method: 'GET', path: resourcePath(spec.resource, spec.namespace), query } as const;
  return {
    state: { ...state, generation, seen: fresh && state.store.size > 0 ? SortedMap.empty() : undefined },
    effects: [sendCall(client, `${spec.id}#${generation}`, call)],
    changes: [],
  };
}

/** Gives the watch up. */
export function closeInformer(state: InformerState, client: ClientConfig): Effect {
  const message: HttpAbort = { type: 'http.abort', id: `${state.spec.id}#${state.generation}` };
  return { type: 'send', to: client.server, message };
}

/** Whether a message is for this informer. */
export function isFor(state: InformerState, message: Message): message is HttpClientMessage | InformerRetry {
  if (message.type === 'informer.retry') return (message as InformerRetry).informer === state.spec.id;
  return message.type.startsWith('http.') && (message as HttpClientMessage).id === `${state.spec.id}#${state.generation}`;
}

/** The informer that a request id belongs to. */
export const informerOf = (id: string): string => id.slice(0, id.indexOf('#'));

function again(state: InformerState, failures: number): InformerStep {
  const message: InformerRetry = { type: 'informer.retry', informer: state.spec.id };
  const afterMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(failures, 5));
  return {
    state: { ...state, failures: failures + 1, generation: state.generation + 1 },
    effects: [{ type: 'arm', timer: `informer ${state.spec.id}`, afterMs, message, chatter: true }],
    changes: [],
  };
}

/** The server is gone: the watch has to be opened again. */
export function informerLost(state: InformerState): InformerStep {
  return again(state, state.failures);
}

/** Takes in one message that `isFor` this informer. */
export function handleInformer(state: InformerState, message: HttpClientMessage | InformerRetry, client: ClientConfig): InformerStep {
  switch (message.type) {
    case 'informer.retry':
      return openInformer(state, client);
    case 'http.response':
      return (message as HttpResponse).status < 300
        ? { state: { ...state, failures: 0 }, effects: [], changes: [] }
        : again(state, state.failures);
    case 'http.end':
      return openInformer(state, client);
    case 'http.chunk':
      return take(state, message);
  }
}

function take(state: InformerState, chunk: HttpChunk): InformerStep {
  let current = state;
  const changes: Change[] = [];
  for (const event of chunk.events ?? []) {
    const object = event.object as unknown as KubeObject;
    if (event.type === 'ERROR') return { ...again({ ...current, resourceVersion: '' }, 0), changes };
    const resourceVersion = object.metadata.resourceVersion ?? current.resourceVersion;
    if (event.type === 'BOOKMARK') {
      current = { ...current, resourceVersion };
      if (object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') current = finishList(current, changes);
      continue;
    }
    const key = objectKey(object);
    const old = current.store.get(key);
    if (event.type === 'DELETED') {
      if (old === undefined) continue;
      current = { ...current, resourceVersion, store: current.store.delete(key), index: reindex(current, key, old, undefined) };
      changes.push({ type: 'delete', object, old });
      continue;
    }
    current = {
      ...current,
      resourceVersion,
      store: current.store.set(key, object),
      index: reindex(current, key, old, object),
      seen: current.seen?.set(key, true),
    };
    if (old === undefined) changes.push({ type: 'add', object });
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) changes.push({ type: 'update', object, old });
  }
  return { state: current, effects: [], changes };
}

/** What the new list did not have is gone. */
function finishList(state: InformerState, changes: Change[]): InformerState {
  let current = state;
  if (state.seen !== undefined) {
    for (const [key, old] of [...state.store]) {
      if (state.seen.has(key)) continue;
      current = { ...current, store: current.store.delete(key), index: reindex(current, key, old, undefined) };
      changes.push({ type: 'delete', object: old, old });
    }
  }
  return { ...current, synced: true, seen: undefined };
}

function reindex(state: InformerState, key: string, old: KubeObject | undefined, object: KubeObject | undefined): SortedMap<KubeObject> {
  let { index } = state;
  for (const [name, values] of Object.entries(state.spec.indexers ?? {})) {
    const next = object === undefined ? [] : values(object);
    for (const value of old === undefined ? [] : values(old)) if (!next.includes(value)) index = index.delete(`${name}|${value}|${key}`);
    for (const value of next) index = index.set(`${name}|${value}|${key}`, object!);
  }
  return index;
}

/** The objects with a value of an index. */
export function byIndex(state: InformerState | undefined, name: string, value: string): KubeObject[] {
  if (state === undefined) return [];
  const prefix = `${name}|${value}|`;
  return state.index.list(prefix, prefixEnd(prefix));
}

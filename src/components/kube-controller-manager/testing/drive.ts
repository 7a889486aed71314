import { SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, ControllerDefinition, SyncCall, SyncContext, SyncResult } from '../controller.ts';
import { indexersOf } from '../informers.ts';

/** Drives one sync of a control loop without a cluster. */
export interface Driven {
  /** The calls that were not events. */
  readonly calls: readonly SyncCall[];
  /** `METHOD name[/subresource]` of those. */
  readonly asked: readonly string[];
  /** `Reason: message` of the events. */
  readonly events: readonly string[];
  /** The status that was written last. */
  readonly status: Readonly<Record<string, unknown>> | undefined;
  readonly result: SyncResult;
}

/** A cache with its indexes, as if an informer had listed these objects. */
export function cacheOf(plural: string, objects: readonly KubeObject[]): Caches[string] {
  const indexers = indexersOf(plural)!;
  let store = SortedMap.empty<KubeObject>();
  let index = SortedMap.empty<KubeObject>();
  for (const object of objects) {
    store = store.set(objectKey(object), object);
    for (const [name, values] of Object.entries(indexers))
      for (const value of values(object)) index = index.set(`${name}|${value}|${objectKey(object)}`, object);
  }
  return { ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural }, indexers }), store, index, synced: true };
}

export const answerOf = (status: number, body: unknown): HttpResponse => ({
  type: 'http.response',
  id: '',
  status,
  contentType: '',
  body: body as never,
});

interface Situation extends Partial<Pick<SyncContext, 'now' | 'failures' | 'satisfied' | 'memory'>> {
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
  /** The server; without it every write is taken as it is. */
  readonly respond?: (call: SyncCall) => HttpResponse | undefined;
}

export function drive(definition: ControllerDefinition, key: string, situation: Situation): Driven {
  const { objects, respond, now = 0, failures = 0, satisfied = true, memory } = situation;
  const events: string[] = [];
  const calls: SyncCall[] = [];
  const plurals = new Set([...Object.keys(definition.handlers), ...Object.keys(objects)]);
  const context: SyncContext = {
    now,
    failures,
    satisfied,
    memory,
    caches: Object.fromEntries([...plurals].map((plural) => [plural, cacheOf(plural, objects[plural] ?? [])])),
    event: (_subject, _type, reason, message) => {
      events.push(`${reason}: ${message}`);
      return { method: 'POST', path: 'events', background: true };
    },
  };
  const sync = definition.sync(key, context);
  let step = sync.next();
  while (!step.done) {
    const asked = step.value;
    calls.push(...asked.filter((call) => call.background !== true));
    step = sync.next(
      asked.map((call) => respond?.(call) ?? answerOf(200, call.method === 'POST' ? { metadata: { name: 'made' } } : call.body)),
    );
  }
  const writes = calls.filter((call) => call.path.endsWith('/status'));
  return {
    calls,
    asked: calls.map(
      (call) =>
        `${call.method} ${call.path
          .split('/')
          .slice(call.path.endsWith('/status') ? -2 : -1)
          .join('/')}`,
    ),
    events,
    status: (writes.at(-1)?.body as { readonly status?: Driven['status'] } | undefined)?.status,
    result: step.value,
  };
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { definitionsPrefix } from '#api/custom/catalog.ts';
import { storagePrefixOf } from '#api/custom/facts.ts';
import type { CustomResourceDefinition } from '#api/types.generated.ts';
import type { Effect } from '#kernel/types.ts';
import type { EtcdWatchCancel } from '#protocol/etcd.ts';
import { definitionsOf } from './custom-resources.ts';
import type { DefinitionsChanged } from './extensions/machine.ts';
import { cacheOf, type ApiServerState } from './state.ts';

/** A definition before and after something happened to it. */
interface Change {
  readonly before: CustomResourceDefinition | undefined;
  readonly after: CustomResourceDefinition | undefined;
}

/** The name of the process of the loops. */
export const extensions = 'extensions';

/** What happened to definitions between two states of the server. */
function changesBetween(before: ApiServerState, after: ApiServerState): readonly Change[] {
  const [old, now] = [cacheOf(before, definitionsPrefix), cacheOf(after, definitionsPrefix)];
  if (old === now) return [];
  const keys = new Set([...old, ...now].map(([key]) => key));
  const at = (cache: typeof old, key: string): CustomResourceDefinition | undefined =>
    cache.get(key) as (KubeObject & CustomResourceDefinition) | undefined;
  return [...keys].map((key) => ({ before: at(old, key), after: at(now, key) })).filter((change) => change.before !== change.after);
}

/** Whether what was served is still served in the same way (customresource_handler.go updateCustomResourceDefinition). */
const sameService = ({ before, after }: Change): boolean =>
  deepEqual(before?.spec, after?.spec) && deepEqual(before?.status?.acceptedNames, after?.status?.acceptedNames);

function toldOf(changes: readonly Change[], all: readonly CustomResourceDefinition[]): Omit<DefinitionsChanged, 'type'> {
  const touched = changes.flatMap(({ before, after }) => [before, after].filter((item) => item !== undefined));
  const groups = new Set(touched.map((item) => item.spec.group));
  const services = new Set(touched.flatMap(({ spec }) => spec.versions.map((version) => `${version.name}.${spec.group}`)));
  // Names that one definition gives up are for the others of its group.
  return {
    definitions: all.filter((item) => groups.has(item.spec.group)).map((item) => item.metadata?.name ?? ''),
    services: [...services],
  };
}

/** The watches of a resource that is not served any more as it was: their clients have to begin anew. */
function endWatches(state: ApiServerState, prefix: string): Effect[] {
  return [...state.watches.prefixed(`${prefix}|`)].map(([, watch]) => ({
    type: 'send',
    to: watch.request,
    message: { type: 'watch.timeout' },
  }));
}

export interface Followed {
  readonly state: ApiServerState;
  /** Where objects of new resources are kept: their caches have to be filled. */
  readonly prefixes: readonly string[];
  readonly effects: readonly Effect[];
}

/**
 * Follows changes of definitions: the objects of new ones are cached and those of old ones forgotten, watches of what is
 * not served any more as it was end, and the loops that care for definitions hear of it.
 */
export function followDefinitions(before: ApiServerState, after: ApiServerState): Followed {
  const changes = changesBetween(before, after);
  if (changes.length === 0) return { state: after, prefixes: [], effects: [] };
  const effects: Effect[] = [];
  const prefixes: string[] = [];
  let { caches } = after;
  for (const change of changes) {
    const prefix = storagePrefixOf((change.after ?? change.before)!);
    if (change.before === undefined) prefixes.push(prefix);
    else if (!sameService(change)) effects.push(...endWatches(after, prefix));
    if (change.after !== undefined) continue;
    caches = caches.delete(prefix);
    const cancel: EtcdWatchCancel = { type: 'etcd.watch-cancel', watch: prefix };
    if (after.etcd.stream !== '') effects.push({ type: 'send', to: after.etcd.stream, message: cancel });
  }
  const told: DefinitionsChanged = { type: 'definitions.changed', ...toldOf(changes, definitionsOf(after)) };
  effects.push({ type: 'send', to: `${after.self}/${extensions}`, message: told });
  return { state: { ...after, caches }, prefixes, effects };
}

import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { catalogWith, definitionsPrefix } from '#api/custom/catalog.ts';
import type { ResourceCatalog } from '#api/resources/catalog.ts';
import type { CustomResourceDefinition } from '#api/types.generated.ts';
import type { RequestInfo } from './request-info.ts';
import { cacheOf, type ApiServerState } from './state.ts';

/** Catalogs by the definitions that they were made of. */
const catalogs = new WeakMap<SortedMap<KubeObject>, ResourceCatalog>();

/** The resources that this server serves now: the built-in ones, and those of the definitions in its watch cache. */
export function resourcesOf(server: ApiServerState): ResourceCatalog {
  const definitions = cacheOf(server, definitionsPrefix);
  let catalog = catalogs.get(definitions);
  if (catalog === undefined) {
    catalog = catalogWith(definitions.values());
    catalogs.set(definitions, catalog);
  }
  return catalog;
}

/** The definitions that the server knows. */
export function definitionsOf(server: ApiServerState): readonly CustomResourceDefinition[] {
  return [...cacheOf(server, definitionsPrefix).values()] as unknown as readonly CustomResourceDefinition[];
}

const settleMs = 2_000;

/**
 * How long a create has to wait: for a while after a definition was established other servers may not know it, and the
 * object that was made could not be found there (customresource_handler.go serveResource). @param now epoch milliseconds
 */
export function settlingMs(server: ApiServerState, { group, plural, verb }: RequestInfo, now: number): number {
  if (verb !== 'create') return 0;
  const definition = cacheOf(server, definitionsPrefix).get(`${definitionsPrefix}/${plural}.${group}`) as unknown as
    CustomResourceDefinition | undefined;
  const established = definition?.status?.conditions?.find((condition) => condition.type === 'Established');
  return established !== undefined && now - Date.parse(established.lastTransitionTime ?? '') < settleMs ? settleMs : 0;
}

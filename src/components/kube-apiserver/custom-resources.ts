import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { withResources, type ResourceCatalog } from '#api/resources/catalog.ts';
import { cacheOf, type ApiServerState } from './state.ts';

export const definitionsPrefix = '/registry/apiextensions.k8s.io/customresourcedefinitions';

/** Catalogs by the definitions that they were made of. */
const catalogs = new WeakMap<SortedMap<KubeObject>, ResourceCatalog>();

/** The resources that this server serves now: the built-in ones, and those of the definitions in its watch cache. */
export function resourcesOf(server: ApiServerState): ResourceCatalog {
  const definitions = cacheOf(server, definitionsPrefix);
  let catalog = catalogs.get(definitions);
  if (catalog === undefined) {
    catalog = withResources([]);
    catalogs.set(definitions, catalog);
  }
  return catalog;
}

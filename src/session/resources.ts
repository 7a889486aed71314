import { catalogWith, definitionsPrefix } from '#api/custom/catalog.ts';
import type { ResourceCatalog } from '#api/resources/catalog.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { World } from '#kernel/world.ts';
import { storedObjects } from './keyspace.ts';

/** The resources that the cluster has at the cursor. */
export function resourcesAt(world: World): ResourceCatalog {
  return catalogWith(storedObjects(world, `${definitionsPrefix}/`));
}

/** A resource by its plural: that of the core group, or the first of that name; or `crontabs.stable.example.com`. */
export function findByPlural(world: World, plural: string): ResourceDefinition | undefined {
  const catalog = resourcesAt(world);
  return catalog.find('', 'v1', plural) ?? catalog.all.find((item) => item.plural === plural || `${item.plural}.${item.group}` === plural);
}

import type { KubeObject } from '../object.ts';
import { withResources, type ResourceCatalog } from '../resources/catalog.ts';
import type { ResourceDefinition } from '../resources/index.ts';
import type { CustomResourceDefinition } from '../types.generated.ts';
import { engine } from './engine.ts';

/** Where definitions are kept in etcd. */
export const definitionsPrefix = '/registry/apiextensions.k8s.io/customresourcedefinitions';

/** What was made of each definition: objects are never changed, so once is enough. */
const made = new WeakMap<KubeObject, readonly ResourceDefinition[]>();

/** The resources of one definition. */
export function resourcesMadeBy(definition: KubeObject): readonly ResourceDefinition[] {
  let known = made.get(definition);
  if (known === undefined) {
    known = engine.value.customResources(definition as unknown as CustomResourceDefinition);
    made.set(definition, known);
  }
  return known;
}

/** The built-in resources and those of definitions, whose groups come after all others by name. */
export function catalogWith(definitions: Iterable<KubeObject>): ResourceCatalog {
  const custom = [...definitions].flatMap(resourcesMadeBy);
  return withResources(custom.sort((a, b) => (a.group === b.group ? 0 : a.group < b.group ? -1 : 1)));
}

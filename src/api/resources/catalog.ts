import { formatApiVersion, type GroupVersionKind } from '../object.ts';
import { resourceTable, type ResourceDefinition } from './index.ts';

/**
 * The resources that a server has: those that are built in and those that its custom resource definitions made. Whoever
 * looks a resource up asks a catalog, so that both are found in the same way.
 */
export interface ResourceCatalog {
  /** In the order of discovery. */
  readonly all: readonly ResourceDefinition[];
  find(group: string, version: string, plural: string): ResourceDefinition | undefined;
  findByKind(gvk: GroupVersionKind): ResourceDefinition | undefined;
}

function indexed(definitions: readonly ResourceDefinition[]): ResourceCatalog {
  const byPath = new Map(definitions.map((resource) => [`${resource.apiVersion}/${resource.plural}`, resource]));
  const byKind = new Map(definitions.map((resource) => [`${resource.apiVersion}/${resource.kind}`, resource]));
  return {
    all: definitions,
    find: (group, version, plural) => byPath.get(`${formatApiVersion(group, version)}/${plural}`),
    findByKind: ({ group, version, kind }) => byKind.get(`${formatApiVersion(group, version)}/${kind}`),
  };
}

/** What every server has. */
export const builtInResources: ResourceCatalog = indexed(resourceTable);

/** The built-in resources and others; what is built in is found first. */
export function withResources(others: readonly ResourceDefinition[]): ResourceCatalog {
  if (others.length === 0) return builtInResources;
  const more = indexed(others);
  return {
    all: [...builtInResources.all, ...others],
    find: (group, version, plural) => builtInResources.find(group, version, plural) ?? more.find(group, version, plural),
    findByKind: (gvk) => builtInResources.findByKind(gvk) ?? more.findByKind(gvk),
  };
}

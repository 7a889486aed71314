import type { ResourceDefinition } from './resources/index.ts';

/** The discovery documents, made from the resources that a server has. */
const groupsInOrder = (resources: readonly ResourceDefinition[]): readonly string[] => [...new Set(resources.map((resource) => resource.group))];
const versionsOf = (resources: readonly ResourceDefinition[], group: string): readonly string[] => [...new Set(resources.filter((resource) => resource.group === group).map((resource) => resource.version))];

function describe(resource: ResourceDefinition): object {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? { subresources: resource.subresources.map((sub) => ({ subresource: sub.name, responseKind: sub.kind, verbs: sub.verbs })) }
      : {}),
  };
}

/** `GET /api` (core) or `GET /apis` as APIGroupDiscoveryList. */
export function aggregatedDiscovery(core: boolean, resources: readonly ResourceDefinition[]): object {
  const groups = groupsInOrder(resources).filter((group) => (group === '') === core);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: versionsOf(resources, group).map((version) => ({
        version,
        resources: resources.filter((resource) => resource.group === group && resource.version === version).map(describe),
        freshness: 'Current',
      })),
    })),
  };
}

/** `GET /api/v1` and `GET /apis/<group>/<version>` as APIResourceList; undefined where there is no such version. */
export function apiResourceList(group: string, version: string, resources: readonly ResourceDefinition[]): object | undefined {
  const found = resources.filter((resource) => resource.group === group && resource.version === version);
  if (found.length === 0) return undefined;
  const rows = found.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    },
    ...resource.subresources.map((sub) => ({
      name: `${resource.plural}/${sub.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...(sub.kind.group === group && sub.kind.version === version ? {} : { group: sub.kind.group, version: sub.kind.version }),
      kind: sub.kind.kind,
      verbs: sub.verbs,
    })),
  ]);
  return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion: found[0]!.apiVersion, resources: rows };
}

/** `GET /apis` as APIGroupList. */
export function apiGroupList(resources: readonly ResourceDefinition[]): object {
  const groups = groupsInOrder(resources).filter((group) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((name) => {
      const versions = versionsOf(resources, name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
      return { name, versions, preferredVersion: versions[0] };
    }),
  };
}

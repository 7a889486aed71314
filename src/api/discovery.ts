import { encodeBytes, utf8 } from '#base/base64.ts';
import { sha256 } from '#base/sha256.ts';
import type { ResourceDefinition } from './resources/index.ts';

/** The discovery documents, made from the resources that a server has. */
const groupsInOrder = (resources: readonly ResourceDefinition[]): readonly string[] => [
  ...new Set(resources.map((resource) => resource.group)),
];
const versionsOf = (resources: readonly ResourceDefinition[], group: string): readonly string[] => [
  ...new Set(resources.filter((resource) => resource.group === group).map((resource) => resource.version)),
];

const optional = (key: string, value: string | undefined): object => (value === undefined ? {} : { [key]: value });

function describe(resource: ResourceDefinition): object {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.listedVerbs ?? resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? { subresources: resource.subresources.map((sub) => ({ subresource: sub.name, responseKind: sub.kind, verbs: sub.verbs })) }
      : {}),
  };
}

/** Kinds that are stored as another version than the first that serves them (pkg/kubeapiserver/default_storage_factory_builder.go). */
const storedAs: Readonly<Record<string, string>> = {
  'events.k8s.io/v1/Event': '/v1/Event',
  'autoscaling/v1/HorizontalPodAutoscaler': 'autoscaling/v2/HorizontalPodAutoscaler',
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': 'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': 'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding',
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 'apiextensions.k8s.io/v1beta1/CustomResourceDefinition',
};

/** What changes when objects are stored otherwise (apiserver/pkg/endpoints/discovery/storageversionhash.go); nothing of what is not stored. */
function storageVersionHash({ group, version, kind, verbs }: ResourceDefinition): string | undefined {
  if (!verbs.includes('get') || !verbs.includes('create')) return undefined;
  const name = `${group}/${version}/${kind}`;
  return encodeBytes(sha256(utf8(storedAs[name] ?? name)).slice(0, 8));
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
      verbs: resource.listedVerbs ?? resource.verbs,
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
      ...optional('storageVersionHash', storageVersionHash(resource)),
    },
    ...resource.subresources.map((sub) => ({
      name: `${resource.plural}/${sub.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...(sub.kind.version === '' || (sub.kind.group === group && sub.kind.version === version)
        ? {}
        : { group: sub.kind.group, version: sub.kind.version }),
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

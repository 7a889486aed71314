import { isObject } from '#base/json.ts';
import type { ApiCall } from './client.ts';

/** A resource as discovery describes it. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

const accept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** What a client asks to learn which resources a server has (client-go/discovery, GroupsAndMaybeResources): the core group, then all others. */
export const discoveryCalls = ['/api', '/apis'].map((path): ApiCall => ({ method: 'GET', path, query: { timeout: '32s' }, accept }));

interface DiscoveryDocument {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: string;
        readonly singularResource?: string;
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly verbs: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

/** The resources of an APIGroupDiscoveryList, in its order; undefined where the answer is none. */
export function readDiscovery(body: unknown): readonly ApiResource[] | undefined {
  if (!isObject(body)) return undefined;
  const { items = [] } = body as DiscoveryDocument;
  return items.flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((item) => ({
        group: metadata?.name ?? '',
        version,
        kind: item.responseKind?.kind ?? '',
        plural: item.resource,
        singular: item.singularResource ?? '',
        shortNames: item.shortNames ?? [],
        categories: item.categories ?? [],
        namespaced: item.scope === 'Namespaced',
        verbs: item.verbs,
        subresources: (item.subresources ?? []).map((sub) => sub.subresource),
      })),
    ),
  );
}

/** Each resource once, in the version that comes first (ServerPreferredResources). */
export function preferred(resources: readonly ApiResource[]): readonly ApiResource[] {
  const seen = new Set<string>();
  return resources.filter(({ group, plural }) => !seen.has(`${group}/${plural}`) && seen.add(`${group}/${plural}`).size > 0);
}

import type { Json } from '#base/json.ts';
import { aggregatedDiscovery, apiGroupList, apiResourceList } from '#api/discovery.ts';
import { openApiDocument, openApiIndex, openApiV2 } from '#api/openapi.ts';
import type { APIService } from '#api/types.generated.ts';
import { versionInfo } from '#api/version.ts';
import { noPage } from './respond.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { resourcesOf } from './custom-resources.ts';
import type { RequestState } from './request-state.ts';
import type { ApiServerState } from './state.ts';

/** What the server answers on paths that are no resource. */
type Page = (server: ApiServerState, state: RequestState) => Omit<HttpResponse, 'type' | 'id'>;

const json = (body: unknown, contentType = 'application/json'): Omit<HttpResponse, 'type' | 'id'> => ({
  status: 200,
  contentType,
  body: body as Json,
});
interface OtherGroup {
  readonly group: string;
  readonly version: string;
}

/** Groups that other servers answer for, unless their service is known not to be available (kube-aggregator/pkg/apiserver/handler_apis.go). */
function groupsOfOthers(server: ApiServerState): readonly OtherGroup[] {
  const found = [...(server.caches.get('/registry/apiregistration.k8s.io/apiservices')?.values() ?? [])] as readonly unknown[];
  return (found as readonly APIService[]).flatMap(({ spec, status }) => {
    const missing = status?.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'False') === true;
    return spec?.service === undefined || missing ? [] : [{ group: spec.group ?? '', version: spec.version ?? '' }];
  });
}

function groupOf({ group, version }: OtherGroup): object {
  const named = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [named], preferredVersion: named };
}

const discoveryOf = ({ group, version }: OtherGroup): object => ({
  metadata: { name: group, creationTimestamp: null },
  versions: [{ version, resources: [], freshness: 'Current' }],
});

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const wantsAggregated = (state: RequestState): boolean => state.request.accept.includes('APIGroupDiscoveryList');

const pages: Readonly<Record<string, Page>> = {
  '/version': () => json(versionInfo),
  '/api': (server, state) =>
    wantsAggregated(state)
      ? json(aggregatedDiscovery(true, resourcesOf(server).all), aggregated)
      : json({
          kind: 'APIVersions',
          versions: ['v1'],
          serverAddressByClientCIDRs: [
            { clientCIDR: '0.0.0.0/0', serverAddress: `${server.options.advertiseAddress}:${server.options.securePort}` },
          ],
        }),
  '/openapi/v3': (server) => json(openApiIndex(resourcesOf(server).all)),
  '/openapi/v2': () => ({ status: 200, contentType: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', body: openApiV2 }),
  '/apis': (server, state) => {
    const { all } = resourcesOf(server);
    const more = groupsOfOthers(server);
    if (!wantsAggregated(state)) {
      const list = apiGroupList(all) as { readonly groups: readonly unknown[] };
      return json({ ...list, groups: [...list.groups, ...more.map(groupOf)] });
    }
    const discovery = aggregatedDiscovery(false, all) as { readonly items: readonly unknown[] };
    return json({ ...discovery, items: [...discovery.items, ...more.map(discoveryOf)] }, aggregated);
  },
};

/** Answers a request that is about no resource. */
export function answerPage(server: ApiServerState, state: RequestState): Omit<HttpResponse, 'type' | 'id'> {
  const path = state.request.path.replace(/\/$/, '');
  const page = pages[path];
  if (page !== undefined) return page(server, state);
  const { all } = resourcesOf(server);
  const document = path.startsWith('/openapi/v3/') ? openApiDocument(path.slice('/openapi/v3/'.length), all) : undefined;
  if (document !== undefined) return json(document);
  const [, root, first = '', second = ''] = path.split('/');
  const list =
    root === 'api' ? apiResourceList('', first, all) : root === 'apis' && second !== '' ? apiResourceList(first, second, all) : undefined;
  if (list !== undefined) return json(list);
  return noPage;
}

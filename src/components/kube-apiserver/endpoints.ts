import type { Json } from '#base/json.ts';
import { aggregatedDiscovery, apiGroupList, apiResourceList } from '#api/discovery.ts';
import { openApiDocument, openApiIndex, openApiV2 } from '#api/openapi.ts';
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
    return wantsAggregated(state) ? json(aggregatedDiscovery(false, all), aggregated) : json(apiGroupList(all));
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

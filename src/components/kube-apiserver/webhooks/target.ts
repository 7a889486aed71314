import type { EndpointSlice, Service } from '#api/types.generated.ts';
import { cacheOf, getCached, type ApiServerState } from '../state.ts';
import type { Webhook } from './hooks.ts';

/** Where a webhook is: a program in a pod, behind the service that is named. */
export interface Target {
  readonly node: string;
  readonly ip: string;
  readonly port: number;
}
export interface Found {
  readonly host: string;
  readonly path: string;
  /** As messages name it. */
  readonly url: string;
  /** What the connection is dialled to; the packets go on to an endpoint, as the host's rules say. */
  readonly dialled: string;
  /** Or why there is nobody to call. */
  readonly target: Target | string;
}

/** A ready endpoint of a service's port, the first there is. */
function endpointOf(server: ApiServerState, namespace: string, name: string, portName: string): Target | undefined {
  for (const slice of cacheOf(server, '/registry/endpointslices').values()) {
    if (slice.metadata.namespace !== namespace || slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const { endpoints = [], ports = [] } = slice as unknown as EndpointSlice;
    const port = ports.find((item) => (item.name ?? '') === portName)?.port;
    const ready = endpoints.find((item) => item.conditions?.ready !== false && item.nodeName !== undefined);
    const ip = ready?.addresses?.[0];
    if (port !== undefined && ip !== undefined) return { ip, port, node: ready!.nodeName! };
  }
  return undefined;
}

/** apiserver/pkg/util/webhook/client.go (HookClient) and apiserver/pkg/util/proxy (ResolveCluster): a service is dialled at its cluster IP. */
export function targetOf(server: ApiServerState, { clientConfig, timeoutSeconds = 10 }: Webhook): Found {
  const { service, url = '' } = clientConfig;
  const query = `?timeout=${timeoutSeconds}s`;
  if (service === undefined) {
    const host = /^https:\/\/([^/:]+)/.exec(url)?.[1] ?? '';
    const full = `${url.replace(/\/$/, '')}${/^https:\/\/[^/]+\/?$/.test(url) ? '/' : ''}${query}`;
    return { host, path: '', url: full, dialled: host, target: `dial tcp: lookup ${host}: no such host` };
  }
  const { name, namespace, port = 443, path = '' } = service;
  const host = `${name}.${namespace}.svc`;
  const place = `${path === '' || path.startsWith('/') ? path : `/${path}`}`;
  const found = {
    host,
    path: `${place === '' ? '/' : place}${query}`,
    url: `https://${host}:${port}${place === '' ? '/' : place}${query}`,
  };
  const object = getCached(server, `/registry/services/specs/${namespace}/${name}`, '/registry/services/specs');
  if (object === undefined) return { ...found, dialled: '', target: `service "${name}" not found` };
  const { type = 'ClusterIP', clusterIP = '', ports = [] } = (object as unknown as Service).spec ?? {};
  const dialled = `${clusterIP}:${port}`;
  if (type === 'ExternalName') return { ...found, dialled, target: `unsupported service type "${type}"` };
  if (clusterIP === 'None') return { ...found, dialled, target: 'cannot route to service with ClusterIP "None"' };
  const wanted = ports.find((item) => item.port === port);
  if (wanted === undefined) return { ...found, dialled, target: `no service port ${port} found for service "${name}"` };
  return {
    ...found,
    dialled,
    target: endpointOf(server, namespace, name, wanted.name ?? '') ?? `dial tcp ${dialled}: connect: connection refused`,
  };
}

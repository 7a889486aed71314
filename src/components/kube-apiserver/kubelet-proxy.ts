import { encodeUri } from '#base/base64.ts';
import type { Json } from '#base/json.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { badRequest, failure, notFound } from '#api/resources/status-errors.ts';
import type { APIService, EndpointSlice, Pod, Service } from '#api/types.generated.ts';
import type { Address } from '#kernel/types.ts';
import type { NetDial, NetOutcome } from '#protocol/net.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';
import type { ApiServerState } from './state.ts';

/** Where a request goes on to: the true cases in which the API server calls somebody. */
export interface Onward {
  readonly to: Address;
  readonly path: string;
}

/** Subresources of pods that their kubelet answers, and the path there (registry/core/pod/rest). */
const kubeletPaths: Readonly<Record<string, string>> = {
  log: 'containerLogs',
  exec: 'exec',
  attach: 'attach',
  portforward: 'portForward',
};

const pods = { group: '', plural: 'pods' };

/** Whether a request is handed on to a kubelet. */
export function isForKubelet({ info }: RequestState): boolean {
  const { plural, subresource } = info;
  return (plural === 'pods' && subresource in kubeletPaths) || (plural === 'nodes' && subresource === 'proxy');
}

/** What follows `/proxy` in the path of a request. */
const proxied = (state: RequestState): string => state.info.path.replace(/^.*?\/proxy(?=\/|$)/, '') || '/';

/** The kubelet that answers, and what it is asked; a Status where there is none (registry/core/pod/strategy.go, LogLocation and streamLocation). */
export function kubeletTarget(server: ApiServerState, state: RequestState): Onward | Status {
  const { plural, namespace, name, subresource } = state.info;
  if (plural === 'nodes') {
    const [node = ''] = name.split(':');
    if (server.caches.get('/registry/minions')?.get(`/registry/minions/${node}`) === undefined)
      return notFound({ group: '', plural: 'nodes' }, node);
    return { to: `${node}/kubelet`, path: proxied(state) };
  }
  const object = server.caches.get('/registry/pods')?.get(`/registry/pods/${namespace}/${name}`);
  if (object === undefined) return notFound(pods, name);
  const container = subresource === 'portforward' ? '' : containerOf(object, state.request.query['container'] ?? '');
  if (typeof container !== 'string') return container;
  const { nodeName = '' } = (object as unknown as Pod).spec ?? {};
  if (nodeName === '') return badRequest(`pod ${name} does not have a host assigned`);
  if (subresource !== 'log' && state.request.upgrade !== true) return badRequest('Upgrade request required');
  return { to: `${nodeName}/kubelet`, path: `/${kubeletPaths[subresource]!}/${namespace}/${name}/${container}` };
}

/** The service behind an API group that is served by somebody else (kube-aggregator): `https:name:port` in its namespace. */
function aggregated(server: ApiServerState, { info }: RequestState): { readonly namespace: string; readonly name: string } | undefined {
  const object = server.caches
    .get('/registry/apiregistration.k8s.io/apiservices')
    ?.get(`/registry/apiregistration.k8s.io/apiservices/${info.version}.${info.group}`);
  const service = (object as APIService | undefined)?.spec?.service;
  return service === undefined
    ? undefined
    : { namespace: service.namespace ?? '', name: `https:${service.name ?? ''}:${service.port ?? 443}` };
}

export const isAggregated = (server: ApiServerState, state: RequestState): boolean => aggregated(server, state) !== undefined;

/** Whether a request is handed on to a program in a pod, through a pod's or a service's `/proxy`. */
export const isForPod = ({ info }: RequestState): boolean =>
  info.subresource === 'proxy' && (info.plural === 'pods' || info.plural === 'services');

/** A connection to a port of a pod, from the API server (registry/core/pod/strategy.go and service/storage ResourceLocation). */
export function podTarget(
  server: ApiServerState,
  state: RequestState,
  self: Address,
): { readonly to: Address; readonly dial: NetDial } | { readonly refused: Status } {
  const behind = aggregated(server, state);
  const { plural, namespace, name: text } = behind === undefined ? state.info : { plural: 'services', ...behind };
  const [name = '', port = '']: string[] = text.split(':').slice(text.split(':').length > 2 ? 1 : 0);
  const found = plural === 'pods' ? podPort(server, namespace, name, port) : servicePort(server, namespace, name, port);
  if ('code' in found) return { refused: found as Status };
  const { method, body } = state.request;
  const query = new Array<string>();
  for (const [key, value] of Object.entries(state.request.query)) query.push(`${encodeUri(key)}=${encodeUri(value)}`);
  const path = `${behind === undefined ? proxied(state) : state.info.path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  const payload = { type: 'http', method, path, headers: [], body: typeof body === 'string' ? body : '' } as const;
  const client = server.options.advertiseAddress;
  const { ip, port: number, node } = found as PodPort;
  const dial: NetDial = { type: 'net.dial', id: state.request.id, client, replyTo: self, ip, port: number, payload };
  return { to: `${node}/container-runtime`, dial };
}

interface PodPort {
  readonly ip: string;
  readonly port: number;
  readonly node: string;
}

function podPort(server: ApiServerState, namespace: string, name: string, port: string): PodPort | Status {
  const object = server.caches.get('/registry/pods')?.get(`/registry/pods/${namespace}/${name}`);
  if (object === undefined) return notFound(pods, name);
  const { spec, status } = object as unknown as Pod;
  const ports = (spec?.containers ?? []).flatMap((item) => item.ports ?? []);
  const number =
    port === ''
      ? (ports[0]?.containerPort ?? 80)
      : /^\d+$/.test(port)
        ? Number(port)
        : ports.find((item) => item.name === port)?.containerPort;
  if (status?.podIP === undefined || number === undefined) return badRequest(`address not allowed`);
  return { ip: status.podIP, port: number, node: spec?.nodeName ?? '' };
}

function servicePort(server: ApiServerState, namespace: string, name: string, port: string): PodPort | Status {
  const object = server.caches.get('/registry/services/specs')?.get(`/registry/services/specs/${namespace}/${name}`);
  if (object === undefined) return notFound({ group: '', plural: 'services' }, name);
  const { ports = [] } = (object as unknown as Service).spec ?? {};
  const wanted = port === '' ? ports[0] : ports.find((item) => item.name === port || String(item.port) === port);
  if (wanted === undefined) return failure(503, 'ServiceUnavailable', `no service port "${port}" found for service "${name}"`);
  for (const slice of server.caches.get('/registry/endpointslices')?.values() ?? []) {
    if (slice.metadata.namespace !== namespace || slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const { endpoints = [], ports: own = [] } = slice as unknown as EndpointSlice;
    const number = own.find((item) => (item.name ?? '') === (wanted.name ?? ''))?.port;
    const ready = endpoints.find((item) => item.conditions?.ready !== false);
    if (number !== undefined && ready?.addresses?.[0] !== undefined)
      return { ip: ready.addresses[0], port: number, node: ready.nodeName ?? '' };
  }
  return failure(503, 'ServiceUnavailable', `no endpoints available for service "${name}"`);
}

export const podSilent: Status = failure(503, 'ServiceUnavailable', 'error trying to reach service: dial tcp: connect: connection refused');

/** What a program in a pod has answered, for the client; undefined where nobody listens. An API's objects are data. */
export function podAnswer(id: string, outcome: NetOutcome, isApi: boolean): HttpResponse | undefined {
  if (outcome.type !== 'http') return undefined;
  const contentType = outcome.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'text/plain';
  const body = isApi && contentType === 'application/json' ? (JSON.parse(outcome.body) as Json) : outcome.body;
  return { type: 'http.response', id, status: outcome.status, contentType, body };
}

/** The container that is meant; where several could be, it has to be named. */
function containerOf(object: KubeObject, given: string): string | Status {
  const { spec } = object as unknown as Pod;
  const { name } = object.metadata;
  const apps = (spec?.containers ?? []).map((item) => item.name);
  const initial = (spec?.initContainers ?? []).map((item) => item.name);
  const all = [...apps, ...initial];
  if (given !== '') return all.includes(given) ? given : badRequest(`container ${given} is not valid for pod ${name}`);
  if (all.length === 1) return all[0]!;
  const choice = `a container name must be specified for pod ${name}, choose one of: [${apps.join(' ')}]`;
  return badRequest(initial.length === 0 ? choice : `${choice} or one of the init containers: [${initial.join(' ')}]`);
}

/** A kubelet refuses in plain text; the client is told by a Status (apimachinery/pkg/api/errors, NewGenericServerResponse). */
export function refusalOf({ status, contentType, body }: HttpResponse): Status | undefined {
  if (status < 400 || contentType !== 'text/plain') return undefined;
  const message = String(body).trimEnd();
  if (status === 400) return badRequest(message);
  return status === 404 ? failure(404, 'NotFound', message) : failure(500, 'InternalError', message);
}

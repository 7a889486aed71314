import type { Json } from '#base/json.ts';
import type { Address, Effect } from '#kernel/types.ts';
import { mediaTypes, type Credential, type HttpMethod, type HttpRequest } from '#protocol/rest.ts';

/** Where a client's API server is, and who the client is (a kubeconfig). */
export interface ClientConfig {
  readonly server: Address;
  /** The same as errors name it: `192.168.49.2:8443`. */
  readonly endpoint?: string | undefined;
  readonly credential: Credential;
  readonly userAgent: string;
  readonly impersonate?: HttpRequest['impersonate'];
}

/** One request, as a component thinks of it. */
export interface ApiCall {
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly upgrade?: true | undefined;
}

interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale` */
export function resourcePath(resource: GroupVersionResource, namespace = '', name = '', subresource = ''): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  return [
    root,
    ...(namespace === '' ? [] : ['namespaces', namespace]),
    resource.plural,
    ...(name === '' ? [] : [name]),
    ...(subresource === '' ? [] : [subresource]),
  ].join('/');
}

/** A call as a request on the wire. */
export function httpRequest(client: ClientConfig, id: string, call: ApiCall): HttpRequest {
  const { method, path, query = {}, body, contentType, accept, upgrade } = call;
  return {
    type: 'http.request',
    id,
    method,
    path,
    query,
    accept: accept ?? mediaTypes.json,
    ...(body === undefined ? {} : { body: body as Json, contentType: contentType ?? mediaTypes.json }),
    ...(upgrade === undefined ? {} : { upgrade }),
    userAgent: client.userAgent,
    credential: client.credential,
    impersonate: client.impersonate,
  };
}

/** The effect that sends a call. */
export function sendCall(
  client: ClientConfig,
  id: string,
  call: ApiCall,
  more: { readonly chatter?: boolean; readonly because?: Extract<Effect, { readonly type: 'send' }>['because'] } = {},
): Effect {
  return { type: 'send', to: client.server, message: httpRequest(client, id, call), ...more };
}

const core = (plural: string): GroupVersionResource => ({ group: '', version: 'v1', plural });
const apps = (plural: string): GroupVersionResource => ({ group: 'apps', version: 'v1', plural });

/** The resources that components name. */
export const resources = {
  pods: core('pods'),
  nodes: core('nodes'),
  services: core('services'),
  endpoints: core('endpoints'),
  replicationcontrollers: core('replicationcontrollers'),
  namespaces: core('namespaces'),
  serviceaccounts: core('serviceaccounts'),
  configmaps: core('configmaps'),
  secrets: core('secrets'),
  events: core('events'),
  persistentvolumeclaims: core('persistentvolumeclaims'),
  persistentvolumes: core('persistentvolumes'),
  resourcequotas: core('resourcequotas'),
  deployments: apps('deployments'),
  replicasets: apps('replicasets'),
  daemonsets: apps('daemonsets'),
  statefulsets: apps('statefulsets'),
  controllerrevisions: apps('controllerrevisions'),
  jobs: { group: 'batch', version: 'v1', plural: 'jobs' },
  cronjobs: { group: 'batch', version: 'v1', plural: 'cronjobs' },
  endpointslices: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  servicecidrs: { group: 'networking.k8s.io', version: 'v1', plural: 'servicecidrs' },
  clusterroles: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' },
  validatingadmissionpolicies: { group: 'admissionregistration.k8s.io', version: 'v1', plural: 'validatingadmissionpolicies' },
  poddisruptionbudgets: { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' },
  horizontalpodautoscalers: { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' },
  leases: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
} as const satisfies Readonly<Record<string, GroupVersionResource>>;

import { deepEqual } from '#base/json.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { EndpointSlice, Endpoints, Service, ServicePort } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, splitKey, type Caches, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';
import { isReady, podOf } from './pods.ts';

const managedBy = 'endpointslice.kubernetes.io/managed-by';
const serviceName = 'kubernetes.io/service-name';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

const selects = (service: KubeObject, labels: Readonly<Record<string, string>> | undefined): boolean => {
  const selector = (service as unknown as Service).spec?.selector;
  return selector !== undefined && Object.keys(selector).length > 0 && Object.entries(selector).every(([key, value]) => labels?.[key] === value);
};

/** The pods behind a Service that have an address and a node. */
function podsOf(service: KubeObject, caches: Caches): readonly KubeObject[] {
  return byIndex(caches['pods'], 'namespace', service.metadata.namespace ?? '').filter((object) => {
    const { status, spec } = podOf(object);
    const finished = status?.phase === 'Failed' || status?.phase === 'Succeeded';
    return !finished && selects(service, object.metadata.labels) && (status?.podIP ?? '') !== '' && (spec?.nodeName ?? '') !== '';
  });
}

/** The port of a pod behind a port of a Service (FindPort). */
function targetPort(port: ServicePort, pod: KubeObject): number | undefined {
  const { targetPort: target = port.port } = port;
  if (typeof target === 'number') return target;
  return podOf(pod).spec?.containers.flatMap((item) => item.ports ?? []).find((item) => item.name === target)?.containerPort;
}

const reference = (pod: KubeObject): object => ({ kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid });

function portsOf(service: Service, pods: readonly KubeObject[]): readonly { readonly name: string; readonly port: number; readonly protocol: string }[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = pods.length > 0 ? targetPort(port, pods[0]!) : typeof port.targetPort === 'number' ? port.targetPort : undefined;
    return number === undefined ? [] : [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP' }];
  });
}

const newest = (objects: readonly KubeObject[], now: number): string => {
  const times = objects.flatMap((object) => [object.metadata.creationTimestamp ?? '', ...(podOf(object).status?.conditions ?? []).filter((item) => item.type === 'Ready').map((item) => item.lastTransitionTime ?? '')]).filter((time) => time !== '');
  return times.sort().at(-1) ?? formatTime(now);
};

/** pkg/controller/endpointslice: one slice of up to a hundred endpoints for each Service. */
function* syncSlices(key: string, context: SyncContext): Sync {
  const service = lookUp(context.caches, 'services', key);
  if (service === undefined || (service as unknown as Service).spec?.selector === undefined || (service as unknown as Service).spec?.type === 'ExternalName') return done;
  const { namespace } = splitKey(key);
  const pods = podsOf(service, context.caches);
  const endpoints = pods.map((pod) => {
    const ready = isReady(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    return { addresses: [podOf(pod).status!.podIP!], conditions: { ready: ready && !terminating, serving: ready, terminating }, targetRef: reference(pod), nodeName: podOf(pod).spec!.nodeName };
  });
  const ports = portsOf(service as unknown as Service, pods);
  const slices = byIndex(context.caches['endpointslices'], 'service', key).filter((slice) => slice.metadata.labels?.[managedBy] === 'endpointslice-controller.k8s.io') as unknown as (EndpointSlice & KubeObject)[];
  const [slice] = slices;
  const annotations = { [triggerTime]: newest([service, ...pods], context.now) };
  if (slice === undefined) {
    const body = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${service.metadata.name}-`,
        namespace,
        annotations,
        labels: { ...service.metadata.labels, [managedBy]: 'endpointslice-controller.k8s.io', [serviceName]: service.metadata.name },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: service.metadata.name, uid: service.metadata.uid, controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
      endpoints: endpoints.length === 0 ? null : endpoints,
      ports: endpoints.length === 0 ? null : ports,
    };
    const answer = yield* call({ method: 'POST', path: resourcePath(resources.endpointslices, namespace), body });
    return ok(answer) ? done : retry;
  }
  const [same, samePorts] = [deepEqual(slice.endpoints ?? [], endpoints), endpoints.length === 0 || deepEqual(slice.ports ?? [], ports)];
  if (same && samePorts) return done;
  const body = { ...slice, metadata: { ...slice.metadata, annotations: { ...slice.metadata.annotations, ...annotations } }, endpoints: endpoints.length === 0 ? null : endpoints, ports: endpoints.length === 0 ? null : ports };
  const answer = yield* call({ method: 'PUT', path: resourcePath(resources.endpointslices, namespace, slice.metadata.name), body });
  return ok(answer) ? done : retry;
}

/** pkg/controller/endpoint: the older form of the same. */
function* syncEndpoints(key: string, context: SyncContext): Sync {
  const service = lookUp(context.caches, 'services', key);
  const { namespace, name } = splitKey(key);
  const existing = lookUp(context.caches, 'endpoints', key) as (Endpoints & KubeObject) | undefined;
  if (service === undefined) {
    if (existing?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return done;
    const gone = yield* call({ method: 'DELETE', path: resourcePath(resources.endpoints, namespace, name) });
    return ok(gone) || gone.status === 404 ? done : retry;
  }
  if ((service as unknown as Service).spec?.selector === undefined) return done;
  const pods = podsOf(service, context.caches).filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const ports = portsOf(service as unknown as Service, pods).map(({ name: portName, ...port }) => (portName === '' ? port : { name: portName, ...port }));
  const address = (pod: KubeObject): { readonly ip: string } => ({ ip: podOf(pod).status!.podIP!, nodeName: podOf(pod).spec!.nodeName, targetRef: reference(pod) }) as { readonly ip: string };
  const sorted = (list: readonly KubeObject[]): readonly object[] => [...list].map(address).sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
  const [ready, waiting] = [sorted(pods.filter(isReady)), sorted(pods.filter((pod) => !isReady(pod)))];
  const subsets = pods.length === 0 ? [] : [{ ...(ready.length > 0 ? { addresses: ready } : {}), ...(waiting.length > 0 ? { notReadyAddresses: waiting } : {}), ports }];
  const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
  const annotations = { [triggerTime]: newest([service, ...pods], context.now) };
  if (existing === undefined) {
    const body = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels, annotations }, ...(subsets.length > 0 ? { subsets } : {}) };
    const answer = yield* call({ method: 'POST', path: resourcePath(resources.endpoints, namespace), body });
    return ok(answer) ? done : retry;
  }
  if (deepEqual(existing.subsets ?? [], subsets) && deepEqual(existing.metadata.labels, labels)) return done;
  const { subsets: _before, ...rest } = existing;
  const body = { ...rest, metadata: { ...existing.metadata, labels, annotations: { ...existing.metadata.annotations, ...annotations } }, ...(subsets.length > 0 ? { subsets } : {}) };
  const answer = yield* call({ method: 'PUT', path: resourcePath(resources.endpoints, namespace, name), body });
  return ok(answer) ? done : retry;
}

/** The Services whose selector a pod meets, now or before. */
function servicesOf(change: Change, caches: Caches): readonly string[] {
  const namespace = change.object.metadata.namespace ?? '';
  const touched = change.old === undefined || change.type === 'delete' || !deepEqual(comparable(change.old), comparable(change.object));
  if (!touched) return [];
  return byIndex(caches['services'], 'namespace', namespace)
    .filter((service) => selects(service, change.object.metadata.labels) || (change.old !== undefined && selects(service, change.old.metadata.labels)))
    .map((service) => `${namespace}/${service.metadata.name}`);
}

const comparable = (pod: KubeObject): unknown => [pod.metadata.labels, pod.metadata.deletionTimestamp, podOf(pod).status?.podIP, isReady(pod), podOf(pod).spec?.nodeName, podOf(pod).status?.phase];
const itself = ({ object }: { readonly object: KubeObject }): readonly string[] => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`];

export const endpointslice: ControllerDefinition = {
  name: 'endpointslice-controller',
  workers: 5,
  eventSource: 'endpoint-slice-controller',
  handlers: {
    services: itself,
    pods: servicesOf,
    endpointslices: (change) => (change.type === 'delete' ? [`${change.object.metadata.namespace ?? ''}/${change.object.metadata.labels?.[serviceName] ?? ''}`] : []),
  },
  sync: syncSlices,
};

export const endpoint: ControllerDefinition = {
  name: 'endpoint-controller',
  workers: 5,
  eventSource: 'endpoint-controller',
  handlers: { services: itself, pods: servicesOf, endpoints: (change) => (change.type === 'delete' ? itself(change) : []) },
  sync: syncEndpoints,
};

import { deepEqual, stableStringify } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { EndpointSlice, Node } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { lookUp, ok, retry, splitKey, type Caches, type Sync, type SyncCall, type SyncContext } from '../../controller.ts';
import { isReady, podOf } from '../pods.ts';
import {
  headlessLabel,
  hostnameOf,
  isHeadless,
  isSelective,
  managedBy,
  podsBehind,
  reference,
  selectedPods,
  serviceName,
  serviceOf,
  targetPort,
} from './pods.ts';
import { annotated, triggeredAt } from './trigger-time.ts';

const manager = 'endpointslice-controller.k8s.io';
/** A slice has room for so many endpoints (--max-endpoints-per-slice). */
const maxEndpoints = 100;

type Slice = EndpointSlice & KubeObject;
interface Endpoint {
  readonly addresses: readonly string[];
  readonly targetRef: object;
  readonly [field: string]: unknown;
}
interface Port {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

function endpointOf(pod: KubeObject, service: KubeObject, caches: Caches): Endpoint {
  const { spec, status } = podOf(pod);
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = (serving && !terminating) || serviceOf(service).spec?.publishNotReadyAddresses === true;
  const node = lookUp(caches, 'nodes', spec!.nodeName!) as unknown as Node | undefined;
  const zone = node?.metadata?.labels?.['topology.kubernetes.io/zone'];
  const hostname = hostnameOf(pod, service);
  return {
    addresses: [status!.podIP!],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: reference(pod),
    nodeName: spec!.nodeName,
    ...(zone === undefined ? {} : { zone }),
  };
}

function portsOf(service: KubeObject, pod: KubeObject): readonly Port[] {
  return (serviceOf(service).spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** What makes two endpoints the same: address and object (endpointslice/util, hashEndpoint). */
function keyOf(endpoint: { readonly addresses?: readonly string[] | undefined; readonly targetRef?: object | undefined }): string {
  const { uid = '' } = (endpoint.targetRef ?? {}) as { readonly uid?: string };
  return `${(endpoint.addresses ?? []).join(',')} ${uid}`;
}

/** What a slice is to hold. */
interface Wanted {
  readonly slice: Slice | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly Port[];
}

/**
 * Puts the endpoints of one set of ports into slices: those that are there keep what they have, what is new fills the
 * ones that change anyway, then new ones (reconcileByPortMapping).
 */
export function distribute(slices: readonly Slice[], endpoints: readonly Endpoint[], ports: readonly Port[]): readonly Wanted[] {
  const left = new Map(endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
  const kept = slices.map((slice) => {
    const own = (slice.endpoints ?? []).flatMap((old) => {
      const endpoint = left.get(keyOf(old));
      left.delete(keyOf(old));
      return endpoint === undefined ? [] : [endpoint];
    });
    return { slice: slice as Slice | undefined, endpoints: own, ports, changed: !deepEqual(own, slice.endpoints ?? []) };
  });
  const rest = [...left.values()];
  const order = [...kept.filter((item) => item.changed), ...kept.filter((item) => !item.changed)];
  for (const item of order) item.endpoints.push(...rest.splice(0, Math.max(0, maxEndpoints - item.endpoints.length)));
  const result: Wanted[] = [...kept];
  while (rest.length > 0) result.push({ slice: undefined, endpoints: rest.splice(0, maxEndpoints), ports });
  return result;
}

/** Everything that the slices of a service are to hold: one group for each set of ports that its pods have. */
function wantedSlices(service: KubeObject, pods: readonly KubeObject[], slices: readonly Slice[], caches: Caches): readonly Wanted[] {
  const groups = new Map<string, { readonly ports: readonly Port[]; readonly endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    if (ports.length === 0 && !isHeadless(serviceOf(service))) continue;
    const key = stableStringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(pod, service, caches));
    groups.set(key, group);
  }
  const portsKey = (slice: Slice): string => stableStringify((slice.ports ?? []).map(({ name = '', ...port }) => ({ ...port, name })));
  const others = slices.filter((slice) => !groups.has(portsKey(slice)));
  const wanted: Wanted[] = [];
  for (const [key, { ports, endpoints }] of groups) {
    const own = slices.filter((slice) => portsKey(slice) === key);
    // A slice that serves no set of ports any more is taken over.
    const free = own.length === 0 ? others.splice(0, 1) : [];
    wanted.push(...distribute([...own, ...free], endpoints, ports));
  }
  // A service without endpoints keeps one empty slice.
  if (wanted.every((item) => item.endpoints.length === 0)) {
    const [first, ...more] = slices;
    return [{ slice: first, endpoints: [], ports: [] }, ...more.map((slice) => ({ slice, endpoints: [], ports: [] }))];
  }
  return [...wanted, ...others.map((slice) => ({ slice, endpoints: [], ports: [] }))];
}

function labelsOf(service: KubeObject): Readonly<Record<string, string>> {
  const headless = isHeadless(serviceOf(service)) ? { [headlessLabel]: '' } : {};
  return { ...service.metadata.labels, ...headless, [managedBy]: manager, [serviceName]: service.metadata.name };
}

function sliceCall(
  service: KubeObject,
  { slice, endpoints, ports }: Wanted,
  time: string | undefined,
  last: boolean,
): SyncCall | undefined {
  const namespace = service.metadata.namespace ?? '';
  const labels = labelsOf(service);
  const content = { endpoints: endpoints.length === 0 ? null : endpoints, ports: endpoints.length === 0 ? null : ports };
  if (slice === undefined) {
    const owner = {
      apiVersion: 'v1',
      kind: 'Service',
      name: service.metadata.name,
      uid: service.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const metadata = {
      generateName: `${service.metadata.name}-`,
      namespace,
      ...annotated(undefined, time),
      labels,
      ownerReferences: [owner],
    };
    const body = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', ...content };
    return { method: 'POST', path: resourcePath(resources.endpointslices, namespace), body };
  }
  const path = resourcePath(resources.endpointslices, namespace, slice.metadata.name);
  if (endpoints.length === 0 && !last) return { method: 'DELETE', path };
  const samePorts = endpoints.length === 0 || deepEqual(slice.ports ?? [], ports);
  if (deepEqual(slice.endpoints ?? [], endpoints) && samePorts && deepEqual(slice.metadata.labels, labels)) return undefined;
  const { annotations, ...metadata } = slice.metadata;
  return { method: 'PUT', path, body: { ...slice, metadata: { ...metadata, labels, ...annotated(annotations, time) }, ...content } };
}

/** pkg/controller/endpointslice and staging/endpointslice: the slices of one service. */
export function* syncSlices(key: string, context: SyncContext): Sync {
  const service = lookUp(context.caches, 'services', key);
  if (service === undefined || !isSelective(service)) return {};
  const selected = selectedPods(service, context.caches);
  const pods = podsBehind(selected, true);
  const { namespace } = splitKey(key);
  const slices = byIndex(context.caches['endpointslices'], 'service', `${namespace}/${service.metadata.name}`).filter(
    (slice) => slice.metadata.labels?.[managedBy] === manager && slice.metadata.deletionTimestamp === undefined,
  ) as Slice[];
  const { time, triggers } = triggeredAt(context.memory, service, selected);
  const wanted = wantedSlices(service, pods, slices, context.caches);
  const calls = wanted.flatMap((item, index) => sliceCall(service, item, time, index === 0) ?? []);
  const answers = calls.length === 0 ? [] : yield calls;
  return answers.every((answer) => ok(answer) || answer.status === 404) ? { remember: triggers } : retry;
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { EndpointSlice, Endpoints, EndpointSubset } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { done, lookUp, ok, retry, splitKey, type Sync, type SyncCall, type SyncContext } from '../../controller.ts';
import { managedBy, serviceName, serviceOf } from './pods.ts';

const manager = 'endpointslicemirroring-controller.k8s.io';
const skip = 'endpointslice.kubernetes.io/skip-mirror';
/** Beyond this a subset is cut off (--mirroring-max-endpoints-per-subset). */
const maxEndpoints = 1000;

type Slice = EndpointSlice & KubeObject;

/** Whether Endpoints are somebody's own: nobody makes slices for them but this. */
function isMirrored(object: KubeObject, service: KubeObject | undefined): boolean {
  if (service === undefined || serviceOf(service).spec?.selector !== undefined) return false;
  const { labels, annotations } = object.metadata;
  return (
    labels?.[skip] !== 'true' &&
    labels?.['endpoints.kubernetes.io/managed-by'] === undefined &&
    annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
  );
}

type Address = NonNullable<EndpointSubset['addresses']>[number];

function endpointOf(address: Address, ready: boolean): object {
  const { hostname, nodeName, targetRef } = address;
  return {
    addresses: [address.ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function bodyOf(endpoints: KubeObject, subset: EndpointSubset): object {
  const { name, namespace = '', uid, labels, annotations } = endpoints.metadata;
  const list = [
    ...(subset.addresses ?? []).map((item) => endpointOf(item, true)),
    ...(subset.notReadyAddresses ?? []).map((item) => endpointOf(item, false)),
  ];
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [managedBy]: manager, [serviceName]: name },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints: list.slice(0, maxEndpoints),
    ports: (subset.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' })),
  };
}

/** pkg/controller/endpointslicemirroring: Endpoints that people write for services without selector appear as slices. */
export function* syncMirrors(key: string, context: SyncContext): Sync {
  const endpoints = lookUp(context.caches, 'endpoints', key);
  const { namespace } = splitKey(key);
  const slices = byIndex(context.caches['endpointslices'], 'service', key).filter(
    (slice) => slice.metadata.labels?.[managedBy] === manager,
  ) as Slice[];
  const mirrored = endpoints !== undefined && isMirrored(endpoints, lookUp(context.caches, 'services', key));
  const subsets = mirrored ? ((endpoints as unknown as Endpoints).subsets ?? []) : [];
  const calls: SyncCall[] = [];
  for (const [index, subset] of subsets.entries()) {
    const body = bodyOf(endpoints!, subset) as Slice;
    const slice = slices[index];
    if (slice === undefined) calls.push({ method: 'POST', path: resourcePath(resources.endpointslices, namespace), body });
    else if (!deepEqual([slice.endpoints, slice.ports], [body.endpoints, body.ports])) {
      const path = resourcePath(resources.endpointslices, namespace, slice.metadata.name);
      calls.push({ method: 'PUT', path, body: { ...slice, endpoints: body.endpoints, ports: body.ports } });
    }
  }
  for (const slice of slices.slice(subsets.length))
    calls.push({ method: 'DELETE', path: resourcePath(resources.endpointslices, namespace, slice.metadata.name) });
  const answers = calls.length === 0 ? [] : yield calls;
  return answers.every((answer) => ok(answer) || answer.status === 404) ? done : retry;
}

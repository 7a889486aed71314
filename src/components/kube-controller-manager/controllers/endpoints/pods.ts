import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { Service, ServicePort } from '#api/types.generated.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import type { Caches } from '../../controller.ts';
import { isReady, podOf } from '../pods.ts';

export const serviceOf = (object: KubeObject): Service => object as unknown as Service;
export const managedBy = 'endpointslice.kubernetes.io/managed-by';
export const serviceName = 'kubernetes.io/service-name';
export const headlessLabel = 'service.kubernetes.io/headless';

/** Whether the endpoints of a service are made from pods: it has a selector, and is no mere name. */
export const isSelective = (object: KubeObject): boolean =>
  serviceOf(object).spec?.selector !== undefined && serviceOf(object).spec?.type !== 'ExternalName';

export const isHeadless = (service: Service): boolean => service.spec?.clusterIP === 'None';

const selects = (service: KubeObject, labels: Readonly<Record<string, string>> | undefined): boolean => {
  const selector = serviceOf(service).spec?.selector ?? {};
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value);
};

/** All pods that a service selects, whatever their state. */
export const selectedPods = (service: KubeObject, caches: Caches): readonly KubeObject[] =>
  byIndex(caches['pods'], 'namespace', service.metadata.namespace ?? '').filter((pod) => selects(service, pod.metadata.labels));

/** Those of the selected pods that have an address and have not run their course (ShouldPodBeInEndpoints). */
export function podsBehind(selected: readonly KubeObject[], withTerminating: boolean): readonly KubeObject[] {
  return selected.filter((object) => {
    const { status, spec } = podOf(object);
    if ((status?.podIP ?? '') === '' || (spec?.nodeName ?? '') === '') return false;
    if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
    return withTerminating || object.metadata.deletionTimestamp === undefined;
  });
}

/** The port of a pod behind a port of a service; undefined where it names none (FindPort). */
export function targetPort(port: ServicePort, pod: KubeObject): number | undefined {
  const { targetPort: target = port.port } = port;
  if (typeof target === 'number') return target;
  const { initContainers = [], containers = [] } = podOf(pod).spec ?? {};
  const sidecars = initContainers.filter((item) => item.restartPolicy === 'Always');
  const protocol = port.protocol ?? 'TCP';
  return [...containers, ...sidecars]
    .flatMap((item) => item.ports ?? [])
    .find((item) => item.name === target && (item.protocol ?? 'TCP') === protocol)?.containerPort;
}

export const reference = (pod: KubeObject): object => ({
  kind: 'Pod',
  name: pod.metadata.name,
  namespace: pod.metadata.namespace,
  uid: pod.metadata.uid,
});

/** The name by which a pod of a service can be looked up, where it has one. */
export function hostnameOf(pod: KubeObject, service: KubeObject): string | undefined {
  const { hostname, subdomain } = podOf(pod).spec ?? {};
  return hostname !== undefined && hostname !== '' && subdomain === service.metadata.name ? hostname : undefined;
}

/** The services whose selector a pod meets, now or before. */
export function servicesOf(change: Change, caches: Caches): readonly string[] {
  const namespace = change.object.metadata.namespace ?? '';
  const touched = change.old === undefined || change.type === 'delete' || !deepEqual(comparable(change.old), comparable(change.object));
  if (!touched) return [];
  return byIndex(caches['services'], 'namespace', namespace)
    .filter(
      (service) =>
        selects(service, change.object.metadata.labels) || (change.old !== undefined && selects(service, change.old.metadata.labels)),
    )
    .map((service) => `${namespace}/${service.metadata.name}`);
}

const comparable = (pod: KubeObject): unknown => {
  const { spec, status } = podOf(pod);
  return [pod.metadata.labels, pod.metadata.deletionTimestamp, status?.podIP, isReady(pod), spec?.nodeName, status?.phase];
};

import { parseApiVersion } from '#api/object.ts';
import type { InformerSpec } from '#machinery/informer.ts';

/** What the plugins and the queue want to know (scheduler.go, eventhandlers.go). */
const watched: Readonly<Record<string, readonly string[]>> = {
  v1: ['nodes', 'pods', 'namespaces', 'services', 'replicationcontrollers', 'persistentvolumeclaims', 'persistentvolumes'],
  'apps/v1': ['replicasets', 'statefulsets'],
  'policy/v1': ['poddisruptionbudgets'],
  'storage.k8s.io/v1': ['storageclasses', 'csinodes', 'csidrivers', 'csistoragecapacities', 'volumeattachments'],
  'resource.k8s.io/v1': ['resourceclaims', 'resourceslices', 'deviceclasses'],
};

const more: Readonly<Record<string, Partial<InformerSpec>>> = {
  pods: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
  services: { indexers: { namespace: (service) => [service.metadata.namespace ?? ''] } },
};

export const informerSpecs: readonly InformerSpec[] = Object.entries(watched).flatMap(([apiVersion, plurals]) =>
  plurals.map((plural) => ({ id: plural, resource: { ...parseApiVersion(apiVersion), plural }, ...more[plural] })),
);

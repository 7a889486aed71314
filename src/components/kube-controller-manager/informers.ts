import { parseApiVersion, type KubeObject } from '#api/object.ts';
import type { InformerSpec } from '#machinery/informer.ts';
import { controllerOf } from '#machinery/owner-references.ts';

/**
 * What the leader watches: the informers that its control loops share, and what garbage collector and quota watch besides
 * because it can have owners or be counted.
 */
const watched: Readonly<Record<string, readonly string[]>> = {
  'storage.k8s.io/v1': ['csinodes', 'csidrivers', 'volumeattachments', 'storageclasses', 'csistoragecapacities', 'volumeattributesclasses'],
  v1: [
    'namespaces',
    'persistentvolumeclaims',
    'persistentvolumes',
    'replicationcontrollers',
    'secrets',
    'resourcequotas',
    'nodes',
    'pods',
    'endpoints',
    'podtemplates',
    'limitranges',
    'services',
    'configmaps',
    'serviceaccounts',
  ],
  'discovery.k8s.io/v1': ['endpointslices'],
  'resource.k8s.io/v1': ['deviceclasses', 'resourceclaimtemplates', 'resourceclaims', 'resourceslices'],
  'networking.k8s.io/v1': ['ingresses', 'ingressclasses', 'ipaddresses', 'networkpolicies', 'servicecidrs'],
  'policy/v1': ['poddisruptionbudgets'],
  'apps/v1': ['controllerrevisions', 'replicasets', 'deployments', 'daemonsets', 'statefulsets'],
  'rbac.authorization.k8s.io/v1': ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
  'batch/v1': ['jobs', 'cronjobs'],
  'certificates.k8s.io/v1': ['certificatesigningrequests'],
  'admissionregistration.k8s.io/v1': [
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
  ],
  'autoscaling/v2': ['horizontalpodautoscalers'],
  'node.k8s.io/v1': ['runtimeclasses'],
  'scheduling.k8s.io/v1': ['priorityclasses'],
  'flowcontrol.apiserver.k8s.io/v1': ['prioritylevelconfigurations', 'flowschemas'],
  'apiregistration.k8s.io/v1': ['apiservices'],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  'coordination.k8s.io/v1': ['leases'],
};

export const watchedResources = Object.entries(watched).flatMap(([apiVersion, plurals]) =>
  plurals.map((plural) => ({ ...parseApiVersion(apiVersion), plural })),
);

const byOwner = (object: KubeObject): readonly string[] => {
  const owner = controllerOf(object);
  return owner === undefined ? [] : [owner.uid];
};
const byAnyOwner = (object: KubeObject): readonly string[] => (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);

/** How the shared informers are indexed, besides by all their owners. */
const indexers: Readonly<Record<string, InformerSpec['indexers']>> = {
  pods: {
    owner: byOwner,
    orphan: (pod) => (controllerOf(pod) === undefined ? [pod.metadata.namespace ?? ''] : []),
    node: (pod) => [(pod['spec'] as { readonly nodeName?: string } | undefined)?.nodeName ?? ''],
    namespace: (pod) => [pod.metadata.namespace ?? ''],
  },
  replicasets: { owner: byOwner },
  endpointslices: {
    service: (slice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`],
  },
  services: { namespace: (service) => [service.metadata.namespace ?? ''] },
  controllerrevisions: { owner: byOwner },
  jobs: { owner: byOwner },
};

/** The garbage collector asks for what an object owns, whatever it is. */
export const monitorIndexers: InformerSpec['indexers'] = { anyOwner: byAnyOwner };
export const indexersOf = (plural: string): InformerSpec['indexers'] => ({ ...indexers[plural], ...monitorIndexers });

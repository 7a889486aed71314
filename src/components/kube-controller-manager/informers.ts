import { parseApiVersion } from '#api/object.ts';

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

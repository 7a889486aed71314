import type { KubeObject } from '#api/object.ts';
import type { ControllerDefinition } from '../../controller.ts';
import { syncEndpoints } from './endpoints.ts';
import { syncMirrors } from './mirroring.ts';
import { serviceName, servicesOf } from './pods.ts';
import { syncSlices } from './slices.ts';

const itself = ({ object }: { readonly object: KubeObject }): readonly string[] => [
  `${object.metadata.namespace ?? ''}/${object.metadata.name}`,
];
const itsService = ({ object }: { readonly object: KubeObject }): readonly string[] => [
  `${object.metadata.namespace ?? ''}/${object.metadata.labels?.[serviceName] ?? ''}`,
];

export const endpointslice: ControllerDefinition = {
  name: 'endpointslice-controller',
  workers: 5,
  eventSource: 'endpoint-slice-controller',
  handlers: {
    services: itself,
    pods: servicesOf,
    endpointslices: (change) => (change.type === 'delete' ? itsService(change) : []),
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

export const endpointSliceMirroring: ControllerDefinition = {
  name: 'endpointslicemirroring-controller',
  workers: 5,
  eventSource: 'endpoint-slice-mirroring-controller',
  handlers: {
    endpoints: itself,
    services: itself,
    endpointslices: (change) => (change.type === 'delete' ? itsService(change) : []),
  },
  sync: syncMirrors,
};

import type { Event, Job, Namespace, Node, Pod, ReplicaSet, Secret } from '../types.generated.ts';
import type { KubeObject } from '../object.ts';

type Fields = Readonly<Record<string, string>>;
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

/** Fields by which a kind can be selected, besides name and namespace (registry/…/strategy.go ToSelectableFields). */
const byKind: Readonly<Record<string, (object: never) => Fields>> = {
  '/Pod': ({ spec, status }: Pod) => ({
    'spec.nodeName': text(spec?.nodeName),
    'spec.restartPolicy': text(spec?.restartPolicy),
    'spec.schedulerName': text(spec?.schedulerName),
    'spec.serviceAccountName': text(spec?.serviceAccountName),
    'spec.hostNetwork': text(spec?.hostNetwork ?? false),
    'status.phase': text(status?.phase),
    'status.podIP': text(status?.podIP),
    'status.nominatedNodeName': text(status?.nominatedNodeName),
  }),
  '/Event': (event: Event) => {
    const object = event.involvedObject;
    return {
      'involvedObject.kind': text(object.kind),
      'involvedObject.namespace': text(object.namespace),
      'involvedObject.name': text(object.name),
      'involvedObject.uid': text(object.uid),
      'involvedObject.apiVersion': text(object.apiVersion),
      'involvedObject.resourceVersion': text(object.resourceVersion),
      'involvedObject.fieldPath': text(object.fieldPath),
      reason: text(event.reason),
      reportingComponent: text(event.reportingComponent),
      source: text(event.source?.component || event.reportingComponent),
      type: text(event.type),
    };
  },
  '/Namespace': ({ status }: Namespace) => ({ 'status.phase': text(status?.phase) }),
  '/Node': ({ spec }: Node) => ({ 'spec.unschedulable': text(spec?.unschedulable ?? false) }),
  '/Secret': ({ type }: Secret) => ({ type: text(type) }),
  'apps/ReplicaSet': ({ status }: ReplicaSet) => ({ 'status.replicas': text(status?.replicas) }),
  'batch/Job': ({ status }: Job) => ({ 'status.successful': text(status?.succeeded ?? 0) }),
};

/** All fields of an object that a field selector may name. */
export function selectableFields(group: string, kind: string, object: KubeObject): Fields {
  const more = byKind[`${group === 'events.k8s.io' ? '' : group}/${kind}`] as ((object: KubeObject) => Fields) | undefined;
  return { 'metadata.name': object.metadata.name, 'metadata.namespace': text(object.metadata.namespace), ...more?.(object) };
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { tryParseQuantity } from '#api/quantity.ts';
import { forbiddenResource } from '#api/resources/status-errors.ts';
import type {
  Ingress,
  PersistentVolumeClaim,
  PodSpec,
  PriorityClass,
  RuntimeClass,
  StorageClass,
  Toleration,
} from '#api/types.generated.ts';
import { isPodCreate, nameFor, specOf, type AdmissionRequest, type Mutation } from './admission.ts';
import { getCached, listCached, type ApiServerState } from './state.ts';

/** Plug-ins that look up a class by its name: of priorities, runtimes, ingresses, storage. */

const forbidden = (request: AdmissionRequest, why: string): Status => forbiddenResource(request.resource, nameFor(request), why);
const withSpec = (pod: KubeObject, spec: PodSpec): KubeObject => ({ ...pod, spec });

const priorityClasses = (state: ApiServerState): readonly PriorityClass[] =>
  listCached(state, '/registry/priorityclasses') as unknown as PriorityClass[];

/** plugin/pkg/admission/priority, admitPod: the number behind the class, and no other. */
export const priority: Mutation = (state, request) => {
  const pod = request.object;
  if (!isPodCreate(request) || pod === undefined) return request;
  const spec = specOf(pod);
  const classes = priorityClasses(state);
  const named = spec.priorityClassName ?? '';
  const found = named === '' ? classes.find((item) => item.globalDefault === true) : classes.find((item) => item.metadata?.name === named);
  if (named !== '' && found === undefined) return forbidden(request, `no PriorityClass with name ${named} was found`);
  const value = found?.value ?? 0;
  const preemption = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  const given = (what: string, own: unknown, computed: unknown): Status =>
    forbidden(
      request,
      `the ${what} (${String(own)}) must not be provided in pod spec; priority admission controller computed ${String(computed)} from the given PriorityClass name`,
    );
  if (spec.priority !== undefined && spec.priority !== value) return given('integer value of priority', spec.priority, value);
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemption)
    return given('string value of PreemptionPolicy', spec.preemptionPolicy, preemption);
  const name = found?.metadata?.name;
  const next: PodSpec = {
    ...spec,
    ...(name === undefined ? {} : { priorityClassName: name }),
    priority: value,
    preemptionPolicy: preemption,
  };
  return { object: withSpec(pod, next), random: request.random };
};

/** Both lists, each toleration once (plugin/pkg/admission/runtimeclass, via util/tolerations). */
const merged = (own: readonly Toleration[], more: readonly Toleration[]): readonly Toleration[] => [
  ...own,
  ...more.filter((item) => !own.some((other) => deepEqual(item, other))),
];

/** plugin/pkg/admission/runtimeclass: what a runtime costs, and where it is. */
export const runtimeClass: Mutation = (state, request) => {
  const pod = request.object;
  if (!isPodCreate(request) || pod === undefined) return request;
  const spec = specOf(pod);
  const name = spec.runtimeClassName;
  if (name === undefined) {
    if (spec.overhead === undefined) return request;
    return forbidden(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  const found = getCached(state, `/registry/runtimeclasses/${name}`, '/registry/runtimeclasses') as unknown as RuntimeClass | undefined;
  if (found === undefined) return forbidden(request, `pod rejected: RuntimeClass "${name}" not found`);
  const overhead = found.overhead?.podFixed;
  if (spec.overhead !== undefined && !deepEqual(spec.overhead, overhead))
    return forbidden(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  const clash = Object.keys(nodeSelector).find(
    (key) => spec.nodeSelector?.[key] !== undefined && spec.nodeSelector[key] !== nodeSelector[key],
  );
  if (clash !== undefined)
    return forbidden(
      request,
      `pod rejected: conflict: runtimeClass.scheduling.nodeSelector[${clash}] = ${nodeSelector[clash]!}; pod.spec.nodeSelector[${clash}] = ${spec.nodeSelector![clash]!}`,
    );
  const next: PodSpec = {
    ...spec,
    ...(overhead === undefined ? {} : { overhead }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } }),
    ...(tolerations.length === 0 ? {} : { tolerations: merged(spec.tolerations ?? [], tolerations) }),
  };
  return { object: withSpec(pod, next), random: request.random };
};

/** Of the classes that are marked as default, the newest (plugin/pkg/admission/network/defaultingressclass). */
export const defaultIngressClass: Mutation = (state, request) => {
  const { info, resource, object } = request;
  if (resource.plural !== 'ingresses' || info.verb !== 'create' || info.subresource !== '' || object === undefined) return request;
  const spec = (object['spec'] ?? {}) as NonNullable<Ingress['spec']>;
  if (spec.ingressClassName !== undefined || object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return request;
  const marked = listCached(state, '/registry/ingressclasses').filter(
    (item) => item.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true',
  );
  const age = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
  const [newest] = [...marked].sort((a, b) =>
    age(a) === age(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : age(a) > age(b) ? -1 : 1,
  );
  if (newest === undefined) return request;
  return { object: { ...object, spec: { ...spec, ingressClassName: newest.metadata.name } }, random: request.random };
};

/** plugin/pkg/admission/priority, validatePriorityClass: there is one default. */
function onlyDefault(state: ApiServerState, request: AdmissionRequest): Status | undefined {
  const { object, old } = request;
  if ((object as PriorityClass | undefined)?.globalDefault !== true) return undefined;
  const other = priorityClasses(state).find((item) => item.globalDefault === true);
  if (other === undefined || (old !== undefined && other.metadata?.name === object!.metadata.name)) return undefined;
  return forbidden(request, `PriorityClass ${other.metadata?.name ?? ''} is already marked as default. Only one default can exist`);
}

/** plugin/pkg/admission/storage/persistentvolume/resize: a claim grows only where its class says that it can. */
function claimResize(state: ApiServerState, request: AdmissionRequest): Status | undefined {
  const [claim, before] = [request.object, request.old] as unknown as readonly (PersistentVolumeClaim | undefined)[];
  const size = (item: PersistentVolumeClaim): number => tryParseQuantity(item.spec?.resources?.requests?.['storage'] ?? '0') ?? 0;
  if (claim === undefined || before === undefined || size(claim) <= size(before)) return undefined;
  const name = claim.spec?.storageClassName ?? '';
  const found = getCached(state, `/registry/storageclasses/${name}`, '/registry/storageclasses') as unknown as StorageClass | undefined;
  if (name !== '' && name === before.spec?.storageClassName && found?.allowVolumeExpansion === true) return undefined;
  return forbidden(
    request,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
}

/** What these plug-ins validate. */
export function validateClasses(state: ApiServerState, request: AdmissionRequest): Status | undefined {
  const { resource, info } = request;
  if (info.subresource !== '') return undefined;
  if (resource.plural === 'priorityclasses') return onlyDefault(state, request);
  return resource.group === '' && resource.plural === 'persistentvolumeclaims' ? claimResize(state, request) : undefined;
}

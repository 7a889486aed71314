import { encodeBase64 } from '#base/base64.ts';
import { deepEqual } from '#base/json.ts';
import { formatTime, type KubeObject } from '../object.ts';
import type { Container, Job } from '../types.generated.ts';
import { firstDefinitionStatus, withStoredVersion } from '../custom/definition-strategy.ts';
import { definitionKind } from '../custom/facts.ts';
import { parseQuantity } from '../quantity.ts';
import { templateGeneration } from './defaults.ts';
import { prepareService } from './services.ts';

/** Kinds whose `metadata.generation` counts changes of the spec. */
const generations = new Set([
  '/Pod',
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
  '/ReplicationController',
  'batch/Job',
  'batch/CronJob',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/NetworkPolicy',
  'policy/PodDisruptionBudget',
  'discovery.k8s.io/EndpointSlice',
  'scheduling.k8s.io/PriorityClass',
  'flowcontrol.apiserver.k8s.io/FlowSchema',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/MutatingAdmissionPolicy',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
]);

/** What `status` is when an object is created. */
const firstStatus: Readonly<Record<string, (object: KubeObject) => unknown>> = {
  '/Pod': (pod) => ({ phase: 'Pending', qosClass: qosClass(pod) }),
  '/Namespace': () => ({ phase: 'Active' }),
  '/Service': () => ({ loadBalancer: {} }),
  '/PersistentVolumeClaim': () => ({ phase: 'Pending' }),
  '/PersistentVolume': () => ({ phase: 'Pending' }),
  '/ResourceQuota': () => ({}),
  'apps/Deployment': () => ({}),
  'apps/ReplicaSet': () => ({ replicas: 0 }),
  'apps/StatefulSet': () => ({ availableReplicas: 0, replicas: 0 }),
  'apps/DaemonSet': () => ({ currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }),
  '/ReplicationController': () => ({ replicas: 0 }),
  'batch/Job': () => ({}),
  'batch/CronJob': () => ({}),
  'policy/PodDisruptionBudget': () => ({ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }),
  'autoscaling/HorizontalPodAutoscaler': () => ({ currentMetrics: null, desiredReplicas: 0 }),
  'networking.k8s.io/Ingress': () => ({ loadBalancer: {} }),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': () => ({}),
  [definitionKind]: firstDefinitionStatus,
};

/** The quality of service of a pod (pkg/apis/core/v1/helper/qos). */
export function qosClass(pod: KubeObject): string {
  const spec = pod['spec'] as { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] } | undefined;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const set = (list: Readonly<Record<string, string | number>> | undefined, name: string): boolean =>
    list?.[name] !== undefined && parseQuantity(list[name]) > 0;
  const names = ['cpu', 'memory'];
  if (!containers.some((item) => names.some((name) => set(item.resources?.requests, name) || set(item.resources?.limits, name))))
    return 'BestEffort';
  const guaranteed = containers.every((item) =>
    names.every(
      (name) =>
        set(item.resources?.limits, name) &&
        parseQuantity(item.resources?.requests?.[name] ?? item.resources!.limits![name]!) === parseQuantity(item.resources!.limits![name]!),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** registry/apps/daemonset/strategy.go: the generation of the template begins at 1 and grows with its changes, whatever a client says. */
function countTemplates(set: KubeObject, old: KubeObject | undefined): KubeObject {
  const numberOf = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[templateGeneration] ?? 0);
  const templateOf = (object: KubeObject): unknown => (object['spec'] as { readonly template?: unknown } | undefined)?.template;
  const number = old === undefined ? Math.max(1, numberOf(set)) : numberOf(old) + (deepEqual(templateOf(set), templateOf(old)) ? 0 : 1);
  const annotations = { ...set.metadata.annotations, [templateGeneration]: String(number) };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

/** registry/…/strategy.go PrepareForCreate: what a client may not set. */
export function prepareForCreate(group: string, kind: string, object: KubeObject, hasStatus: boolean): KubeObject {
  const key = `${group}/${kind}`;
  let result = object;
  if (firstStatus[key] !== undefined) result = { ...result, status: firstStatus[key](result) };
  else if (hasStatus && result['status'] !== undefined && key !== '/Node') {
    const { status: _dropped, ...rest } = result;
    result = rest as KubeObject;
  }
  if (key === '/Namespace') result = { ...result, spec: { finalizers: ['kubernetes'] } };
  if (generations.has(key)) result = { ...result, metadata: { ...result.metadata, generation: 1 } };
  if (key === 'apps/DaemonSet') result = countTemplates(result, undefined);
  if (key === '/Secret' && result['stringData'] !== undefined) {
    const { stringData, ...rest } = result as KubeObject & { readonly stringData: Readonly<Record<string, string>> };
    result = {
      ...rest,
      data: {
        ...(rest['data'] as object | undefined),
        ...Object.fromEntries(Object.entries(stringData).map(([name, value]) => [name, encodeBase64(value)])),
      },
    } as KubeObject;
  }
  return result;
}

/**
 * pkg/registry/batch/job/strategy.go, generateSelector: a new job selects its pods by its own uid, which a strategy knows
 * once the object has been stamped with one. A job without labels shows those of its template (SetDefaults_Job).
 */
export function selectOwnPods(object: KubeObject): KubeObject {
  const job = object as unknown as Job;
  if (object.kind !== 'Job' || object.apiVersion !== 'batch/v1' || job.spec === undefined || job.spec.manualSelector === true)
    return object;
  const { name, uid = '' } = object.metadata;
  const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, 'job-name': name };
  const labels = { ...own, ...job.spec.template.metadata?.labels };
  const selector = { ...job.spec.selector, matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...job.spec.selector?.matchLabels } };
  const template = { ...job.spec.template, metadata: { ...job.spec.template.metadata, labels } };
  const shown = Object.keys(object.metadata.labels ?? {}).length > 0 ? object.metadata.labels : labels;
  return { ...object, metadata: { ...object.metadata, labels: shown }, spec: { ...job.spec, selector, template } };
}

/** PrepareForUpdate: a write to the object keeps the status, a write to /status keeps everything but status (and metadata that may change there). */
export function prepareForUpdate(
  group: string,
  kind: string,
  object: KubeObject,
  old: KubeObject,
  subresource: string,
  hasStatus: boolean,
): KubeObject {
  const key = `${group}/${kind}`;
  if (subresource === 'status') {
    const result: Record<string, unknown> = { ...object, ...('spec' in old ? { spec: old['spec'] } : {}) };
    if (key === 'apps/DaemonSet') return countTemplates(result as unknown as KubeObject, old);
    if (key === '/Pod')
      result['metadata'] = { ...object.metadata, ownerReferences: old.metadata.ownerReferences, generation: old.metadata.generation };
    return result as unknown as KubeObject;
  }
  let result = object;
  if (hasStatus && key !== '/PersistentVolume') {
    const { status: _mine, ...rest } = object;
    result = (old['status'] === undefined ? rest : { ...rest, status: old['status'] }) as KubeObject;
  }
  if (key === definitionKind) result = withStoredVersion(result);
  if (key === '/Namespace' && subresource === '') result = { ...result, spec: old['spec'] };
  if (key === 'apps/DaemonSet') result = countTemplates(result, old);
  if (key === '/Service') result = prepareService(result, old);
  if (generations.has(key)) {
    const changed =
      !deepEqual(object['spec'], old['spec']) ||
      (key === 'discovery.k8s.io/EndpointSlice' && !deepEqual([object['endpoints'], object['ports']], [old['endpoints'], old['ports']]));
    const generation = (old.metadata.generation ?? 0) + (changed ? 1 : 0);
    if (generation !== result.metadata.generation) result = { ...result, metadata: { ...result.metadata, generation } };
  }
  return result;
}

/** A service that this server has itself is there from the beginning (kube-aggregator, registry/apiservice/strategy.go). */
function localService(object: KubeObject, now: number): KubeObject {
  const condition = {
    type: 'Available',
    status: 'True',
    lastTransitionTime: formatTime(now),
    reason: 'Local',
    message: 'Local APIServices are always available',
  };
  return { ...object, status: { conditions: [condition] } };
}

/**
 * What the server sets and nobody owns: when a volume came into its phase (registry/core/persistentvolume/strategy.go),
 * and that a local API service is available.
 */
export function stampPhase(object: KubeObject, old: KubeObject | undefined, now: number): KubeObject {
  if (
    object.kind === 'APIService' &&
    old === undefined &&
    (object['spec'] as { readonly service?: unknown } | undefined)?.service === undefined
  )
    return localService(object, now);
  if (object.kind !== 'PersistentVolume') return object;
  const phaseOf = (volume: KubeObject | undefined): unknown => (volume?.['status'] as { readonly phase?: string } | undefined)?.phase;
  return phaseOf(object) === phaseOf(old)
    ? object
    : { ...object, status: { ...(object['status'] as object), lastPhaseTransitionTime: formatTime(now) } };
}

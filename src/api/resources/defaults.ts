import type { KubeObject } from '../object.ts';
import type { ReplicationControllerSpec } from '../types.generated.ts';
import { isObject } from '#base/json.ts';
import { definitionDefaults } from '../custom/definition-strategy.ts';
import { canonicalQuantity } from '../quantity.ts';
import { limitRangeItem } from './limit-ranges.ts';

/**
 * Defaulting (pkg/apis/.../v1/defaults.go): what the API server fills in before anything else looks at an object. Each
 * function gives the same reference when there is nothing to fill in.
 */
type Fields = Readonly<Record<string, unknown>>;
type Default = unknown | ((object: Fields) => unknown);

/** Fills absent fields; functions see the object as it is so far. */
function fill(object: Fields, defaults: Readonly<Record<string, Default>>): Fields {
  let result: Record<string, unknown> | undefined;
  for (const key in defaults) {
    if (object[key] !== undefined) continue;
    const value = defaults[key];
    const made: unknown = typeof value === 'function' ? (value as (object: Fields) => unknown)(result ?? object) : value;
    if (made === undefined) continue;
    result ??= { ...object };
    result[key] = made;
  }
  return result ?? object;
}

/** Replaces one field by what a function makes of it. */
function within(object: Fields, key: string, change: (value: Fields) => Fields): Fields {
  const value = object[key];
  if (!isObject(value)) return object;
  const changed = change(value);
  return changed === value ? object : { ...object, [key]: changed };
}

function each(object: Fields, key: string, change: (item: Fields) => Fields): Fields {
  const list = object[key];
  if (!Array.isArray(list)) return object;
  let changed = false;
  const items = list.map((item: unknown) => {
    const next = isObject(item) ? change(item) : item;
    if (next !== item) changed = true;
    return next;
  });
  return changed ? { ...object, [key]: items } : object;
}

function pullPolicy(image: unknown): string {
  const text = String(image ?? '');
  const name = text.slice(text.lastIndexOf('/') + 1);
  const tag = name.includes('@') ? 'digest' : (name.split(':')[1] ?? 'latest');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function probe(value: Fields): Fields {
  const filled = fill(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  return within(
    within(filled, 'httpGet', (action) => fill(action, { path: '/', scheme: 'HTTP' })),
    'grpc',
    (action) => fill(action, { service: '' }),
  );
}

function canonicalList(value: Fields): Fields {
  let result: Record<string, unknown> | undefined;
  for (const key in value) {
    const quantity = value[key];
    const canonical = canonicalQuantity(quantity as string);
    if (canonical !== quantity) (result ??= { ...value })[key] = canonical;
  }
  return result ?? value;
}

function resources(value: Fields): Fields {
  const canonical = within(within(value, 'limits', canonicalList), 'requests', canonicalList);
  const { limits, requests } = canonical;
  if (!isObject(limits)) return canonical;
  const missing = Object.keys(limits).filter((name) => !isObject(requests) || requests[name] === undefined);
  if (missing.length === 0) return canonical;
  return {
    ...canonical,
    requests: { ...Object.fromEntries(missing.map((name) => [name, limits[name]])), ...(isObject(requests) ? requests : {}) },
  };
}

function container(value: Fields): Fields {
  let result = fill(value, {
    imagePullPolicy: pullPolicy(value['image']),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  result = within(result, 'resources', resources);
  result = each(result, 'ports', (port) => fill(port, { protocol: 'TCP' }));
  result = each(result, 'env', (item) =>
    within(item, 'valueFrom', (from) => within(from, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' }))),
  );
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) result = within(result, name, probe);
  return result;
}

const filesMode = 420;

function volume(value: Fields): Fields {
  let result = value;
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected'])
    result = within(result, name, (source) => fill(source, { defaultMode: filesMode }));
  result = within(result, 'hostPath', (source) => fill(source, { type: '' }));
  result = within(result, 'projected', (projected) =>
    each(projected, 'sources', (source) => within(source, 'serviceAccountToken', (token) => fill(token, { expirationSeconds: 3600 }))),
  );
  return Object.keys(result).length === 1 ? { ...result, emptyDir: {} } : result;
}

function podSpec(spec: Fields): Fields {
  let result = fill(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  result = each(result, 'containers', container);
  result = each(result, 'initContainers', container);
  result = each(result, 'volumes', volume);
  if (result['serviceAccountName'] !== undefined) result = fill(result, { serviceAccount: result['serviceAccountName'] });
  if (result['hostNetwork'] === true) {
    const hostPorts = (item: Fields): Fields => each(item, 'ports', (port) => fill(port, { hostPort: port['containerPort'] }));
    result = each(each(result, 'containers', hostPorts), 'initContainers', hostPorts);
  }
  return result;
}

const template = (spec: Fields): Fields => within(spec, 'template', (value) => within(value, 'spec', podSpec));

function service(spec: Fields): Fields {
  let result = fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  const type = result['type'];
  if (type === 'NodePort' || type === 'LoadBalancer') result = fill(result, { externalTrafficPolicy: 'Cluster' });
  if (type === 'LoadBalancer') result = fill(result, { allocateLoadBalancerNodePorts: true });
  if (type !== 'ExternalName') result = fill(result, { internalTrafficPolicy: 'Cluster' });
  if (result['sessionAffinity'] === 'ClientIP') result = fill(result, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } });
  return each(result, 'ports', (port) => fill(port, { protocol: 'TCP', targetPort: port['port'] }));
}

function deployment(spec: Fields): Fields {
  const filled = fill(spec, { progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10, strategy: {} });
  const strategy = within(filled, 'strategy', (value) => {
    const typed = fill(value, { type: 'RollingUpdate' });
    if (typed['type'] !== 'RollingUpdate') return typed;
    return within(fill(typed, { rollingUpdate: {} }), 'rollingUpdate', (rolling) =>
      fill(rolling, { maxSurge: '25%', maxUnavailable: '25%' }),
    );
  });
  return template(strategy);
}

function rollingUpdate(spec: Fields, parameters: Readonly<Record<string, unknown>>): Fields {
  return within(fill(spec, { updateStrategy: {} }), 'updateStrategy', (value) => {
    const typed = fill(value, { type: 'RollingUpdate' });
    return typed['type'] === 'RollingUpdate'
      ? within(fill(typed, { rollingUpdate: {} }), 'rollingUpdate', (rolling) => fill(rolling, parameters))
      : typed;
  });
}

function statefulSet(spec: Fields): Fields {
  const filled = fill(spec, {
    podManagementPolicy: 'OrderedReady',
    replicas: 1,
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: {},
  });
  const retained = within(filled, 'persistentVolumeClaimRetentionPolicy', (value) =>
    fill(value, { whenDeleted: 'Retain', whenScaled: 'Retain' }),
  );
  const claims = each(retained, 'volumeClaimTemplates', (claim) =>
    within({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' }, ...claim }, 'spec', (inner) =>
      fill(inner, { volumeMode: 'Filesystem' }),
    ),
  );
  return template(rollingUpdate(claims, { partition: 0 }));
}

/** How often a DaemonSet's template has changed: an annotation of v1 that is a field inside the server. */
export const templateGeneration = 'deprecated.daemonset.template.generation';

const daemonSet = (spec: Fields): Fields =>
  template(rollingUpdate(fill(spec, { revisionHistoryLimit: 10 }), { maxSurge: 0, maxUnavailable: 1 }));

function job(spec: Fields): Fields {
  const parallel =
    spec['completions'] === undefined && spec['parallelism'] === undefined
      ? fill(spec, { completions: 1, parallelism: 1 })
      : fill(spec, { parallelism: 1 });
  const filled = fill(parallel, {
    backoffLimit: (job: Fields) => (job['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647),
    completionMode: 'NonIndexed',
    manualSelector: false,
    suspend: false,
    podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  return template(filled);
}

function cronJob(spec: Fields): Fields {
  const filled = fill(spec, { concurrencyPolicy: 'Allow', failedJobsHistoryLimit: 1, successfulJobsHistoryLimit: 3, suspend: false });
  return within(filled, 'jobTemplate', (value) => within(value, 'spec', template));
}

const onSpec =
  (change: (spec: Fields) => Fields) =>
  (object: Fields): Fields =>
    within(object['spec'] === undefined ? { ...object, spec: {} } : object, 'spec', change);

const role = (object: Fields): Fields =>
  each(object, 'subjects', (subject) =>
    subject['kind'] === 'User' || subject['kind'] === 'Group' ? fill(subject, { apiGroup: 'rbac.authorization.k8s.io' }) : subject,
  );

/** pkg/apis/admissionregistration/v1/defaults.go. */
const scoped = (rule: Fields): Fields => fill(rule, { scope: '*' });
const matchResources = (value: Fields): Fields =>
  each(
    each(fill(value, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }), 'resourceRules', scoped),
    'excludeResourceRules',
    scoped,
  );
const admissionPolicy = onSpec((spec) => within(fill(spec, { failurePolicy: 'Fail' }), 'matchConstraints', matchResources));
const admissionBinding = onSpec((spec) => within(spec, 'matchResources', matchResources));
const webhooks =
  (more: Readonly<Record<string, Default>>) =>
  (object: Fields): Fields =>
    each(object, 'webhooks', (hook) => {
      const filled = fill(hook, {
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        ...more,
      });
      return within(each(filled, 'rules', scoped), 'clientConfig', (config) =>
        within(config, 'service', (target) => fill(target, { port: 443 })),
      );
    });

/** SetDefaults_PriorityLevelConfiguration and its parts (pkg/apis/flowcontrol/v1/defaults.go). */
const priorityLevel = (spec: Fields): Fields =>
  within(
    within(spec, 'exempt', (exempt) => fill(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 })),
    'limited',
    (limited) =>
      within(fill(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 }), 'limitResponse', (response) =>
        within(response, 'queuing', (queuing) => fill(queuing, { handSize: 8, queues: 64, queueLengthLimit: 50 })),
      ),
  );

/** SetDefaults_HorizontalPodAutoscaler: CPU at 80 % where nothing is said, and rules for both directions where any are given. */
function autoscaler(spec: Fields): Fields {
  const resource = { name: 'cpu', target: { averageUtilization: 80, type: 'Utilization' } };
  const percent = { periodSeconds: 15, type: 'Percent', value: 100 };
  const pods = { periodSeconds: 15, type: 'Pods', value: 4 };
  const filled = fill(spec, { minReplicas: 1, metrics: [{ resource, type: 'Resource' }] });
  return within(filled, 'behavior', (behavior) => {
    const both = fill(behavior, { scaleDown: {}, scaleUp: {} });
    const down = within(both, 'scaleDown', (rules) => fill(rules, { policies: [percent], selectPolicy: 'Max' }));
    return within(down, 'scaleUp', (rules) =>
      fill(rules, { policies: [pods, percent], selectPolicy: 'Max', stabilizationWindowSeconds: 0 }),
    );
  });
}

/** SetDefaults_ReplicationController: the labels of its pods are its own labels and its selector where it names none. */
function replicationController(object: Fields): Fields {
  const defaulted = onSpec((spec) => template(fill(spec, { replicas: 1 })))(object);
  const { labels } = (defaulted['spec'] as ReplicationControllerSpec | undefined)?.template?.metadata ?? {};
  const orLabels = (key: string) => (part: Fields) =>
    labels === undefined || Object.keys((part[key] as object | undefined) ?? {}).length > 0 ? part : { ...part, [key]: labels };
  return within(within(defaulted, 'metadata', orLabels('labels')), 'spec', orLabels('selector'));
}

/** By group and kind. */
const byKind: Readonly<Record<string, (object: Fields) => Fields>> = {
  '/Pod': (object) =>
    within(onSpec((spec) => podSpec(fill(spec, { enableServiceLinks: true })))(object), 'status', (status) =>
      each(status, 'conditions', (condition) => fill(condition, { lastProbeTime: null })),
    ),
  '/PodTemplate': template,
  '/Service': onSpec(service),
  '/ReplicationController': replicationController,
  '/Secret': (object) => fill(object, { type: 'Opaque' }),
  '/Namespace': (object) =>
    within(object, 'metadata', (meta) =>
      within(fill(meta, { labels: {} }), 'labels', (labels) => fill(labels, { 'kubernetes.io/metadata.name': meta['name'] })),
    ),
  '/PersistentVolumeClaim': onSpec((spec) => fill(spec, { volumeMode: 'Filesystem' })),
  '/PersistentVolume': onSpec((spec) =>
    within(fill(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }), 'hostPath', (source) =>
      fill(source, { type: '' }),
    ),
  ),
  '/Endpoints': (object) => each(object, 'subsets', (subset) => each(subset, 'ports', (port) => fill(port, { protocol: 'TCP' }))),
  '/LimitRange': onSpec((spec) => each(spec, 'limits', (item) => limitRangeItem(item, canonicalList))),
  '/ResourceQuota': onSpec((spec) => within(spec, 'hard', canonicalList)),
  'apps/Deployment': onSpec(deployment),
  'apps/ReplicaSet': onSpec((spec) => template(fill(spec, { replicas: 1 }))),
  'apps/StatefulSet': onSpec(statefulSet),
  'apps/DaemonSet': (object) =>
    within(onSpec(daemonSet)(object), 'metadata', (meta) =>
      within(fill(meta, { annotations: {} }), 'annotations', (annotations) => fill(annotations, { [templateGeneration]: '0' })),
    ),
  'batch/Job': onSpec(job),
  'batch/CronJob': onSpec(cronJob),
  'autoscaling/HorizontalPodAutoscaler': onSpec(autoscaler),
  'discovery.k8s.io/EndpointSlice': (object) => each(object, 'ports', (port) => fill(port, { name: '', protocol: 'TCP' })),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': admissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': admissionBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': admissionPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': admissionBinding,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhooks({}),
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhooks({ reinvocationPolicy: 'Never' }),
  'flowcontrol.apiserver.k8s.io/FlowSchema': onSpec((spec) => fill(spec, { matchingPrecedence: 1000 })),
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': onSpec(priorityLevel),
  'rbac.authorization.k8s.io/RoleBinding': role,
  'rbac.authorization.k8s.io/ClusterRoleBinding': role,
  'scheduling.k8s.io/PriorityClass': (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  'apiextensions.k8s.io/CustomResourceDefinition': onSpec(definitionDefaults),
  'storage.k8s.io/StorageClass': (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
};

/** Fills in the defaults of a kind. */
export function applyDefaults(group: string, kind: string, object: KubeObject): KubeObject {
  const change = byKind[`${group}/${kind}`];
  return change === undefined ? object : (change(object) as KubeObject);
}

import { parseQuantity, formatQuantity } from '../quantity.ts';
import { podLimits, podRequests } from '../pod-resources.ts';
import { exceeding, type ResourceList } from '../resource-list.ts';
import type { KubeObject } from '../object.ts';
import type { Container, PersistentVolumeClaim, Pod, PodSpec, Service } from '../types.generated.ts';
import { claimInScope, podInScope, type Scope } from './scopes.ts';

export type QuotaOperation = 'create' | 'update';

/** How objects of one resource are counted (apiserver/pkg/quota/v1/interfaces.go Evaluator). */
export interface Evaluator {
  /** Whether a quota limits this name by counting these objects. */
  readonly counts: (name: string) => boolean;
  readonly usage: (object: KubeObject, now: number) => ResourceList;
  /** Which writes can change the usage. */
  readonly handles: (operation: QuotaOperation, subresource: string) => boolean;
  readonly inScope: (object: KubeObject, scope: Scope) => boolean;
  /** What an object must say where these names are limited; the complaint, or undefined. */
  readonly complaint: (object: KubeObject, limited: readonly string[]) => string | undefined;
  /** Whether an update sets something free, so that quotas have to be counted anew (install/update_filter.go). */
  readonly frees: (old: KubeObject, object: KubeObject) => boolean;
}

/** `count/deployments.apps` */
const countName = (group: string, plural: string): string => `count/${plural}${group === '' ? '' : `.${group}`}`;
const one = '1';
const listed =
  (...names: readonly string[]) =>
  (name: string): boolean =>
    names.includes(name);
const whole = (count: number): string => String(count);

// ── pods ────────────────────────────────────────────────────────────────────

const compute = ['cpu', 'memory', 'ephemeral-storage'];
const podNames = new Set([countName('', 'pods'), 'pods', ...compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])]);
/** What a pod has to ask for itself where it is limited: an early decision upstream that stayed for compatibility. */
const mustAsk = ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]);
const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
/** A resource of a vendor, such as `example.com/gpu` (IsExtendedResourceName). */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

const specOf = (pod: KubeObject): PodSpec => (pod['spec'] ?? { containers: [] }) as PodSpec;

/** What requests and limits come to in the names of quotas (podComputeUsageHelper). */
function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: Record<string, string | number> = { pods: one };
  for (const name of compute) {
    if (requests[name] !== undefined) usage[name] = usage[`requests.${name}`] = requests[name];
    if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name];
  }
  for (const [name, amount] of Object.entries(requests)) {
    if (isHugePages(name)) usage[name] = amount;
    if (isHugePages(name) || isExtended(name)) usage[`requests.${name}`] = amount;
  }
  return usage;
}

const isOver = (pod: KubeObject): boolean => ['Failed', 'Succeeded'].includes((pod as unknown as Pod).status?.phase ?? '');

/** Whether a pod still takes something: not at its end, and not stuck beyond it (QuotaV1Pod). */
function isCharged(pod: KubeObject, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (isOver(pod)) return false;
  if (deletionTimestamp === undefined || deletionTimestamp === null || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

const askedBy = (pod: KubeObject): ResourceList => computeUsage(podRequests(specOf(pod)), podLimits(specOf(pod)));

/** Which containers leave out what is limited (pods.go Constraints, enforcePodContainerConstraints). */
function podComplaint(object: KubeObject, limited: readonly string[]): string | undefined {
  const spec = specOf(object);
  if (spec.resources?.requests !== undefined || spec.resources?.limits !== undefined) return undefined;
  const required = mustAsk.filter((name) => limited.includes(name)).sort();
  const lacking = (name: string): string[] => {
    const lacks = ({ resources }: Container): boolean =>
      computeUsage(resources?.requests ?? {}, resources?.limits ?? {})[name] === undefined;
    return [...spec.containers, ...(spec.initContainers ?? [])].filter(lacks).map((item) => item.name);
  };
  const complaints = required.flatMap((name) => {
    const containers = lacking(name);
    return containers.length === 0 ? [] : [`${name} for: ${[...new Set(containers)].sort().join(',')}`];
  });
  return complaints.length === 0 ? undefined : `must specify ${complaints.join('; ')}`;
}

/** pkg/quota/v1/evaluator/core/pods.go */
const pods: Evaluator = {
  counts: (name) =>
    podNames.has(name) || isHugePages(name) || isHugePages(name.replace(/^requests\./, '')) || /^requests\.[^/]+\/./.test(name),
  usage: (pod, now) => ({ [countName('', 'pods')]: one, ...(isCharged(pod, now) ? askedBy(pod) : {}) }),
  handles: (operation, subresource) => (subresource === '' ? operation === 'create' : subresource === 'resize' && operation === 'update'),
  inScope: podInScope,
  complaint: podComplaint,
  frees: (old, pod) => !isOver(old) && (isOver(pod) || (old['spec'] !== pod['spec'] && exceeding(askedBy(old), askedBy(pod)).length > 0)),
};

// ── services, claims, everything else ───────────────────────────────────────

/** How many node ports and load balancers a service takes (services.go Usage). */
function serviceUsage(object: KubeObject): ResourceList {
  const { spec } = object as unknown as Service;
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === 'LoadBalancer';
  const nodePorts =
    spec?.type !== 'NodePort' && !balanced
      ? 0
      : balanced && spec.allocateLoadBalancerNodePorts === false
        ? ports.filter((port) => (port.nodePort ?? 0) !== 0).length
        : ports.length;
  return {
    [countName('', 'services')]: one,
    services: one,
    'services.loadbalancers': balanced ? one : '0',
    'services.nodeports': whole(nodePorts),
  };
}

const plainEvaluator = {
  handles: (operation: QuotaOperation) => operation === 'create',
  inScope: () => false,
  complaint: () => undefined,
  frees: () => false,
};
const createOrUpdate = (_operation: QuotaOperation, subresource: string): boolean => subresource === '';

/** pkg/quota/v1/evaluator/core/services.go: a service can change its type. */
const services: Evaluator = {
  ...plainEvaluator,
  counts: listed(countName('', 'services'), 'services', 'services.nodeports', 'services.loadbalancers'),
  usage: serviceUsage,
  handles: createOrUpdate,
  frees: (old, service) => (old as unknown as Service).spec?.type !== (service as unknown as Service).spec?.type,
};

const ofClass = (storageClass: string, name: string): string => `${storageClass}.storageclass.storage.k8s.io/${name}`;
const claimNames = ['persistentvolumeclaims', 'requests.storage'];
const betaClass = 'volume.beta.kubernetes.io/storage-class';

/** What a claim asks for, in whole bytes; while it shrinks back from an expansion, what was set aside (getStorageUsage). */
function storageOf({ spec, status }: PersistentVolumeClaim): string | undefined {
  const asked = spec?.resources?.requests?.['storage'];
  if (asked === undefined) return undefined;
  const aside = status?.allocatedResources?.['storage'];
  const larger = aside !== undefined && parseQuantity(aside) > parseQuantity(asked) ? aside : asked;
  return formatQuantity(Math.ceil(parseQuantity(larger)), /i$/.test(String(larger)));
}

/** persistent_volume_claims.go Usage: counted by itself and once more under its class. */
function claimUsage(object: KubeObject): ResourceList {
  const claim = object as unknown as PersistentVolumeClaim;
  const storageClass = object.metadata.annotations?.[betaClass] ?? claim.spec?.storageClassName ?? '';
  const storage = storageOf(claim);
  const amounts: ResourceList = { persistentvolumeclaims: one, ...(storage === undefined ? {} : { 'requests.storage': storage }) };
  const classed = storageClass === '' ? [] : Object.entries(amounts).map(([name, amount]) => [ofClass(storageClass, name), amount]);
  return { [countName('', 'persistentvolumeclaims')]: one, ...amounts, ...Object.fromEntries(classed) };
}

/** pkg/quota/v1/evaluator/core/persistent_volume_claims.go */
const claims: Evaluator = {
  ...plainEvaluator,
  counts: (name) =>
    name === countName('', 'persistentvolumeclaims') ||
    claimNames.includes(name) ||
    claimNames.some((item) => name.endsWith(ofClass('', item))),
  usage: claimUsage,
  handles: createOrUpdate,
  inScope: claimInScope,
  frees: (old, claim) => exceeding(claimUsage(old), claimUsage(claim)).length > 0,
};

/** Kinds that were counted under their own name before there was `count/` (legacyObjectCountAliases). */
const aliases = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** apiserver/pkg/quota/v1/generic/evaluator.go NewObjectCountEvaluator */
function objectCount(group: string, plural: string): Evaluator {
  const names = [countName(group, plural), ...(group === '' && aliases.has(plural) ? [plural] : [])];
  const usage = Object.fromEntries(names.map((name) => [name, one]));
  return { ...plainEvaluator, counts: listed(...names), usage: () => usage };
}

const special: Readonly<Record<string, Evaluator>> = { '/pods': pods, '/services': services, '/persistentvolumeclaims': claims };
/** What is stored in passing, or not at all (pkg/quota/v1/install/registry.go, ignoredResources). */
const ignored = new Set([
  '/events',
  'events.k8s.io/events',
  '/bindings',
  '/componentstatuses',
  'authorization.k8s.io/localsubjectaccessreviews',
]);

/** The evaluator of a resource: its own, or one that counts objects; undefined where quotas do not look. */
export function evaluatorFor(group: string, plural: string): Evaluator | undefined {
  const key = `${group}/${plural}`;
  return ignored.has(key) ? undefined : (special[key] ?? objectCount(group, plural));
}

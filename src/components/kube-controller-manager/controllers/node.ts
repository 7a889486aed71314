import { deepEqual } from '#base/json.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Node, NodeCondition, Taint, Toleration } from '#api/types.generated.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncCall, type SyncContext } from '../controller.ts';
import { isReady, podOf } from './pods.ts';

/** A node is unreachable after 50 s without a sign of life, looked at every 5 s (node-monitor-grace-period, -period). */
const graceMs = 50_000;
const monitorMs = 5_000;
const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

const asNode = (object: KubeObject): Node => object as unknown as Node;
const readyOf = (node: KubeObject): NodeCondition | undefined => asNode(node).status?.conditions?.find((condition) => condition.type === 'Ready');

function taintsFor(node: KubeObject, now: number): readonly Taint[] {
  const others = (asNode(node).spec?.taints ?? []).filter((taint) => taint.key !== notReady && taint.key !== unreachable && taint.key !== 'node.kubernetes.io/unschedulable');
  const before = asNode(node).spec?.taints ?? [];
  const kept = (key: string, effect: 'NoSchedule' | 'NoExecute'): Taint => before.find((taint) => taint.key === key && taint.effect === effect) ?? { effect, key, ...(effect === 'NoExecute' ? { timeAdded: formatTime(now) } : {}) };
  const status = readyOf(node)?.status;
  const own: Taint[] = [];
  if (status === 'False') own.push(kept(notReady, 'NoSchedule'), kept(notReady, 'NoExecute'));
  else if (status === 'Unknown') own.push(kept(unreachable, 'NoSchedule'), kept(unreachable, 'NoExecute'));
  else if (status === undefined) own.push(kept(notReady, 'NoSchedule'));
  if (asNode(node).spec?.unschedulable === true) own.push(kept('node.kubernetes.io/unschedulable', 'NoSchedule'));
  return [...others, ...own];
}

/** When a node last gave a sign of life: its lease or its status. */
function lastSeen(node: KubeObject, context: SyncContext): number {
  const lease = lookUp(context.caches, 'leases', `kube-node-lease/${node.metadata.name}`);
  const renewed = Date.parse((lease?.['spec'] as { readonly renewTime?: string } | undefined)?.renewTime ?? '') || 0;
  const heartbeat = Date.parse(readyOf(node)?.lastHeartbeatTime ?? '') || Date.parse(node.metadata.creationTimestamp ?? '');
  return Math.max(renewed, heartbeat);
}

function* markUnknown(node: KubeObject, context: SyncContext): Generator<readonly SyncCall[], void, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const time = formatTime(context.now);
  const conditions = (asNode(node).status?.conditions ?? []).map((condition) => ({ ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: time }));
  yield* call({ method: 'PUT', path: resourcePath(resources.nodes, '', node.metadata.name, 'status'), body: { ...node, status: { ...asNode(node).status, conditions } } });
  yield [context.event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)];
  const pods = byIndex(context.caches['pods'], 'node', node.metadata.name).filter(isReady);
  yield pods.map((pod): SyncCall => {
    const status = podOf(pod).status!;
    const list = (status.conditions ?? []).map((condition) => (condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: time } : condition));
    return { method: 'PATCH', path: resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'status'), contentType: mediaTypes.strategicMergePatch, body: { metadata: { uid: pod.metadata.uid }, status: { conditions: list.filter((condition) => condition.type === 'Ready') } } };
  });
}

/** pkg/controller/nodelifecycle: health, taints. */
function* sync(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node === undefined) return done;
  const ready = readyOf(node);
  if (ready !== undefined && ready.status !== 'Unknown' && context.now - lastSeen(node, context) > graceMs) {
    yield* markUnknown(node, context);
    return { againMs: 100 };
  }
  const taints = taintsFor(node, context.now);
  if (!deepEqual(taints, asNode(node).spec?.taints ?? [])) {
    const answer = yield* call({ method: 'PATCH', path: resourcePath(resources.nodes, '', key), contentType: mediaTypes.strategicMergePatch, body: { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } } });
    return ok(answer) ? { againMs: monitorMs } : retry;
  }
  return { againMs: monitorMs };
}

const nodeKey = ({ object }: { readonly object: KubeObject }): readonly string[] => [object.metadata.name];

export const nodeLifecycle: ControllerDefinition = {
  name: 'node-controller',
  workers: 8,
  eventSource: 'node-controller',
  handlers: { nodes: (change) => (change.type === 'delete' ? [] : nodeKey(change)), pods: () => [], leases: () => [] },
  sync,
};

function tolerationMs(pod: KubeObject, taints: readonly Taint[]): number | undefined {
  const tolerations: readonly Toleration[] = podOf(pod).spec?.tolerations ?? [];
  let shortest: number | undefined = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const found = tolerations.filter((item) => (item.key === undefined || item.key === '' || item.key === taint.key) && (item.effect === undefined || item.effect === taint.effect) && (item.operator === 'Exists' || (item.value ?? '') === (taint.value ?? '')));
    if (found.length === 0) return 0;
    const seconds = found.map((item) => item.tolerationSeconds).filter((value) => value !== undefined);
    if (seconds.length > 0) shortest = Math.min(shortest, ...seconds.map((value) => Date.parse(taint.timeAdded ?? '') + value * 1000));
  }
  return shortest;
}

/** pkg/controller/tainteviction: pods leave nodes whose taints they do not tolerate (any longer). */
function* evict(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  const taints = (node === undefined ? [] : (asNode(node).spec?.taints ?? [])).filter((taint) => taint.effect === 'NoExecute');
  if (taints.length === 0) return done;
  let next = Number.POSITIVE_INFINITY;
  for (const pod of byIndex(context.caches['pods'], 'node', key)) {
    const until = tolerationMs(pod, taints);
    if (pod.metadata.deletionTimestamp !== undefined || until === undefined) continue;
    if (until > context.now) {
      next = Math.min(next, until);
      continue;
    }
    yield [context.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`)];
    yield* call({ method: 'DELETE', path: resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name), body: { kind: 'DeleteOptions', apiVersion: 'v1' } });
  }
  return Number.isFinite(next) ? { againMs: next - context.now + 1 } : done;
}

export const taintEviction: ControllerDefinition = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  workers: 8,
  eventSource: 'taint-eviction-controller',
  handlers: { nodes: (change) => (change.type === 'delete' ? [] : nodeKey(change)), pods: ({ object }) => (podOf(object).spec?.nodeName ? [podOf(object).spec!.nodeName!] : []) },
  sync: evict,
};

/** pkg/controller/nodeipam: a /24 of the pod network for each node; the first free one. */
function* allocate(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node === undefined || (asNode(node).spec?.podCIDR ?? '') !== '') return done;
  const used = new Set([...(context.caches['nodes']?.store.values() ?? [])].map((item) => asNode(item).spec?.podCIDR));
  let third = 0;
  while (used.has(`10.244.${third}.0/24`)) third++;
  const cidr = `10.244.${third}.0/24`;
  const answer = yield* call({ method: 'PATCH', path: resourcePath(resources.nodes, '', key), contentType: mediaTypes.strategicMergePatch, body: { spec: { podCIDR: cidr, podCIDRs: [cidr] } } });
  return ok(answer) ? done : retry;
}

export const nodeIpam: ControllerDefinition = {
  name: 'node-ipam-controller',
  account: 'node-controller',
  workers: 1,
  eventSource: 'cidrAllocator',
  handlers: { nodes: (change) => (change.type === 'add' ? nodeKey(change) : []) },
  sync: allocate,
};

/** Says that a node is known (nodelifecycle, RegisteredNode). */
function* register(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  if (node !== undefined) yield [context.event(node, 'Normal', 'RegisteredNode', `Node ${key} event: Registered Node ${key} in Controller`)];
  return done;
}

export const nodeRegistration: ControllerDefinition = {
  name: 'node-registration',
  account: 'node-controller',
  workers: 1,
  eventSource: 'node-controller',
  handlers: { nodes: (change) => (change.type === 'add' ? nodeKey(change) : []) },
  sync: register,
};

/** pkg/controller/podgc: pods of nodes that are no longer there. */
function* collect(key: string, context: SyncContext): Sync {
  const orphans = lookUp(context.caches, 'nodes', key) === undefined ? byIndex(context.caches['pods'], 'node', key) : [];
  for (const pod of orphans) yield* call({ method: 'DELETE', path: resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name), body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 } });
  return done;
}

export const podGc: ControllerDefinition = {
  name: 'pod-garbage-collector',
  workers: 1,
  eventSource: 'pod-garbage-collector',
  handlers: { nodes: (change) => (change.type === 'delete' ? nodeKey(change) : []) },
  sync: collect,
};

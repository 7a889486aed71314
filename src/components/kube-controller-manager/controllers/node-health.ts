import { deepEqual } from '#base/json.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Node, NodeCondition, Taint, Toleration } from '#api/types.generated.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type ControllerDefinition,
  type Sync,
  type SyncCall,
  type SyncContext,
} from '../controller.ts';
import { isReady, podOf } from './pods.ts';

/** A node is unreachable after 50 s without a sign of life, looked at every 5 s (node-monitor-grace-period, -period). */
const graceMs = 50_000;
const monitorMs = 5_000;
/** One node of a zone loses its pods every 10 s (node-eviction-rate); none where most of a small zone is down. */
const evictionMs = 10_000;
const partlyDown = 0.55;
const smallZone = 50;

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';
const unschedulable = 'node.kubernetes.io/unschedulable';
const zoneLabels = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'] as const;

/** Which taint a condition of a node stands for (nodeConditionToTaintKeyStatusMap). */
const conditionTaints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReady, Unknown: unreachable },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const ownKeys = new Set([unschedulable, ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus))]);

type Calls<Result> = Generator<readonly SyncCall[], Result, readonly HttpResponse[]>;
const asNode = (object: KubeObject): Node => object as unknown as Node;
const taintsOf = (node: KubeObject): readonly Taint[] => asNode(node).spec?.taints ?? [];
const readyOf = (node: KubeObject): NodeCondition | undefined =>
  asNode(node).status?.conditions?.find((condition) => condition.type === 'Ready');
const nodeKey = ({ object }: { readonly object: KubeObject }): readonly string[] => [object.metadata.name];

/** When a node last gave a sign of life: its lease or its status. */
function lastSeen(node: KubeObject, context: SyncContext): number {
  const lease = lookUp(context.caches, 'leases', `kube-node-lease/${node.metadata.name}`);
  const renewed = Date.parse((lease?.['spec'] as { readonly renewTime?: string } | undefined)?.renewTime ?? '') || 0;
  const heartbeat = Date.parse(readyOf(node)?.lastHeartbeatTime ?? '') || Date.parse(node.metadata.creationTimestamp ?? '');
  return Math.max(renewed, heartbeat);
}

/** The node's pods are not ready any more as far as anybody knows (controller_utils.go, MarkPodsNotReady). */
function* markPodsNotReady(node: KubeObject, context: SyncContext): Calls<void> {
  for (const pod of byIndex(context.caches['pods'], 'node', node.metadata.name).filter(isReady)) {
    const status = podOf(pod).status!;
    const conditions = (status.conditions ?? []).map((item) =>
      item.type === 'Ready' ? { ...item, status: 'False', lastTransitionTime: formatTime(context.now) } : item,
    );
    const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'status');
    yield* call({ method: 'PUT', path, body: { ...pod, status: { ...status, conditions } } });
    yield [context.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')];
  }
}

function* markUnknown(node: KubeObject, context: SyncContext): Calls<void> {
  const lost = {
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: formatTime(context.now),
  };
  const conditions = (asNode(node).status?.conditions ?? []).map((condition) => ({ ...condition, ...lost }));
  const path = resourcePath(resources.nodes, '', node.metadata.name, 'status');
  yield* call({ method: 'PUT', path, body: { ...node, status: { ...asNode(node).status, conditions } } });
  yield [context.event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)];
  yield* markPodsNotReady(node, context);
}

/** Asks for the node and changes its taints where they are not so (AddOrUpdateTaintOnNode, RemoveTaintOffNode). */
function* writeTaints(node: KubeObject, change: (taints: readonly Taint[]) => readonly Taint[]): Calls<boolean> {
  const path = resourcePath(resources.nodes, '', node.metadata.name);
  const answer = yield* call({ method: 'GET', path, query: { resourceVersion: '0' } });
  if (!ok(answer)) return answer.status === 404;
  const live = answer.body as unknown as KubeObject;
  const taints = change(taintsOf(live));
  if (deepEqual(taints, taintsOf(live))) return true;
  const body = { metadata: { resourceVersion: live.metadata.resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
  return ok(yield* call({ method: 'PATCH', path, contentType: mediaTypes.strategicMergePatch, body }));
}

/** The taints that keep new pods away: from conditions and from cordoning (doNoScheduleTaintingPass). */
function keysForScheduling(node: KubeObject): readonly string[] {
  const conditions = asNode(node).status?.conditions ?? [];
  const keys = conditions.flatMap(({ type, status }) => conditionTaints[type]?.[status] ?? []);
  const unknown = readyOf(node) === undefined ? [notReady] : [];
  return [...keys, ...unknown, ...(asNode(node).spec?.unschedulable === true ? [unschedulable] : [])];
}

function withTaints(
  taints: readonly Taint[],
  effect: 'NoSchedule' | 'NoExecute',
  wanted: readonly string[],
  owned: ReadonlySet<string>,
  now: number,
): readonly Taint[] {
  const kept = taints.filter((taint) => taint.effect !== effect || !owned.has(taint.key) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !kept.some((taint) => taint.key === key && taint.effect === effect));
  const stamped = (key: string): Taint => (key === unschedulable ? { effect, key } : { effect, key, timeAdded: formatTime(now) });
  return [...kept, ...missing.map(stamped)];
}

const executing = (node: KubeObject): Taint | undefined =>
  taintsOf(node).find((taint) => taint.effect === 'NoExecute' && (taint.key === notReady || taint.key === unreachable));
const zoneOf = (node: KubeObject): string => zoneLabels.map((label) => node.metadata.labels?.[label] ?? '').join('|');

/** How long a node that is down still keeps its pods: undefined where its zone is so far down that nobody is sent away (handleDisruption). */
function evictsInMs(node: KubeObject, caches: Caches, now: number): number | undefined {
  const all = [...(caches['nodes']?.store.values() ?? [])];
  const down = (item: KubeObject): boolean => readyOf(item)?.status !== 'True';
  if (all.every(down)) return undefined;
  const zone = all.filter((item) => zoneOf(item) === zoneOf(node));
  const lost = zone.filter(down).length;
  if (lost > 2 && lost / zone.length >= partlyDown && zone.length <= smallZone) return undefined;
  const latest = Math.max(0, ...zone.filter((item) => item !== node).map((item) => Date.parse(executing(item)?.timeAdded ?? '') || 0));
  return Math.max(0, latest + evictionMs - now);
}

/** pkg/controller/nodelifecycle: signs of life, the taints that keep pods away, then those that send pods away. */
function* sync(key: string, context: SyncContext): Sync {
  const { caches, now } = context;
  const node = lookUp(caches, 'nodes', key);
  if (node === undefined) return done;
  const ready = readyOf(node);
  if (ready !== undefined && ready.status !== 'Unknown' && now - lastSeen(node, context) > graceMs) {
    yield* markUnknown(node, context);
    return { againMs: monitorMs };
  }
  const scheduling = (taints: readonly Taint[]): readonly Taint[] =>
    withTaints(taints, 'NoSchedule', keysForScheduling(node), ownKeys, now);
  if (!deepEqual(scheduling(taintsOf(node)), taintsOf(node)))
    return (yield* writeTaints(node, scheduling)) ? { againMs: monitorMs } : retry;
  const wanted = ready?.status === 'False' ? notReady : ready?.status === 'Unknown' ? unreachable : undefined;
  const waitMs = wanted === undefined || executing(node)?.key === wanted ? 0 : evictsInMs(node, caches, now);
  if (waitMs !== 0 && waitMs !== undefined) return { againMs: Math.min(waitMs, monitorMs) };
  const keys = wanted === undefined || waitMs === undefined ? [] : [wanted];
  const execution = (taints: readonly Taint[]): readonly Taint[] =>
    withTaints(taints, 'NoExecute', keys, new Set([notReady, unreachable]), now);
  if (!deepEqual(execution(taintsOf(node)), taintsOf(node))) return (yield* writeTaints(node, execution)) ? { againMs: monitorMs } : retry;
  return { againMs: monitorMs };
}

export const nodeLifecycle: ControllerDefinition = {
  name: 'node-controller',
  workers: 8,
  eventSource: 'node-controller',
  handlers: { nodes: (change) => (change.type === 'delete' ? [] : nodeKey(change)), pods: () => [], leases: () => [] },
  sync,
};

/** Until when a pod may stay: undefined where it may stay for ever. */
function staysUntil(pod: KubeObject, taints: readonly Taint[]): number | undefined {
  const tolerations: readonly Toleration[] = podOf(pod).spec?.tolerations ?? [];
  let shortest = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const found = tolerations.filter(
      (item) =>
        (item.key === undefined || item.key === '' || item.key === taint.key) &&
        (item.effect === undefined || item.effect === taint.effect) &&
        (item.operator === 'Exists' || (item.value ?? '') === (taint.value ?? '')),
    );
    if (found.length === 0) return 0;
    const seconds = found.map((item) => item.tolerationSeconds).filter((value) => value !== undefined);
    if (seconds.length > 0) shortest = Math.min(shortest, ...seconds.map((value) => Date.parse(taint.timeAdded ?? '') + value * 1000));
  }
  return Number.isFinite(shortest) ? shortest : undefined;
}

/** taint_eviction.go, addConditionAndDeletePod. */
function* sendAway(pod: KubeObject, context: SyncContext): Calls<void> {
  const { namespace, name, uid } = pod.metadata;
  yield [context.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace ?? ''}/${name}`)];
  const answer = yield* call({ method: 'GET', path: resourcePath(resources.pods, namespace, name) });
  if (!ok(answer)) return;
  const generation = (answer.body as unknown as KubeObject).metadata.generation ?? 1;
  const condition = {
    lastProbeTime: null,
    lastTransitionTime: formatTime(context.now),
    message: 'Taint manager: deleting due to NoExecute taint',
    observedGeneration: generation,
    reason: 'DeletionByTaintManager',
    status: 'True',
    type: 'DisruptionTarget',
  };
  yield* call({
    method: 'PATCH',
    path: resourcePath(resources.pods, namespace, name, 'status'),
    contentType: mediaTypes.strategicMergePatch,
    body: { metadata: { uid }, status: { conditions: [condition] } },
  });
  yield* call({ method: 'DELETE', path: resourcePath(resources.pods, namespace, name), body: { kind: 'DeleteOptions', apiVersion: 'v1' } });
}

/** pkg/controller/tainteviction: pods leave nodes whose taints they do not tolerate (any longer). */
function* evict(key: string, context: SyncContext): Sync {
  const node = lookUp(context.caches, 'nodes', key);
  const taints = (node === undefined ? [] : taintsOf(node)).filter((taint) => taint.effect === 'NoExecute');
  if (taints.length === 0) return done;
  let next = Number.POSITIVE_INFINITY;
  for (const pod of byIndex(context.caches['pods'], 'node', key)) {
    const until = staysUntil(pod, taints);
    if (pod.metadata.deletionTimestamp !== undefined || until === undefined) continue;
    if (until > context.now) next = Math.min(next, until);
    else yield* sendAway(pod, context);
  }
  return Number.isFinite(next) ? { againMs: next - context.now + 1 } : done;
}

export const taintEviction: ControllerDefinition = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  workers: 8,
  eventSource: 'taint-eviction-controller',
  handlers: {
    nodes: (change) => (change.type === 'delete' ? [] : nodeKey(change)),
    pods: ({ object }) => (podOf(object).spec?.nodeName ? [podOf(object).spec!.nodeName!] : []),
  },
  sync: evict,
};

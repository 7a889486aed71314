import { deepEqual } from '#base/json.ts';
import { hashObject } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import type { DaemonSet, Node } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, type Caches, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';
import { createPods, deletePods, podObservations } from './pod-control.ts';
import { isAvailable, isReady, ownerKey, podFromTemplate, podOf } from './pods.ts';

const asSet = (object: KubeObject): DaemonSet => object as unknown as DaemonSet;

/** The tolerations that every daemon pod gets (daemon/util/daemonset_util.go). */
const tolerated = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
] as const;

/** The node that a daemon pod is meant for: its affinity names it before the scheduler has bound it. */
function nodeOf(pod: KubeObject): string {
  const { spec } = podOf(pod);
  if (spec?.nodeName) return spec.nodeName;
  return spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

function podFor(set: KubeObject, node: string, hash: string): object {
  const { template, ...spec } = asSet(set).spec!;
  const host = template.spec?.hostNetwork === true ? [['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const] : [];
  const made = podFromTemplate({ ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, 'controller-revision-hash': hash, 'pod-template-generation': String(set.metadata.generation ?? 1) } } }, set) as { readonly metadata: object };
  void spec;
  const tolerations = [...(template.spec?.tolerations ?? []), ...[...tolerated, ...host].map(([key, effect]) => ({ key, operator: 'Exists', effect }))];
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } };
  return { ...made, spec: { ...template.spec, tolerations, affinity: { ...template.spec?.affinity, nodeAffinity } } };
}

function wants(set: KubeObject, node: KubeObject): boolean {
  const { template } = asSet(set).spec!;
  const selector = Object.entries(template.spec?.nodeSelector ?? {});
  if (!selector.every(([key, value]) => node.metadata.labels?.[key] === value)) return false;
  const taints = ((node as unknown as Node).spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !tolerated.some(([key]) => key === taint.key));
  return taints.every((taint) => (template.spec?.tolerations ?? []).some((item) => (item.key === undefined || item.key === taint.key) && (item.operator === 'Exists' || (item.value ?? '') === (taint.value ?? ''))));
}

/** pkg/controller/daemon/daemon_controller.go: one pod on each node that is wanted. */
function* sync(key: string, context: SyncContext): Sync {
  const set = lookUp(context.caches, 'daemonsets', key);
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return done;
  const nodes = [...(context.caches['nodes']?.store.values() ?? [])];
  const wanted = nodes.filter((node) => wants(set, node)).map((node) => node.metadata.name);
  const pods = byIndex(context.caches['pods'], 'owner', set.metadata.uid ?? '');
  const hash = hashObject(asSet(set).spec!.template);
  const missing = wanted.filter((node) => !pods.some((pod) => nodeOf(pod) === node));
  const surplus = pods.filter((pod) => !wanted.includes(nodeOf(pod)) && pod.metadata.deletionTimestamp === undefined);
  if (context.satisfied) {
    const bodies = missing.map((node) => podFor(set, node, hash));
    const created = yield* createPods(set, bodies, context);
    const deleted = yield* deletePods(set, surplus, context);
    if (created.error !== undefined || deleted.error !== undefined) return retry;
  }
  const placed = pods.filter((pod) => wanted.includes(nodeOf(pod)));
  const count = (test: (pod: KubeObject) => boolean): number => placed.filter(test).length;
  const available = count((pod) => isAvailable(pod, asSet(set).spec?.minReadySeconds ?? 0, context.now));
  const updated = count((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash);
  const status = {
    currentNumberScheduled: placed.length,
    numberMisscheduled: pods.length - placed.length,
    desiredNumberScheduled: wanted.length,
    numberReady: count(isReady),
    observedGeneration: set.metadata.generation,
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(available > 0 ? { numberAvailable: available } : {}),
    ...(wanted.length > available ? { numberUnavailable: wanted.length - available } : {}),
  };
  if (deepEqual(status, set['status'])) return done;
  const answer = yield* call({ method: 'PUT', path: resourcePath(resources.daemonsets, set.metadata.namespace, set.metadata.name, 'status'), body: { ...set, status } });
  return ok(answer) || answer.status === 404 ? done : retry;
}

const all = (caches: Caches): readonly string[] => [...(caches['daemonsets']?.store.keys() ?? [])];

export const daemonset: ControllerDefinition = {
  name: 'daemon-set-controller',
  workers: 2,
  eventSource: 'daemonset-controller',
  observes: { pods: podObservations('DaemonSet') },
  handlers: {
    daemonsets: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
    nodes: (change, caches) => (change.type === 'update' && deepEqual(nodeFacts(change.old!), nodeFacts(change.object)) ? [] : all(caches)),
    pods: ({ object }) => ownerKey(object, 'DaemonSet'),
  },
  sync,
};

const nodeFacts = (node: KubeObject): unknown => [node.metadata.labels, (node as unknown as Node).spec?.taints];

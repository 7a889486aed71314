import type { KubeObject } from '#api/object.ts';
import type { ReplicaSet } from '#api/types.generated.ts';
import { deepEqual } from '#base/json.ts';
import { formatTime } from '#api/object.ts';
import type { Change } from '#machinery/informer.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type Calls, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';
import { claimPods, createPods, deletePods, only, podObservations, podOwners } from './pod-control.ts';
import { deletionOrder, isActive, isAvailable, isReady, podFromTemplate, podOf, readySince } from './pods.ts';

const burstReplicas = 500;
/** What looking at one pod costs a sync: that of a set of thousands takes a while, in which changes gather. Milliseconds. */
const lookMs = 0.005;
type Plural = 'replicasets' | 'replicationcontrollers';

/** What managing the replicas came to. */
interface Managed {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly error: string | undefined;
}
const nothingToDo: Managed = { reason: 'FailedCreate', error: undefined };

/** manageReplicas: as many pods as are wanted, if everything that was asked for before has been seen. */
function* manageReplicas(set: KubeObject, active: readonly KubeObject[], context: SyncContext): Calls<Managed> {
  const { replicas = 0, template } = (set as unknown as ReplicaSet).spec!;
  const missing = Math.min(replicas - active.length, burstReplicas);
  if (!context.satisfied || set.metadata.deletionTimestamp !== undefined || missing === 0) return nothingToDo;
  if (missing > 0) {
    const body = podFromTemplate(template!, set);
    const bodies = Array.from({ length: missing }, () => body);
    return { reason: 'FailedCreate', error: (yield* createPods(set, bodies, context)).error };
  }
  const chosen = [...active].sort(deletionOrder).slice(0, Math.min(-missing, burstReplicas));
  return { reason: 'FailedDelete', error: (yield* deletePods(set, chosen, context)).error };
}

function hasLabels({ metadata }: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  for (const key in labels) if (metadata.labels?.[key] !== labels[key]) return false;
  return true;
}

const isTerminatingPod = ({ metadata, status }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  metadata.deletionTimestamp !== null &&
  (status as { readonly phase?: string } | undefined)?.phase !== 'Succeeded';

/** pkg/controller/replicaset/replica_set_utils.go, calculateStatus. */
function statusOf(
  set: KubeObject,
  pods: readonly KubeObject[],
  active: readonly KubeObject[],
  { reason, error }: Managed,
  context: SyncContext,
): object {
  const { spec, status } = set as unknown as ReplicaSet;
  const labels = spec?.template?.metadata?.labels ?? {};
  const minReady = spec?.minReadySeconds ?? 0;
  let [fullyLabeledReplicas, readyReplicas, availableReplicas] = [0, 0, 0];
  for (const pod of active) {
    if (hasLabels(pod, labels)) fullyLabeledReplicas++;
    if (!isReady(pod)) continue;
    readyReplicas++;
    if (minReady === 0 || isAvailable(pod, minReady, context.now)) availableReplicas++;
  }
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure');
  const before = status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const failed = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(context.now), reason, message: error };
  const failure = error === undefined ? [] : [before ?? failed];
  const conditions = [...others, ...failure];
  const terminating = pods === active ? [] : pods.filter(isTerminatingPod);
  return {
    ...(conditions.length > 0 ? { conditions } : {}),
    replicas: active.length,
    ...(fullyLabeledReplicas > 0 ? { fullyLabeledReplicas } : {}),
    ...(readyReplicas > 0 ? { readyReplicas } : {}),
    ...(availableReplicas > 0 ? { availableReplicas } : {}),
    ...(set.kind === 'ReplicaSet' ? { terminatingReplicas: terminating.length } : {}),
    observedGeneration: set.metadata.generation,
  };
}

/** How long until the first pod that is ready has been so for long enough (FindMinNextPodAvailabilityCheck). */
function nextAvailabilityMs(set: KubeObject, pods: readonly KubeObject[], now: number): number | undefined {
  const { minReadySeconds = 0 } = (set as unknown as ReplicaSet).spec!;
  if (minReadySeconds === 0) return undefined;
  const waits = pods
    .filter((pod) => isReady(pod) && !isAvailable(pod, minReadySeconds, now))
    .map((pod) => Date.parse(readySince(pod)) + minReadySeconds * 1000 - now);
  return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits));
}

/** pkg/controller/replicaset/replica_set.go (syncReplicaSet, manageReplicas). */
function* syncSet(plural: Plural, key: string, context: SyncContext): Sync {
  const set = lookUp(context.caches, plural, key);
  if (set === undefined) return done;
  const pods = yield* claimPods(set, context);
  const active = only(pods, isActive);
  const managed = yield* manageReplicas(set, active, context);
  const tookMs = pods.length * lookMs;
  const outcome = managed.error === undefined ? { tookMs, againMs: nextAvailabilityMs(set, active, context.now) } : { ...retry, tookMs };
  const status = statusOf(set, pods, active, managed, context);
  if (deepEqual(status, normalized(set))) return outcome;
  const answer = yield* call({
    method: 'PUT',
    path: resourcePath(resources[plural], set.metadata.namespace, set.metadata.name, 'status'),
    body: { ...set, status },
  });
  return ok(answer) || answer.status === 409 || answer.status === 404 ? outcome : retry;
}

function normalized(set: KubeObject): unknown {
  return set['status'] ?? {};
}

/** The loop of one kind that keeps a number of pods. */
function keeperOf(name: string, kind: string, plural: Plural): ControllerDefinition {
  const owners = podOwners(kind, plural);
  return {
    name,
    workers: 5,
    eventSource: name,
    observes: { pods: podObservations(kind) },
    handlers: {
      [plural]: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
      pods: (change, caches) => (matters(change) ? owners(change, caches) : []),
    },
    sync: (key, context) => syncSet(plural, key, context),
  };
}

const readyConditionOf = (pod: KubeObject): unknown => podOf(pod).status?.conditions?.find((condition) => condition.type === 'Ready');

/** Whether a change of a pod can change what a sync comes to; most of what a kubelet and a scheduler write cannot. */
function matters({ type, object, old }: Change): boolean {
  if (type !== 'update' || old === undefined) return true;
  const [before, after] = [old.metadata, object.metadata];
  return (
    before.deletionTimestamp !== after.deletionTimestamp ||
    podOf(old).status?.phase !== podOf(object).status?.phase ||
    !deepEqual(before.labels, after.labels) ||
    !deepEqual(before.ownerReferences, after.ownerReferences) ||
    !deepEqual(readyConditionOf(old), readyConditionOf(object))
  );
}

export const replicaset = keeperOf('replicaset-controller', 'ReplicaSet', 'replicasets');

/** pkg/controller/replication: the loop of the ReplicaSet for an older kind, whose selector is a set of labels and who counts no pods that end. */
export const replicationcontroller = keeperOf('replication-controller', 'ReplicationController', 'replicationcontrollers');

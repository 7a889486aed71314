import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { StatefulSetStatus } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext, type Calls } from '../../controller.ts';
import { isAvailable, isReady, podOf } from '../pods.ts';
import { revisionLabel } from '../history.ts';
import { claimPods, podOwners } from '../pod-control.ts';
import { createClaims, createPod, deletePod, ordinalOf, startOf } from './pod-control.ts';
import { hasStaleClaim, retainClaims } from './retention.ts';
import { findRevisions, setOf, truncateHistory, type Revisions } from './revisions.ts';

/** A set with its pods in their places, as a sync finds it. */
interface Places {
  readonly set: KubeObject;
  /** By ordinal; undefined where there is no pod. */
  readonly replicas: readonly (readonly [ordinal: number, pod: KubeObject | undefined])[];
  /** Those beyond, the highest ordinal first. */
  readonly condemned: readonly KubeObject[];
  readonly ordered: boolean;
}

const isTerminating = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined;
const isRunningAndReady = (pod: KubeObject): boolean => podOf(pod).status?.phase === 'Running' && isReady(pod);
const revisionOf = (pod: KubeObject): string | undefined => pod.metadata.labels?.[revisionLabel];
const replicasOf = (set: KubeObject): number => setOf(set).spec?.replicas ?? 1;

function placesOf(set: KubeObject, pods: readonly KubeObject[]): Places {
  const [start, count] = [startOf(set), replicasOf(set)];
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod)!, pod]));
  const replicas = Array.from({ length: count }, (_, index) => [start + index, byOrdinal.get(start + index)] as const);
  const beyond = [...byOrdinal].filter(([ordinal]) => ordinal < start || ordinal >= start + count).sort(([a], [b]) => b - a);
  return { set, replicas, condemned: beyond.map(([, pod]) => pod), ordered: setOf(set).spec?.podManagementPolicy !== 'Parallel' };
}

/** What the pods were when the sync began (updateStatus). */
function statusOf(set: KubeObject, pods: readonly KubeObject[], revisions: Revisions, now: number): StatefulSetStatus {
  const count = (test: (pod: KubeObject) => boolean): number => pods.filter(test).length;
  const status = setOf(set).status;
  return {
    ...(status?.conditions === undefined ? {} : { conditions: status.conditions }),
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: count(isRunningAndReady),
    availableReplicas: count((pod) => isRunningAndReady(pod) && isAvailable(pod, setOf(set).spec?.minReadySeconds ?? 0, now)),
    currentReplicas: count((pod) => !isTerminating(pod) && revisionOf(pod) === revisions.current),
    updatedReplicas: count((pod) => !isTerminating(pod) && revisionOf(pod) === revisions.update),
    currentRevision: revisions.current,
    updateRevision: revisions.update,
    collisionCount: status?.collisionCount ?? 0,
  };
}

/** What one step came to: go on, stop until something changes, or stop because a request failed. */
type Step = 'on' | 'stop' | 'failed';

/** processReplica: makes, or makes again, the pod of an ordinal, and waits for it where the set is ordered. */
function* processReplica(
  places: Places,
  ordinal: number,
  pod: KubeObject | undefined,
  revisions: Revisions,
  context: SyncContext,
): Calls<Step> {
  const { set, ordered } = places;
  if (pod === undefined) {
    if (hasStaleClaim(set, ordinal, context)) return 'stop';
    const made = yield* createPod(set, ordinal, revisions, context);
    if (made === undefined || !(yield* retainClaims(set, made, context))) return 'failed';
    return ordered ? 'stop' : 'on';
  }
  const phase = podOf(pod).status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') {
    if (isTerminating(pod)) return 'stop';
    const [type, reason, word] =
      phase === 'Failed'
        ? (['Warning', 'RecreatingFailedPod', 'failed'] as const)
        : (['Normal', 'RecreatingTerminatedPod', 'terminated'] as const);
    yield [
      context.event(
        set,
        type,
        reason,
        `StatefulSet ${set.metadata.namespace ?? ''}/${set.metadata.name} is recreating ${word} Pod ${pod.metadata.name}`,
      ),
    ];
    return (yield* deletePod(set, pod, context)) ? 'stop' : 'failed';
  }
  if (phase === 'Pending' && !(yield* createClaims(set, ordinal, context))) return 'failed';
  if (!ordered) return (yield* retainClaims(set, pod, context)) ? 'on' : 'failed';
  const available = isRunningAndReady(pod) && isAvailable(pod, setOf(set).spec?.minReadySeconds ?? 0, context.now);
  if (isTerminating(pod) || !available) return 'stop';
  return (yield* retainClaims(set, pod, context)) ? 'on' : 'failed';
}

/** processCondemned: takes a pod away; where the set is ordered one by one, and only while all others are well. */
function* processCondemned(places: Places, pod: KubeObject, firstUnhealthy: KubeObject | undefined, context: SyncContext): Calls<Step> {
  const { set, ordered } = places;
  if (isTerminating(pod)) return ordered ? 'stop' : 'on';
  const available = isRunningAndReady(pod) && isAvailable(pod, setOf(set).spec?.minReadySeconds ?? 0, context.now);
  if (ordered && !available && pod !== firstUnhealthy) return 'stop';
  if (!(yield* deletePod(set, pod, context))) return 'failed';
  return ordered ? 'stop' : 'on';
}

/** How many pods may be unavailable during an update; at least one. */
function maxUnavailable(set: KubeObject): number {
  const value = setOf(set).spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const count = typeof value === 'number' ? value : Math.floor((Number.parseInt(value, 10) / 100) * replicasOf(set));
  return Math.max(1, count);
}

/** updateStatefulSetAfterInvariantEstablished: takes away pods of an old revision, the highest ordinal first; how many, or undefined after a failure. */
function* rollOut(places: Places, revisions: Revisions, context: SyncContext): Calls<number | undefined> {
  const { set, replicas } = places;
  const { updateStrategy, minReadySeconds = 0 } = setOf(set).spec!;
  if (updateStrategy?.type === 'OnDelete') return 0;
  const isWell = (pod: KubeObject | undefined): boolean =>
    pod !== undefined && isRunningAndReady(pod) && isAvailable(pod, minReadySeconds, context.now) && !isTerminating(pod);
  let budget = maxUnavailable(set) - replicas.filter(([, pod]) => !isWell(pod)).length;
  let deleted = 0;
  for (const [ordinal, pod] of [...replicas].reverse()) {
    if (budget <= 0 || ordinal < startOf(set) + (updateStrategy?.rollingUpdate?.partition ?? 0)) break;
    if (pod === undefined || revisionOf(pod) === revisions.update || isTerminating(pod)) continue;
    if (!(yield* deletePod(set, pod, context))) return undefined;
    if (revisionOf(pod) === revisions.current) deleted++;
    budget--;
  }
  return deleted;
}

/** updateStatefulSet: every place is filled, then what is beyond goes, then what is old; how many current pods an update took. */
function* update(places: Places, revisions: Revisions, context: SyncContext): Calls<number | undefined> {
  const { set, replicas, condemned } = places;
  const isHealthy = (pod: KubeObject | undefined): boolean => pod !== undefined && isRunningAndReady(pod) && !isTerminating(pod);
  const candidates = [...replicas.map(([, pod]) => pod), ...[...condemned].reverse()];
  const firstUnhealthy = candidates.find((pod) => !isHealthy(pod));
  for (const [ordinal, pod] of replicas) {
    const step = yield* processReplica(places, ordinal, pod, revisions, context);
    if (step !== 'on') return step === 'failed' ? undefined : 0;
  }
  for (const pod of condemned) if (!(yield* retainClaims(set, pod, context))) return undefined;
  for (const pod of condemned) {
    const step = yield* processCondemned(places, pod, firstUnhealthy, context);
    if (step !== 'on') return step === 'failed' ? undefined : 0;
  }
  return yield* rollOut(places, revisions, context);
}

/** completeRollingUpdate: when every pod is of the new revision, that is the current one. */
function completed(set: KubeObject, status: StatefulSetStatus): StatefulSetStatus {
  const all = replicasOf(set);
  const { updatedReplicas, readyReplicas, replicas } = status;
  if (setOf(set).spec?.updateStrategy?.type === 'OnDelete' || updatedReplicas !== all || readyReplicas !== all || replicas !== all)
    return status;
  return { ...status, currentReplicas: updatedReplicas, currentRevision: status.updateRevision };
}

/** A status as it is written: zeros are left out but for the two that upstream always writes. */
function tidy(status: StatefulSetStatus): object {
  const { readyReplicas, currentReplicas, updatedReplicas, ...rest } = status;
  const counts = Object.entries({ readyReplicas, currentReplicas, updatedReplicas }).filter(([, count]) => (count ?? 0) > 0);
  return { ...rest, ...Object.fromEntries(counts) };
}

/** pkg/controller/statefulset/stateful_set.go, sync. */
function* sync(key: string, context: SyncContext): Sync {
  const set = lookUp(context.caches, 'statefulsets', key);
  if (set === undefined) return done;
  const pods = yield* claimPods(set, context, (pod) => ordinalOf(set, pod) !== undefined);
  const revisions = yield* findRevisions(set, context);
  if (revisions === undefined) return retry;
  const found = statusOf(set, pods, revisions, context.now);
  const taken = isTerminating(set) ? 0 : yield* update(placesOf(set, pods), revisions, context);
  const status = tidy(completed(set, { ...found, currentReplicas: (found.currentReplicas ?? 0) - (taken ?? 0) }));
  if (!deepEqual(status, set['status'])) {
    const answer = yield* call({
      method: 'PUT',
      path: resourcePath(resources.statefulsets, set.metadata.namespace, set.metadata.name, 'status'),
      body: { ...set, status },
    });
    if (!ok(answer)) return answer.status === 404 ? done : retry;
  }
  if (!(yield* truncateHistory(set, revisions, pods)) || taken === undefined) return retry;
  const { minReadySeconds = 0 } = setOf(set).spec!;
  return minReadySeconds > 0 && found.availableReplicas !== replicasOf(set) ? { againMs: minReadySeconds * 1000 } : done;
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

export const statefulset: ControllerDefinition = {
  name: 'statefulset-controller',
  workers: 5,
  eventSource: 'statefulset-controller',
  handlers: {
    statefulsets: ({ type, object }) => (type === 'delete' ? [] : [keyOf(object)]),
    pods: podOwners('StatefulSet', 'statefulsets'),
  },
  sync,
};

import { formatTime, type KubeObject } from '#api/object.ts';
import type { Deployment, DeploymentCondition } from '#api/types.generated.ts';
import { asDeployment, asSet, fenceposts, replicasOf } from './objects.ts';

export function condition(type: string, status: string, reason: string, message: string, now: number): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

/** SetDeploymentCondition: the same status and reason leave it, the same status keeps its transition time. */
export function withCondition(list: readonly DeploymentCondition[], next: DeploymentCondition): readonly DeploymentCondition[] {
  const before = list.find((item) => item.type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return list;
  const kept = before?.status === next.status ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  return [...list.filter((item) => item.type !== next.type), kept];
}

export const sum = (
  sets: readonly KubeObject[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number => sets.reduce((total, set) => total + (asSet(set).status?.[field] ?? 0), 0);

/** pkg/controller/deployment/sync.go (calculateStatus) and progress.go (syncRolloutStatus). */
export function statusOf(
  deployment: KubeObject,
  all: readonly KubeObject[],
  current: KubeObject | undefined,
  now: number,
): { readonly status: object } {
  const { spec, status } = asDeployment(deployment);
  const wanted = spec?.replicas ?? 1;
  const available = sum(all, 'availableReplicas');
  const updated = current === undefined ? 0 : (asSet(current).status?.replicas ?? 0);
  const total = sum(all, 'replicas');
  let conditions: readonly DeploymentCondition[] = status?.conditions ?? [];
  const enough = available >= wanted - fenceposts(asDeployment(deployment)).maxUnavailable;
  conditions = withCondition(
    conditions,
    enough
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now),
  );
  const complete =
    updated === wanted &&
    total === wanted &&
    available === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const progressing = conditions.find((item) => item.type === 'Progressing');
  const moved =
    updated > (status?.updatedReplicas ?? 0) ||
    sum(all, 'readyReplicas') > (status?.readyReplicas ?? 0) ||
    available > (status?.availableReplicas ?? 0) ||
    total - updated < (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  const finishedBefore = total === updated && progressing?.reason === 'NewReplicaSetAvailable';
  if (!finishedBefore || !complete) {
    if (complete)
      conditions = withCondition(
        conditions,
        condition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now),
      );
    else if (moved && !finishedBefore)
      conditions = progressed(conditions, condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now));
    else if (timedOut(asDeployment(deployment), progressing, now))
      conditions = withCondition(
        conditions,
        condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now),
      );
  }
  const failure = replicaFailure(all, current);
  conditions = failure === undefined ? conditions.filter((item) => item.type !== 'ReplicaFailure') : withCondition(conditions, failure);
  const counts = {
    replicas: total,
    updatedReplicas: updated,
    readyReplicas: sum(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, all.reduce((count, set) => count + replicasOf(set), 0) - available),
  };
  return {
    status: {
      observedGeneration: deployment.metadata.generation,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      terminatingReplicas: sum(all, 'terminatingReplicas'),
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    },
  };
}

/** The failure of one set, of the new one first, as a condition of the Deployment (getReplicaFailures, ReplicaSetToDeploymentCondition). */
function replicaFailure(all: readonly KubeObject[], current: KubeObject | undefined): DeploymentCondition | undefined {
  const failures = [...(current === undefined ? [] : [current]), ...all].flatMap((set) => asSet(set).status?.conditions ?? []);
  const failed = failures.find((item) => item.type === 'ReplicaFailure');
  return failed === undefined ? undefined : { ...failed, lastUpdateTime: failed.lastTransitionTime };
}

/** Progress renews the condition even with the same reason (progress.go). */
export function progressed(list: readonly DeploymentCondition[], next: DeploymentCondition): readonly DeploymentCondition[] {
  const before = list.find((item) => item.type === next.type);
  const kept = before?.status === next.status ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  return [...list.filter((item) => item.type !== next.type), kept];
}

function timedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): boolean {
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000 < now;
}

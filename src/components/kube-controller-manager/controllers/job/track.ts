import type { KubeObject } from '#api/object.ts';
import { formatTime } from '#api/object.ts';
import type { Job, JobCondition, JobStatus } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, ok, type SyncContext, type Calls } from '../../controller.ts';
import { verdictOf } from './failures.ts';
import { hasLimitPerIndex } from './indexes.ts';
import { completionIndex, formatIndexes, isIndexed, isPodFailed, isTracked, jobOf, phaseOf, uidOf } from './objects.ts';
import { removeTracking, type Tally } from './work.ts';

const maxUncounted = 500;

/** How a job ends. */
export interface Ending {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** A status with its numbers as upstream writes them: zeros of `active`, `succeeded` and `failed` are left out. */
function tidy(status: JobStatus): JobStatus {
  const { active = 0, succeeded = 0, failed = 0, ...rest } = status;
  return { ...rest, ...(active > 0 ? { active } : {}), ...(succeeded > 0 ? { succeeded } : {}), ...(failed > 0 ? { failed } : {}) };
}

/** newCondition. */
export const conditionOf = (type: string, reason: string, message: string, now: number): JobCondition => {
  const time = formatTime(now);
  return { type, status: 'True', lastProbeTime: time, lastTransitionTime: time, reason, message };
};

/** The condition that says how a job will end, before its pods are counted. */
const targetOf = (ending: Ending): string => (ending.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget');

const hasCondition = (status: JobStatus, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

/** cleanUncountedPodsWithoutFinalizers: pods that lost their finalizer go into the counts. */
function count(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const [keptSucceeded, keptFailed] = [succeeded.filter((uid) => held.has(uid)), failed.filter((uid) => held.has(uid))];
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - keptSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - keptFailed.length,
    uncountedTerminatedPods: {
      ...(keptSucceeded.length > 0 ? { succeeded: keptSucceeded } : {}),
      ...(keptFailed.length > 0 ? { failed: keptFailed } : {}),
    },
  };
}

/** Ended pods that are not in the counts yet, and the status that lists them. */
function gather(
  job: Job,
  object: KubeObject,
  status: JobStatus,
  tally: Tally,
  ending: Ending | undefined,
): { readonly status: JobStatus; readonly toRelease: readonly KubeObject[] } {
  const succeeded = [...(status.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(status.uncountedTerminatedPods?.failed ?? [])];
  const toRelease: KubeObject[] = [];
  for (const pod of tally.pods.filter(isTracked)) {
    if (succeeded.length + failed.length >= maxUncounted) break;
    const hasFailed = isPodFailed(pod, job);
    const hasSucceeded = phaseOf(pod) === 'Succeeded';
    const goes = ending !== undefined || object.metadata.deletionTimestamp !== undefined;
    if (!goes && ((!hasFailed && !hasSucceeded) || tally.toReplace.get(completionIndex(pod) ?? -1) === pod)) continue;
    toRelease.push(pod);
    const uid = uidOf(pod);
    const index = completionIndex(pod);
    if (isIndexed(job) && (index === undefined || index >= (job.spec?.completions ?? 0))) continue;
    if (hasSucceeded) {
      if (!isIndexed(job) && !succeeded.includes(uid)) succeeded.push(uid);
    } else if ((hasFailed || ending?.type === 'Failed') && !failed.includes(uid) && verdictOf(pod, job).action !== 'Ignore')
      failed.push(uid);
  }
  const uncountedTerminatedPods = { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
  const failedIndexes = hasLimitPerIndex(job) ? { failedIndexes: formatIndexes(tally.failedIndexes) } : {};
  const indexed = isIndexed(job)
    ? {
        ...failedIndexes,
        succeeded: tally.succeeded,
        ...(tally.succeeded > 0 ? { completedIndexes: formatIndexes(tally.succeededIndexes) } : {}),
      }
    : {};
  return { status: { ...status, ...indexed, uncountedTerminatedPods }, toRelease };
}

/** enactJobFinished: only when every pod has ended and is counted. */
function finish(status: JobStatus, ending: Ending, now: number): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (succeeded.length + failed.length + (status.active ?? 0) + (status.terminating ?? 0) > 0) return status;
  return {
    ...status,
    conditions: [...(status.conditions ?? []), conditionOf(ending.type, ending.reason, ending.message, now)],
    ...(ending.type === 'Complete' ? { completionTime: formatTime(now) } : {}),
  };
}

/**
 * pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers: writes down the uids of pods that ended, takes
 * their finalizers, then counts them, so that no pod is counted twice or lost whatever fails in between. False: again.
 */
export function* track(
  job: KubeObject,
  before: JobStatus,
  tally: Tally,
  ending: Ending | undefined,
  mustWrite: boolean,
  context: SyncContext,
): Calls<boolean> {
  let live = job;
  const write = function* (status: JobStatus): Calls<boolean> {
    const body = { ...live, status: tidy(status) };
    const answer = yield* call({
      method: 'PUT',
      path: resourcePath(resources.jobs, job.metadata.namespace, job.metadata.name, 'status'),
      body,
    });
    if (ok(answer)) live = answer.body as unknown as KubeObject;
    return ok(answer);
  };
  const held = new Set(tally.pods.filter(isTracked).map(uidOf));
  const counted = count(before, held);
  const { status: gathered, toRelease } = gather(jobOf(job), job, counted, tally, ending);
  let status = gathered;
  let flush = mustWrite || JSON.stringify(tidy(status)) !== JSON.stringify(tidy(before));
  if (ending !== undefined && !hasCondition(status, targetOf(ending))) {
    status = {
      ...status,
      conditions: [...(status.conditions ?? []), conditionOf(targetOf(ending), ending.reason, ending.message, context.now)],
    };
    flush = true;
  }
  if (toRelease.length > 0) {
    if (flush && !(yield* write(status))) return false;
    const answers = yield toRelease.map(removeTracking);
    for (const [index, pod] of toRelease.entries()) if (ok(answers[index]!) || answers[index]!.status === 404) held.delete(uidOf(pod));
    const after = count(status, held);
    flush = JSON.stringify(tidy(after)) !== JSON.stringify(tidy(status));
    status = after;
    if (answers.some((answer) => !ok(answer) && answer.status !== 404)) return (!flush || (yield* write(status))) && false;
  }
  const last = ending === undefined ? status : finish(status, ending, context.now);
  if (last === status && !flush) return true;
  if (!(yield* write(last))) return false;
  if (last !== status && ending !== undefined) yield [recorded(job, ending, context)];
  return true;
}

/** recordJobFinished. */
const recorded = (job: KubeObject, ending: Ending, context: SyncContext) =>
  ending.type === 'Complete'
    ? context.event(job, 'Normal', 'Completed', 'Job completed')
    : context.event(job, 'Warning', ending.reason, ending.message);

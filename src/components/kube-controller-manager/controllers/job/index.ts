import type { KubeObject } from '#api/object.ts';
import { formatTime } from '#api/object.ts';
import type { Job, JobCondition, JobStatus } from '#api/types.generated.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import { controllerOf } from '#machinery/owner-references.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
  type Calls,
} from '../../controller.ts';
import { isActive, isReady, ownerKey } from '../pods.ts';
import { restartsOf, verdictOf } from './failures.ts';
import { failedIndexesOf, lastFailures, metSuccessRule } from './indexes.ts';
import {
  completionIndex,
  conditionsOf,
  finishedBy,
  isIndexed,
  isPodFailed,
  isTracked,
  jobOf,
  parseIndexes,
  phaseOf,
  uidOf,
} from './objects.ts';
import { conditionOf, track, type Ending } from './track.ts';
import { podObservations } from '../pod-control.ts';
import { manageJob, removePods, removeTracking, type Tally, type Work } from './work.ts';

/** syncJobBatchPeriod: what pods do is looked at once in this time. */
const batchMs = 1000;
/** Before the key of a pod whose job is gone. */
const orphan = 'orphan ';

/** The pods of the job, counted (getNewFinishedPods, calculateSucceededIndexes): what the status has and what is new. */
function tallyOf(object: KubeObject, caches: Caches): Tally {
  const job = jobOf(object);
  const pods = byIndex(caches['pods'], 'owner', uidOf(object));
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } = job.status?.uncountedTerminatedPods ?? {};
  const fresh = (known: readonly string[]) => (pod: KubeObject) => isTracked(pod) && !known.includes(uidOf(pod));
  const newlySucceeded = pods.filter((pod) => phaseOf(pod) === 'Succeeded' && fresh(uncountedSucceeded)(pod));
  const newlyFailed = pods.filter((pod) => isPodFailed(pod, job) && fresh(uncountedFailed)(pod) && verdictOf(pod, job).action !== 'Ignore');
  const completions = job.spec?.completions ?? 0;
  const indexes = new Set(isIndexed(job) ? parseIndexes(job.status?.completedIndexes ?? '', completions) : []);
  for (const pod of newlySucceeded) {
    const index = completionIndex(pod);
    if (isIndexed(job) && index !== undefined && index < completions) indexes.add(index);
  }
  const active = pods.filter(isActive);
  const running = new Set(active.map(completionIndex));
  const failedIndexes = failedIndexesOf(job, pods);
  return {
    pods,
    active,
    failedIndexes,
    toReplace: lastFailures(job, pods, (index) => indexes.has(index) || failedIndexes.has(index) || running.has(index)),
    succeeded: isIndexed(job) ? indexes.size : (job.status?.succeeded ?? 0) + uncountedSucceeded.length + newlySucceeded.length,
    failed: (job.status?.failed ?? 0) + uncountedFailed.length + newlyFailed.length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !['Succeeded', 'Failed'].includes(phaseOf(pod)))
      .length,
    succeededIndexes: indexes,
  };
}

/** When the job has been active for too long; undefined where it has no deadline. */
function deadlineOf(job: Job, startTime: string | undefined): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  return seconds === undefined || startTime === undefined || job.spec?.suspend === true
    ? undefined
    : Date.parse(startTime) + seconds * 1000;
}

/** Why the job has to end, if it has: an ending that was announced before, a rule, too many failures, the deadline, its indexes. */
function endingOf(job: Job, tally: Tally, startTime: string | undefined, now: number): Ending | undefined {
  const announced = conditionsOf(job).find(
    ({ type, status }) => (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && status === 'True',
  );
  if (announced !== undefined)
    return {
      type: announced.type === 'FailureTarget' ? 'Failed' : 'Complete',
      reason: announced.reason ?? '',
      message: announced.message ?? '',
    };
  const verdict = tally.pods
    .filter((pod) => isPodFailed(pod, job))
    .map((pod) => verdictOf(pod, job))
    .find(({ action }) => action === 'FailJob');
  if (verdict !== undefined) return { type: 'Failed', reason: 'PodFailurePolicy', message: verdict.message ?? '' };
  const limit = job.spec?.backoffLimit ?? 6;
  const restarts = job.spec?.template.spec?.restartPolicy === 'OnFailure' ? restartsOf(tally.pods) : 0;
  if (tally.failed > limit || (restarts > 0 && restarts >= limit))
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  const deadline = deadlineOf(job, startTime);
  return deadline !== undefined && deadline <= now
    ? { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
    : endingByIndexes(job, tally);
}

/** What the indexes of an indexed job decide: too many of them failed, all are settled, or those succeeded that have to. */
function endingByIndexes(job: Job, { failedIndexes, succeededIndexes }: Tally): Ending | undefined {
  if (!isIndexed(job)) return undefined;
  const { maxFailedIndexes = Number.POSITIVE_INFINITY, completions = 0 } = job.spec!;
  if (failedIndexes.size > maxFailedIndexes)
    return {
      type: 'Failed',
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions)
    return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  const message = metSuccessRule(job, succeededIndexes);
  return message === undefined ? undefined : { type: 'Complete', reason: 'SuccessPolicy', message };
}

function isComplete(job: Job, succeeded: number, active: number): boolean {
  const { completions } = job.spec!;
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
}

/** The Suspended condition where it has to change (ensureJobConditionStatus). */
function suspension(job: Job, now: number): JobCondition | undefined {
  const is = conditionsOf(job).find(({ type }) => type === 'Suspended')?.status === 'True';
  const should = job.spec?.suspend === true;
  if (is === should) return undefined;
  const [reason, message] = should ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
  return { ...conditionOf('Suspended', reason, message, now), status: should ? 'True' : 'False' };
}

/** Deletes what still runs of a job that ends, or works on. */
function* act(object: KubeObject, tally: Tally, ending: Ending | undefined, context: SyncContext): Calls<Work> {
  if (ending === undefined)
    return context.satisfied && object.metadata.deletionTimestamp === undefined
      ? yield* manageJob(object, tally, context)
      : { active: tally.active.length, failed: false };
  const deleted = yield* removePods(object, tally.active, true, context);
  return { active: tally.active.length - deleted, failed: deleted < tally.active.length };
}

/** A pod whose job is gone keeps the finalizer no longer (syncOrphanPod). */
function* release(key: string, context: SyncContext): Sync {
  const pod = lookUp(context.caches, 'pods', key);
  const owner = pod === undefined ? undefined : controllerOf(pod);
  if (pod === undefined || !isTracked(pod)) return done;
  if (owner?.kind === 'Job' && lookUp(context.caches, 'jobs', `${pod.metadata.namespace ?? ''}/${owner.name}`)?.metadata.uid === owner.uid)
    return done;
  const answer = yield* call(removeTracking(pod));
  return ok(answer) || answer.status === 404 ? done : retry;
}

/** pkg/controller/job/job_controller.go, syncJob. */
function* sync(key: string, context: SyncContext): Sync {
  if (key.startsWith(orphan)) return yield* release(key.slice(orphan.length), context);
  const object = lookUp(context.caches, 'jobs', key);
  if (object === undefined || finishedBy(jobOf(object)) !== undefined || jobOf(object).spec?.managedBy !== undefined) return done;
  const job = jobOf(object);
  const tally = tallyOf(object, context.caches);
  const suspended = suspension(job, context.now);
  const resumed = suspended?.status === 'False';
  const begins = job.spec?.suspend !== true && (job.status?.startTime === undefined || resumed);
  const startTime = begins ? formatTime(context.now) : (job.status?.startTime ?? undefined);
  const decided = endingOf(job, tally, startTime, context.now);
  const work = yield* act(object, tally, decided, context);
  const ending =
    decided ??
    (isComplete(job, tally.succeeded, work.active)
      ? ({ type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } as const)
      : undefined);
  const changes = ending === undefined ? suspended : undefined;
  if (changes !== undefined) yield [context.event(object, 'Normal', resumed ? 'Resumed' : 'Suspended', changes.message ?? '')];
  const gone = decided === undefined ? 0 : tally.active.length - work.active;
  const before = job.status ?? {};
  const status: JobStatus = {
    ...before,
    ...(startTime === undefined ? {} : { startTime }),
    ...(changes === undefined ? {} : { conditions: [...conditionsOf(job).filter(({ type }) => type !== 'Suspended'), changes] }),
    active: work.active,
    ready: decided === undefined ? tally.active.filter(isReady).length : 0,
    terminating: tally.terminating + gone,
    uncountedTerminatedPods: before.uncountedTerminatedPods ?? {},
  };
  const differs =
    changes !== undefined ||
    begins ||
    (before.active ?? 0) !== status.active ||
    before.ready !== status.ready ||
    before.terminating !== status.terminating;
  const tracked = yield* track(object, status, tally, ending, differs, context);
  if (!tracked || work.failed) return retry;
  const deadline = ending === undefined ? deadlineOf(job, startTime) : undefined;
  const waits = [
    ...(work.againMs === undefined ? [] : [work.againMs]),
    ...(deadline === undefined ? [] : [Math.max(0, deadline - context.now)]),
  ];
  return waits.length > 0 ? { againMs: Math.min(...waits) } : done;
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** A job that goes leaves pods behind that hold on to their finalizers (deleteJob, enqueueOrphanPod). */
function jobKeys(change: Change, caches: Caches): readonly string[] {
  if (change.type !== 'delete') return [keyOf(change.object)];
  return byIndex(caches['pods'], 'owner', uidOf(change.object))
    .filter(isTracked)
    .map((pod) => orphan + keyOf(pod));
}

function podKeys(change: Change, caches: Caches): readonly string[] {
  const { object } = change;
  const keys = ownerKey(object, 'Job');
  const owner = controllerOf(object);
  const isOrphan =
    isTracked(object) &&
    change.type !== 'delete' &&
    (owner?.kind !== 'Job' || lookUp(caches, 'jobs', keys[0] ?? '')?.metadata.uid !== owner.uid);
  return isOrphan ? [orphan + keyOf(object)] : keys;
}

/** What a pod does, and what the controller itself wrote into a job, can wait. */
function delayOf({ type, object, old }: Change): number {
  if (object.kind === 'Pod') return lostOwner(object) ? 0 : batchMs;
  return type === 'update' && object.metadata.generation === old?.metadata.generation ? batchMs : 0;
}

const lostOwner = (pod: KubeObject): boolean => controllerOf(pod)?.kind !== 'Job';

export const job: ControllerDefinition = {
  name: 'job-controller',
  workers: 5,
  eventSource: 'job-controller',
  batchMs: delayOf,
  observes: { pods: podObservations('Job') },
  handlers: { jobs: jobKeys, pods: podKeys },
  sync,
};

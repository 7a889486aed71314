import type { KubeObject } from '#api/object.ts';
import type { CronJob, Job } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, ok, type SyncContext, type Calls } from '../../controller.ts';
import { finishedBy, jobOf, uidOf } from '../job/objects.ts';

export type Active = NonNullable<NonNullable<CronJob['status']>['active']>;

export const cronJobOf = (object: KubeObject): CronJob => object as unknown as CronJob;
export const jobPath = (namespace: string | undefined, name = ''): string => resourcePath(resources.jobs, namespace, name);

/** deleteJob: deletes one in the background and says so; what is left of the list of active ones. */
export function* deleteJob(
  owner: KubeObject,
  job: { readonly name: string; readonly uid: string },
  active: Active,
  context: SyncContext,
): Calls<Active> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  const answer = yield* call({ method: 'DELETE', path: jobPath(owner.metadata.namespace, job.name), body });
  if (!ok(answer)) {
    const reason = (answer.body as { readonly message?: string } | null)?.message ?? '';
    yield [context.event(owner, 'Warning', 'FailedDelete', `Deleted job: ${reason}`)];
    return active;
  }
  yield [context.event(owner, 'Normal', 'SuccessfulDelete', `Deleted job ${job.name}`)];
  return active.filter(({ uid }) => uid !== job.uid);
}

/** By their start, those that never started last (byJobStartTime). */
function byStart(a: KubeObject, b: KubeObject): number {
  const startOf = (object: KubeObject): string => jobOf(object).status?.startTime ?? '\uffff';
  const [left, right] = [startOf(a) + a.metadata.name, startOf(b) + b.metadata.name];
  return left < right ? -1 : 1;
}

/** pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs: keeps the newest of the finished jobs of each kind. */
export function* cleanUp(object: KubeObject, jobs: readonly KubeObject[], active: Active, context: SyncContext): Calls<Active> {
  const { failedJobsHistoryLimit, successfulJobsHistoryLimit } = cronJobOf(object).spec!;
  const limits: readonly (readonly [type: NonNullable<ReturnType<typeof finishedBy>>['type'], limit: number | undefined])[] = [
    ['Failed', failedJobsHistoryLimit],
    ['Complete', successfulJobsHistoryLimit],
  ];
  let left = active;
  for (const [type, limit] of limits) {
    const finished = jobs.filter((job) => finishedBy(jobOf(job))?.type === type).sort(byStart);
    const surplus = limit === undefined ? [] : finished.slice(0, Math.max(0, finished.length - limit));
    for (const job of surplus) left = yield* deleteJob(object, { name: job.metadata.name, uid: uidOf(job) }, left, context);
  }
  return left;
}

/** The latest end of a job that succeeded. */
export function lastSuccess(jobs: readonly Job[], before: string | undefined): string | undefined {
  const ends = jobs
    .filter((job) => finishedBy(job)?.type === 'Complete')
    .flatMap(({ status }) => (status?.completionTime === undefined ? [] : [status.completionTime]));
  return [...ends, ...(before === undefined ? [] : [before])].sort().at(-1);
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { formatTime } from '#api/object.ts';
import type { CronJob, CronJobStatus } from '#api/types.generated.ts';
import { byIndex } from '#machinery/informer.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext, type Calls } from '../../controller.ts';
import { finishedBy, jobOf, uidOf } from '../job/objects.ts';
import { ownerKey } from '../pods.ts';
import { cleanUp, cronJobOf, deleteJob, jobPath, lastSuccess, type Active } from './history.ts';
import { mostRecent, nextTime, parseSchedule, zoneOffset, type Schedule } from './schedule.ts';

/** After the time that is due, so that it is past (nextScheduleDelta). */
const deltaMs = 100;

type Status = Omit<CronJobStatus, 'active'> & { readonly active: Active };
/** A status to be, and when the schedule is due again; no status where something failed. */
interface Outcome {
  readonly status: Status | undefined;
  readonly againMs?: number | undefined;
}

const pathOf = (object: KubeObject, subresource = ''): string =>
  resourcePath(resources.cronjobs, object.metadata.namespace, object.metadata.name, subresource);

/** Compares the list of active jobs with the jobs there are, and tells of what it finds. */
function* reconcileActive(
  object: KubeObject,
  jobs: readonly KubeObject[],
  status: Status,
  context: SyncContext,
): Calls<Status | undefined> {
  let { active } = status;
  for (const job of jobs) {
    const known = active.some(({ uid }) => uid === job.metadata.uid);
    const finished = finishedBy(jobOf(job));
    if (!known && finished === undefined) {
      const answer = yield* call({ method: 'GET', path: pathOf(object) });
      if (!ok(answer)) return undefined;
      const current = (answer.body as unknown as CronJob).status?.active ?? [];
      if (current.some(({ uid }) => uid === job.metadata.uid)) active = current;
      else
        yield [
          context.event(object, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`),
        ];
    } else if (known && finished !== undefined) {
      active = active.filter(({ uid }) => uid !== job.metadata.uid);
      yield [context.event(object, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${finished.type}`)];
    }
  }
  for (const reference of active) {
    if (jobs.some((job) => job.metadata.uid === reference.uid)) continue;
    const answer = yield* call({ method: 'GET', path: jobPath(object.metadata.namespace, reference.name) });
    if (answer.status !== 404) {
      if (!ok(answer)) return undefined;
      continue;
    }
    yield [context.event(object, 'Normal', 'MissingJob', `Active job went missing: ${reference.name ?? ''}`)];
    active = active.filter(({ uid }) => uid !== reference.uid);
  }
  const lastSuccessfulTime = lastSuccess(jobs.map(jobOf), status.lastSuccessfulTime);
  return { ...status, active, ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) };
}

/** RFC 3339 in the time zone. */
function timeIn(zone: string, time: number): string {
  const offset = zoneOffset(zone, time) ?? 0;
  if (offset === 0) return formatTime(time);
  const minutes = Math.abs(offset) / 60_000;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${formatTime(time + offset).slice(0, -1)}${offset < 0 ? '-' : '+'}${pad(minutes / 60)}:${pad(minutes % 60)}`;
}

/** getJobFromTemplate2: the name says for which minute it is, so that no minute gets two. */
function jobFor(
  object: KubeObject,
  time: number,
  zone: string,
): { readonly metadata: { readonly name: string } } & Readonly<Record<string, unknown>> {
  const { jobTemplate } = cronJobOf(object).spec!;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${object.metadata.name}-${Math.floor(time / 60_000)}`,
      namespace: object.metadata.namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': timeIn(zone, time) },
      ownerReferences: [controllerReference(object)],
    } as { readonly name: string },
    spec: jobTemplate.spec,
  };
}

/** Starts the job of a time that is due. */
function* startJob(object: KubeObject, status: Status, time: number, zone: string, context: SyncContext): Calls<Status | undefined> {
  const body = jobFor(object, time, zone);
  const answer = yield* call({ method: 'POST', path: jobPath(object.metadata.namespace), body });
  if (answer.status === 409) return status;
  if (!ok(answer)) {
    yield [
      context.event(
        object,
        'Warning',
        'FailedCreate',
        `Error creating job: ${(answer.body as { readonly message?: string } | null)?.message ?? ''}`,
      ),
    ];
    return undefined;
  }
  const { metadata } = answer.body as unknown as KubeObject;
  yield [context.event(object, 'Normal', 'SuccessfulCreate', `Created job ${metadata.name}`)];
  const { namespace, name, uid, resourceVersion } = metadata;
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
  return { ...status, active: [...status.active, reference], lastScheduleTime: formatTime(time) };
}

/** What is due now, if anything. */
function* runDue(object: KubeObject, schedule: Schedule, zone: string, status: Status, context: SyncContext): Calls<Status | undefined> {
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJobOf(object).spec!;
  const earliest = Date.parse(status.lastScheduleTime ?? object.metadata.creationTimestamp ?? '');
  const since = startingDeadlineSeconds === undefined ? earliest : Math.max(earliest, context.now - startingDeadlineSeconds * 1000);
  const { time, tooMany } = mostRecent(schedule, since, context.now, zone);
  if (tooMany)
    yield [
      context.event(
        object,
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      ),
    ];
  if (time === undefined) return status;
  if (startingDeadlineSeconds !== undefined && time + startingDeadlineSeconds * 1000 < context.now) {
    yield [
      context.event(
        object,
        'Warning',
        'MissSchedule',
        `Missed scheduled time to start a job: ${new Date(time).toUTCString().replace('GMT', 'UTC')}`,
      ),
    ];
    return status;
  }
  const { name } = jobFor(object, time, zone).metadata;
  if (status.active.some((reference) => reference.name === name) || status.lastScheduleTime === formatTime(time)) return status;
  if (concurrencyPolicy === 'Forbid' && status.active.length > 0) {
    yield [
      context.event(
        object,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      ),
    ];
    return status;
  }
  let { active } = status;
  if (concurrencyPolicy === 'Replace') {
    for (const reference of status.active) {
      const found = yield* call({ method: 'GET', path: jobPath(object.metadata.namespace, reference.name) });
      if (!ok(found)) return undefined;
      active = yield* deleteJob(object, { name: reference.name ?? '', uid: reference.uid ?? '' }, active, context);
    }
    if (active.length > 0) return undefined;
  }
  return yield* startJob(object, { ...status, active }, time, zone, context);
}

/** syncCronJob. */
function* advance(object: KubeObject, jobs: readonly KubeObject[], before: Status, context: SyncContext): Calls<Outcome> {
  const { suspend, schedule: text, timeZone = 'UTC' } = cronJobOf(object).spec!;
  const status = yield* reconcileActive(object, jobs, before, context);
  if (status === undefined || object.metadata.deletionTimestamp !== undefined) return { status };
  if (zoneOffset(timeZone, context.now) === undefined) {
    yield [context.event(object, 'Warning', 'UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`)];
    return { status };
  }
  if (suspend === true) return { status };
  const schedule = parseSchedule(text);
  if (schedule === undefined) {
    yield [context.event(object, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${text}" : it is not a schedule`)];
    return { status };
  }
  const after = yield* runDue(object, schedule, timeZone, status, context);
  const next = nextTime(schedule, context.now, timeZone);
  return { status: after, ...(next === undefined ? {} : { againMs: next - context.now + deltaMs }) };
}

/** pkg/controller/cronjob/cronjob_controllerv2.go, sync. */
function* sync(key: string, context: SyncContext): Sync {
  const object = lookUp(context.caches, 'cronjobs', key);
  if (object === undefined) return done;
  const jobs = byIndex(context.caches['jobs'], 'owner', uidOf(object));
  const before: Status = { ...cronJobOf(object).status, active: cronJobOf(object).status?.active ?? [] };
  const active = yield* cleanUp(object, jobs, before.active, context);
  const { status, againMs } = yield* advance(object, jobs, { ...before, active }, context);
  if (status === undefined) return retry;
  if (!deepEqual(status, before)) {
    const { active: left, ...rest } = status;
    const body = { ...object, status: left.length > 0 ? { ...rest, active: left } : rest };
    const answer = yield* call({ method: 'PUT', path: pathOf(object, 'status'), body });
    if (!ok(answer) && answer.status !== 404) return retry;
  }
  return againMs === undefined ? done : { againMs };
}

export const cronjob: ControllerDefinition = {
  name: 'cronjob-controller',
  workers: 5,
  eventSource: 'cronjob-controller',
  handlers: {
    cronjobs: (change) => {
      const { type, object, old } = change;
      const same =
        type === 'update' &&
        deepEqual(object['spec'], old?.['spec']) &&
        object.metadata.deletionTimestamp === old?.metadata.deletionTimestamp;
      return type === 'delete' || same ? [] : [`${object.metadata.namespace ?? ''}/${object.metadata.name}`];
    },
    jobs: ({ object }) => ownerKey(object, 'CronJob'),
  },
  sync,
};

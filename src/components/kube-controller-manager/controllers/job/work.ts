import type { KubeObject } from '#api/object.ts';
import type { Job, PodTemplateSpec } from '#api/types.generated.ts';
import { mediaTypes } from '#protocol/rest.ts';
import type { Calls, SyncCall, SyncContext } from '../../controller.ts';
import { createPods, deletePods, podPath } from '../pod-control.ts';
import { deletionOrder, podFromTemplate } from '../pods.ts';
import { finishedAt, remainingAfter, remainingBackoffMs } from './failures.ts';
import { failureAnnotations, failuresUntil, hasLimitPerIndex } from './indexes.ts';
import { completionIndex, indexKey, isIndexed, isTracked, jobOf, trackingFinalizer } from './objects.ts';

const burst = 500;

/** The pods of a job as a sync finds them. */
export interface Tally {
  readonly pods: readonly KubeObject[];
  readonly active: readonly KubeObject[];
  readonly succeeded: number;
  readonly failed: number;
  readonly terminating: number;
  readonly succeededIndexes: ReadonlySet<number>;
  /** Those that are not tried again. */
  readonly failedIndexes: ReadonlySet<number>;
  /** The last failed pod of each index that is. */
  readonly toReplace: ReadonlyMap<number, KubeObject>;
}

/** What a sync did about the number of pods. */
export interface Work {
  readonly active: number;
  readonly failed: boolean;
  readonly againMs?: number | undefined;
}

/** removeTrackingFinalizerPatch. */
export const removeTracking = (pod: KubeObject): SyncCall => ({
  method: 'PATCH',
  path: podPath(pod),
  contentType: mediaTypes.strategicMergePatch,
  body: { metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } },
});

/** Deletes pods; how many of the deletions worked (deleteActivePods keeps the finalizers, deleteJobPods does not). */
export function* removePods(job: KubeObject, pods: readonly KubeObject[], keepFinalizers: boolean, context: SyncContext): Calls<number> {
  if (pods.length === 0) return 0;
  const tracked = keepFinalizers ? [] : pods.filter(isTracked);
  if (tracked.length > 0) yield tracked.map(removeTracking);
  return (yield* deletePods(job, pods, context)).done;
}

/** firstPendingIndexes: the lowest indexes that neither succeeded nor failed nor have a pod. */
function pendingIndexes(job: Job, tally: Tally, count: number): readonly number[] {
  const taken = new Set([...tally.succeededIndexes, ...tally.failedIndexes, ...tally.active.map(completionIndex)]);
  const free: number[] = [];
  for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < count; index++) if (!taken.has(index)) free.push(index);
  return free;
}

/** Where a container finds its index (addCompletionIndexEnvVariable). */
const indexVariable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } } };

function withIndexVariable<Container extends { readonly env?: readonly { readonly name: string }[] | undefined }>(
  container: Container,
): Container {
  if (container.env?.some(({ name }) => name === indexVariable.name) === true) return container;
  return { ...container, env: [...(container.env ?? []), indexVariable] };
}

/** The template of a job's pod, by its index where the job is indexed. */
function templateFor(job: KubeObject, index: number | undefined, failures: Readonly<Record<string, string>>): PodTemplateSpec {
  const { template } = jobOf(job).spec!;
  const metadata = { ...template.metadata, finalizers: [...(template.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { ...template, metadata };
  const own = { [indexKey]: String(index) };
  const { containers, initContainers } = template.spec!;
  return {
    ...template,
    metadata: { ...metadata, labels: { ...metadata.labels, ...own }, annotations: { ...metadata.annotations, ...own, ...failures } },
    spec: {
      ...template.spec!,
      hostname: `${job.metadata.name}-${index}`,
      containers: containers.map(withIndexVariable),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndexVariable) }),
    },
  };
}

function podFor(job: KubeObject, index: number | undefined, tally: Tally): object {
  const failures = index === undefined ? {} : failureAnnotations(jobOf(job), tally.toReplace.get(index));
  const made = podFromTemplate(templateFor(job, index, failures), job) as { readonly metadata: object };
  return index === undefined ? made : { ...made, metadata: { ...made.metadata, generateName: `${job.metadata.name}-${index}-` } };
}

/** How many pods should be active now. */
function wanted(job: Job, tally: Tally): number {
  const { completions, parallelism = 1 } = job.spec!;
  if (completions === undefined) return tally.succeeded > 0 ? tally.active.length : parallelism;
  return Math.max(0, Math.min(completions - tally.succeeded, parallelism));
}

interface ToCreate {
  readonly indexes: readonly (number | undefined)[];
  /** When those may follow that have to wait. */
  readonly againMs?: number | undefined;
}

/** Which pods may be made now: the back-off is that of the job, or of each index (getPodCreationInfoForIndependentIndexes). */
function toCreate(job: Job, tally: Tally, count: number, now: number): ToCreate {
  if (!hasLimitPerIndex(job)) {
    const againMs = remainingBackoffMs(tally.pods, job, now);
    if (againMs > 0) return { indexes: [], againMs };
    return { indexes: isIndexed(job) ? pendingIndexes(job, tally, count) : Array.from({ length: count }, () => undefined) };
  }
  const waits = pendingIndexes(job, tally, count).map((index) => {
    const last = tally.toReplace.get(index);
    return [index, last === undefined ? 0 : remainingAfter(failuresUntil(last), finishedAt(last), now)] as const;
  });
  const later = waits.map(([, ms]) => ms).filter((ms) => ms > 0);
  return {
    indexes: waits.filter(([, ms]) => ms <= 0).map(([index]) => index),
    againMs: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** pkg/controller/job/job_controller.go, manageJob: brings the number of active pods to what is wanted. */
export function* manageJob(job: KubeObject, tally: Tally, context: SyncContext): Calls<Work> {
  const { spec } = jobOf(job);
  const active = tally.active.length;
  const aim = spec?.suspend === true ? 0 : wanted(jobOf(job), tally);
  if (active > aim) {
    const surplus = [...tally.active].sort(deletionOrder).slice(0, Math.min(active - aim, burst));
    const deleted = yield* removePods(job, surplus, false, context);
    return { active: active - deleted, failed: deleted < surplus.length };
  }
  const missing = aim - active - (spec?.podReplacementPolicy === 'Failed' ? tally.terminating : 0);
  if (missing <= 0) return { active, failed: false };
  const { indexes, againMs } = toCreate(jobOf(job), tally, Math.min(missing, burst), context.now);
  if (indexes.length === 0) return { active, failed: false, againMs };
  const bodies = indexes.map((index) => podFor(job, index, tally));
  const created = yield* createPods(job, bodies, context);
  return { active: active + created.done, failed: created.error !== undefined, againMs };
}

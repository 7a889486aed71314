import type { KubeObject } from '#api/object.ts';
import type { Job, PodTemplateSpec } from '#api/types.generated.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { ok, type SyncCall, type SyncContext, type Calls } from '../../controller.ts';
import { deletionOrder, podFromTemplate } from '../pods.ts';
import { remainingBackoffMs } from './failures.ts';
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
}

/** What a sync did about the number of pods. */
export interface Work {
  readonly active: number;
  readonly failed: boolean;
  readonly againMs?: number | undefined;
}

const podPath = (pod: KubeObject): string => resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name);
const messageOf = (answer: HttpResponse): string => (answer.body as { readonly message?: string } | null)?.message ?? '';

/** removeTrackingFinalizerPatch. */
export const removeTracking = (pod: KubeObject): SyncCall => ({
  method: 'PATCH',
  path: podPath(pod),
  contentType: mediaTypes.strategicMergePatch,
  body: { metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } },
});

/** Deletes pods and tells of each; how many of the deletions worked (deleteActivePods keeps the finalizers, deleteJobPods does not). */
export function* deletePods(job: KubeObject, pods: readonly KubeObject[], keepFinalizers: boolean, context: SyncContext): Calls<number> {
  if (pods.length === 0) return 0;
  const tracked = keepFinalizers ? [] : pods.filter(isTracked);
  if (tracked.length > 0) yield tracked.map(removeTracking);
  const answers = yield pods.map((pod): SyncCall => ({
    method: 'DELETE',
    path: podPath(pod),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
  }));
  yield pods.map((pod, index) =>
    ok(answers[index]!)
      ? context.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
      : context.event(job, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(answers[index]!)}`),
  );
  return answers.filter((answer) => ok(answer) || answer.status === 404).length;
}

/** firstPendingIndexes: the lowest indexes that neither succeeded nor have a pod. */
function pendingIndexes(job: Job, tally: Tally, count: number): readonly number[] {
  const taken = new Set([...tally.succeededIndexes, ...tally.active.map(completionIndex)]);
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
function templateFor(job: KubeObject, index: number | undefined): PodTemplateSpec {
  const { template } = jobOf(job).spec!;
  const metadata = { ...template.metadata, finalizers: [...(template.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { ...template, metadata };
  const own = { [indexKey]: String(index) };
  const { containers, initContainers } = template.spec!;
  return {
    ...template,
    metadata: { ...metadata, labels: { ...metadata.labels, ...own }, annotations: { ...metadata.annotations, ...own } },
    spec: {
      ...template.spec!,
      hostname: `${job.metadata.name}-${index}`,
      containers: containers.map(withIndexVariable),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndexVariable) }),
    },
  };
}

function podFor(job: KubeObject, index: number | undefined): object {
  const made = podFromTemplate(templateFor(job, index), job) as { readonly metadata: object };
  return index === undefined ? made : { ...made, metadata: { ...made.metadata, generateName: `${job.metadata.name}-${index}-` } };
}

/** Creates pods in batches that double; how many there came to be (manageJob). */
function* createPods(
  job: KubeObject,
  tally: Tally,
  count: number,
  context: SyncContext,
): Calls<{ readonly made: number; readonly failed: boolean }> {
  const indexes = isIndexed(jobOf(job)) ? pendingIndexes(jobOf(job), tally, count) : Array.from({ length: count }, () => undefined);
  let made = 0;
  for (let [from, size] = [0, 1]; from < indexes.length; [from, size] = [from + size, size * 2]) {
    const batch = indexes.slice(from, from + size);
    const answers = yield batch.map((index): SyncCall => ({
      method: 'POST',
      path: resourcePath(resources.pods, job.metadata.namespace),
      body: podFor(job, index),
    }));
    yield answers.map((answer) =>
      ok(answer)
        ? context.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${(answer.body as unknown as KubeObject).metadata.name}`)
        : context.event(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(answer)}`),
    );
    made += answers.filter(ok).length;
    if (!answers.every(ok)) return { made, failed: true };
  }
  return { made, failed: false };
}

/** How many pods should be active now. */
function wanted(job: Job, tally: Tally): number {
  const { completions, parallelism = 1 } = job.spec!;
  if (completions === undefined) return tally.succeeded > 0 ? tally.active.length : parallelism;
  return Math.max(0, Math.min(completions - tally.succeeded, parallelism));
}

/** pkg/controller/job/job_controller.go, manageJob: brings the number of active pods to what is wanted. */
export function* manageJob(job: KubeObject, tally: Tally, context: SyncContext): Calls<Work> {
  const { spec } = jobOf(job);
  const active = tally.active.length;
  const aim = spec?.suspend === true ? 0 : wanted(jobOf(job), tally);
  if (active > aim) {
    const surplus = [...tally.active].sort(deletionOrder).slice(0, Math.min(active - aim, burst));
    const deleted = yield* deletePods(job, surplus, false, context);
    return { active: active - deleted, failed: deleted < surplus.length };
  }
  const missing = aim - active - (spec?.podReplacementPolicy === 'Failed' ? tally.terminating : 0);
  if (missing <= 0) return { active, failed: false };
  const againMs = remainingBackoffMs(tally.pods, jobOf(job), context.now);
  if (againMs > 0) return { active, failed: false, againMs };
  const { made, failed } = yield* createPods(job, tally, Math.min(missing, burst), context);
  return { active: active + made, failed };
}

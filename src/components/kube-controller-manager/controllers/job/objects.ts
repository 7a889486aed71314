import type { KubeObject } from '#api/object.ts';
import type { Job, JobCondition } from '#api/types.generated.ts';
import { podOf } from '../pods.ts';

/** The finalizer that keeps a pod until its end has been counted (batchv1.JobTrackingFinalizer). */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
/** Label and annotation that hold a pod's completion index (batchv1.JobCompletionIndexAnnotation). */
export const indexKey = 'batch.kubernetes.io/job-completion-index';

export const jobOf = (object: KubeObject): Job => object as unknown as Job;
export const isTracked = (pod: KubeObject): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;
export const isIndexed = (job: Job): boolean => job.spec?.completionMode === 'Indexed';
export const uidOf = (object: KubeObject): string => object.metadata.uid ?? '';
export const phaseOf = (pod: KubeObject): string => podOf(pod).status?.phase ?? 'Pending';

/** pkg/controller/job/utils.go, IsJobFinished: the terminal condition, where the job has one. */
export function finishedBy(job: Job): JobCondition | undefined {
  return conditionsOf(job).find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  );
}

export const conditionsOf = (job: Job): readonly JobCondition[] => job.status?.conditions ?? [];

/** isPodFailed: also a pod that is going away, unless only failed ones are replaced. */
export function isPodFailed(pod: KubeObject, job: Job): boolean {
  const phase = phaseOf(pod);
  if (phase === 'Failed') return true;
  return job.spec?.podReplacementPolicy !== 'Failed' && pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded';
}

/** getCompletionIndex; undefined for a pod without a usable one. */
export function completionIndex(pod: KubeObject): number | undefined {
  const text = pod.metadata.annotations?.[indexKey];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The indexes of `1,3-5` (parseIndexesFromString), those below `limit` only. */
export function parseIndexes(text: string, limit: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [from = 0, to = from] = part.split('-').map(Number);
    for (let index = from; index <= Math.min(to, limit - 1); index++) found.add(index);
  }
  return found;
}

/** The reverse (orderedIntervals.String): two in a row are listed, more are a range with a dash. */
export function formatIndexes(indexes: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : to === from + 1 ? `${from},${to}` : `${from}-${to}`)).join(',');
}

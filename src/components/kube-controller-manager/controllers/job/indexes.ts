import type { KubeObject } from '#api/object.ts';
import type { Job } from '#api/types.generated.ts';
import { finishedAt, verdictOf } from './failures.ts';
import { completionIndex, isPodFailed, isTracked, parseIndexes } from './objects.ts';

/** How often the pods of an index had failed when this one was made; failures that a rule ignores are counted apart. */
const countKey = 'batch.kubernetes.io/job-index-failure-count';
const ignoredKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

const countOf = (pod: KubeObject, key: string): number => Number(pod.metadata.annotations?.[key] ?? 0);
const everyFailure = (pod: KubeObject): number => countOf(pod, countKey) + countOf(pod, ignoredKey);

export const hasLimitPerIndex = (job: Job): boolean => job.spec?.backoffLimitPerIndex !== undefined;

/** What a pod of an index is told of those before it (getNewIndexFailureCounts). */
export function failureAnnotations(job: Job, before: KubeObject | undefined): Readonly<Record<string, string>> {
  if (!hasLimitPerIndex(job)) return {};
  if (before === undefined) return { [countKey]: '0' };
  const ignored = verdictOf(before, job).action === 'Ignore';
  const [count, apart] = [countOf(before, countKey) + (ignored ? 0 : 1), countOf(before, ignoredKey) + (ignored ? 1 : 0)];
  return { [countKey]: String(count), ...(apart > 0 ? { [ignoredKey]: String(apart) } : {}) };
}

/** isIndexFailed: a rule fails the index, or it has failed once more than it may. */
function failsIndex(pod: KubeObject, job: Job): boolean {
  const { action } = verdictOf(pod, job);
  return action === 'FailIndex' || (action === 'Count' && countOf(pod, countKey) >= job.spec!.backoffLimitPerIndex!);
}

/** pkg/controller/job/indexed_job_utils.go, calculateFailedIndexes. */
export function failedIndexesOf(job: Job, pods: readonly KubeObject[]): ReadonlySet<number> {
  const completions = job.spec?.completions ?? 0;
  if (!hasLimitPerIndex(job)) return new Set();
  const failed = new Set(parseIndexes(job.status?.failedIndexes ?? '', completions));
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index !== undefined && index < completions && isTracked(pod) && isPodFailed(pod, job) && failsIndex(pod, job)) failed.add(index);
  }
  return failed;
}

/**
 * getPodsWithDelayedDeletionPerIndex: the last pod of an index that is to be tried again keeps its finalizer until the
 * next one knows how often the index has failed.
 */
export function lastFailures(job: Job, pods: readonly KubeObject[], settled: (index: number) => boolean): ReadonlyMap<number, KubeObject> {
  const last = new Map<number, KubeObject>();
  if (!hasLimitPerIndex(job)) return last;
  for (const pod of pods.filter((item) => isPodFailed(item, job))) {
    const index = completionIndex(pod);
    if (index === undefined || index >= (job.spec?.completions ?? 0) || settled(index)) continue;
    const before = last.get(index);
    if (before === undefined || (everyFailure(before) <= everyFailure(pod) && finishedAt(before) <= finishedAt(pod))) last.set(index, pod);
  }
  return last;
}

/** How many failures of its index came before the next pod, for its back-off (getRemainingTimePerIndex). */
export const failuresUntil = (pod: KubeObject): number => everyFailure(pod) + 1;

/** pkg/controller/job/success_policy.go, matchSuccessPolicy: the rule that the succeeded indexes meet, in words. */
export function metSuccessRule(job: Job, succeeded: ReadonlySet<number>): string | undefined {
  const completions = job.spec?.completions ?? 0;
  const rules = job.spec?.successPolicy?.rules ?? [];
  const met = rules.findIndex(({ succeededCount, succeededIndexes }) => {
    const wanted = succeededIndexes === undefined ? undefined : [...parseIndexes(succeededIndexes, completions)];
    const reached = wanted === undefined ? succeeded.size : wanted.filter((index) => succeeded.has(index)).length;
    return reached >= (succeededCount ?? wanted?.length ?? Number.POSITIVE_INFINITY);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}

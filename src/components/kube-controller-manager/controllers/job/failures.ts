import type { KubeObject } from '#api/object.ts';
import type { Job, Pod, PodFailurePolicyRule } from '#api/types.generated.ts';
import { podOf } from '../pods.ts';
import { isPodFailed, phaseOf } from './objects.ts';

const firstBackoffMs = 10_000;
const maxBackoffMs = 600_000;

/** What a failed pod means to its job: the first rule of its failure policy that it matches. */
export interface Verdict {
  readonly action: PodFailurePolicyRule['action'];
  /** Why the job fails, where it does. */
  readonly message?: string | undefined;
}

function matchExitCodes(rule: PodFailurePolicyRule, pod: Pod): { readonly container: string; readonly code: number } | undefined {
  const wanted = rule.onExitCodes;
  if (wanted === undefined) return undefined;
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  for (const { name, state } of statuses) {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (wanted.containerName !== undefined && wanted.containerName !== name)) continue;
    if (wanted.values.includes(code) === (wanted.operator === 'In')) return { container: name, code };
  }
  return undefined;
}

/** pkg/controller/job/pod_failure_policy.go, matchPodFailurePolicy. */
export function verdictOf(object: KubeObject, job: Job): Verdict {
  const pod = podOf(object);
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const where = `matching ${rule.action} rule at index ${index}`;
    const exit = matchExitCodes(rule, pod);
    const name = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (exit !== undefined)
      return { action: rule.action, message: `Container ${exit.container} for pod ${name} failed with exit code ${exit.code} ${where}` };
    const condition = rule.onPodConditions?.find((wanted) =>
      pod.status?.conditions?.some(({ type, status }) => type === wanted.type && status === (wanted.status ?? 'True')),
    );
    if (condition !== undefined) return { action: rule.action, message: `Pod ${name} has condition ${condition.type} ${where}` };
  }
  return { action: 'Count' };
}

/** getFinishedTime: when the last container ended, else when the pod was to go or was last heard of. */
export function finishedAt(object: KubeObject): number {
  const { status } = podOf(object);
  const ends = (status?.containerStatuses ?? []).map((item) => Date.parse(item.state?.terminated?.finishedAt ?? ''));
  if (ends.length > 0 && ends.every((time) => !Number.isNaN(time))) return Math.max(...ends);
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime;
  return Date.parse(object.metadata.deletionTimestamp ?? ready ?? object.metadata.creationTimestamp ?? '');
}

/**
 * pkg/controller/job/backoff_utils.go: how long until a pod may follow those that failed since the last success. Upstream
 * remembers the failures; here they are the failed pods that still exist.
 */
export function remainingBackoffMs(pods: readonly KubeObject[], job: Job, now: number): number {
  const succeeded = Math.max(...pods.filter((pod) => phaseOf(pod) === 'Succeeded').map(finishedAt));
  const failures = pods
    .filter((pod) => isPodFailed(pod, job) && verdictOf(pod, job).action !== 'Ignore')
    .map(finishedAt)
    .filter((time) => time > succeeded);
  return failures.length === 0 ? 0 : remainingAfter(failures.length, Math.max(...failures), now);
}

/** getRemainingTimeForFailuresCount: what is left of the back-off after so many failures, the last at a time. */
export function remainingAfter(failures: number, lastAt: number, now: number): number {
  const backoff = Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 6));
  return Math.max(0, lastAt + backoff - now);
}

/** pastBackoffLimitOnFailure: with restartPolicy OnFailure the restarts of the containers of running pods count. */
export function restartsOf(pods: readonly KubeObject[]): number {
  return pods
    .filter((pod) => ['Running', 'Pending'].includes(phaseOf(pod)))
    .flatMap((pod) => [...(podOf(pod).status?.initContainerStatuses ?? []), ...(podOf(pod).status?.containerStatuses ?? [])])
    .reduce((sum, status) => sum + status.restartCount, 0);
}

import { formatTime, type KubeObject } from './object.ts';
import { labelSelectorFromObject, matchesLabels } from './selectors.ts';
import type { Condition, PodDisruptionBudget } from './types.generated.ts';

/** What is known of disruption budgets to the API server, which evicts, and to the disruption controller. */
export type Budget = PodDisruptionBudget & KubeObject;
export type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;

export const disruptionAllowed = 'DisruptionAllowed';

/** Whether a budget is about a pod; one without a selector, or with an empty one, is about none (GetPodPodDisruptionBudgets). */
export function protects({ metadata, spec }: Budget, pod: KubeObject): boolean {
  const selector = labelSelectorFromObject(spec?.selector);
  return (
    selector !== undefined &&
    selector.length > 0 &&
    metadata.namespace === pod.metadata.namespace &&
    matchesLabels(selector, pod.metadata.labels)
  );
}

/** The status with a condition; its time is that of its last change of status (meta.SetStatusCondition). */
export function withCondition(
  status: BudgetStatus,
  condition: Pick<Condition, 'status' | 'reason' | 'message'>,
  now: number,
): BudgetStatus {
  const before = status.conditions?.find(({ type }) => type === disruptionAllowed);
  const observed = status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration };
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : formatTime(now);
  const next: Condition = { type: disruptionAllowed, ...condition, ...observed, lastTransitionTime };
  return { ...status, conditions: [...(status.conditions ?? []).filter(({ type }) => type !== disruptionAllowed), next] };
}

/** component-helpers/apps/poddisruptionbudget/helpers.go, UpdateDisruptionAllowedCondition. */
export const withAllowedCondition = (status: BudgetStatus, now: number): BudgetStatus =>
  withCondition(
    status,
    (status.disruptionsAllowed ?? 0) > 0
      ? { status: 'True', reason: 'SufficientPods', message: '' }
      : { status: 'False', reason: 'InsufficientPods', message: '' },
    now,
  );

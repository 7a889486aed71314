import { deepEqual } from '#base/json.ts';
import { disruptionAllowed, protects, withAllowedCondition, withCondition, type Budget, type BudgetStatus } from '#api/disruption.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { LabelSelector, PodCondition } from '#api/types.generated.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
} from '../../controller.ts';
import { podKey, podPath } from '../pod-control.ts';
import { isReady, podOf } from '../pods.ts';
import { expectedPods } from './scale.ts';

/** How long an eviction may take until the pod counts again (DeletionTimeout). */
const deletionMs = 120_000;
/** How long a pod may be marked as about to go and not go (stalePodDisruptionTimeout). */
const staleMs = 120_000;
/** Before the key of a pod whose mark may be stale. */
const stale = 'stale ';

const isGoing = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined;
const podsOf = (budget: Budget, caches: Caches): readonly KubeObject[] =>
  byIndex(caches['pods'], 'namespace', budget.metadata.namespace ?? '').filter((pod) => protects(budget, pod));

interface Disrupted {
  readonly pods: Readonly<Record<string, string>>;
  readonly againMs: number | undefined;
  /** Those that were to go and did not. */
  readonly late: readonly KubeObject[];
}

/** buildDisruptedPodMap: the pods that are still about to be deleted. */
function disruptedPods(budget: Budget, pods: readonly KubeObject[], now: number): Disrupted {
  const noted = budget.status?.disruptedPods ?? {};
  const expected = (pod: KubeObject): number => Date.parse(String(noted[pod.metadata.name])) + deletionMs;
  const waiting = pods.filter((pod) => !isGoing(pod) && noted[pod.metadata.name] !== undefined);
  const inTime = waiting.filter((pod) => expected(pod) >= now);
  return {
    pods: Object.fromEntries(inTime.map(({ metadata }) => [metadata.name, String(noted[metadata.name])])),
    againMs: inTime.length === 0 ? undefined : Math.min(...inTime.map(expected)) - now,
    late: waiting.filter((pod) => !inTime.includes(pod)),
  };
}

/** How Go prints a label selector. */
const goSelector = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string =>
  `&LabelSelector{MatchLabels:map[string]string{${Object.entries(matchLabels)
    .sort()
    .map(([key, value]) => `${key}: ${value},`)
    .join(
      '',
    )}},MatchExpressions:[]LabelSelectorRequirement{${matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('')}},}`;

const unmanagedText = (selector: LabelSelector): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${goSelector(selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;

/** ConditionsAreUpToDate. */
function conditionIsCurrent(budget: Budget): boolean {
  const condition = budget.status?.conditions?.find(({ type }) => type === disruptionAllowed);
  const reason = (budget.status?.disruptionsAllowed ?? 0) > 0 ? 'SufficientPods' : 'InsufficientPods';
  return condition?.reason === reason && budget.status?.observedGeneration === budget.metadata.generation;
}

function* write(budget: Budget, status: BudgetStatus): Calls<boolean> {
  const { namespace, name } = budget.metadata;
  const path = resourcePath(resources.poddisruptionbudgets, namespace, name, 'status');
  return ok(yield* call({ method: 'PUT', path, body: { ...budget, status } }));
}

/** trySync and updatePdbStatus; where nothing can be said no disruption is allowed (failSafe). */
function* syncBudget(budget: Budget, context: SyncContext): Sync {
  const { now, caches } = context;
  const pods = podsOf(budget, caches);
  if (pods.length === 0) yield [context.event(budget, 'Normal', 'NoPods', 'No matching pods found')];
  const { expected, desired, unmanaged, error } = yield* expectedPods(budget, pods, caches);
  if (error !== undefined) {
    yield [
      context.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${error}`),
    ];
    const none = { ...budget.status!, disruptionsAllowed: 0 };
    return (yield* write(budget, withCondition(none, { status: 'False', reason: 'SyncFailed', message: error }, now))) ? done : retry;
  }
  if (unmanaged.length > 0) yield [context.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget.spec?.selector ?? {}))];
  const disrupted = disruptedPods(budget, pods, now);
  const { namespace = '' } = budget.metadata;
  const text = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
  yield disrupted.late.map((pod) => context.event(pod, 'Warning', 'NotDeleted', text));
  const healthy = pods.filter((pod) => !isGoing(pod) && disrupted.pods[pod.metadata.name] === undefined && isReady(pod)).length;
  const status: BudgetStatus = {
    ...(budget.status?.conditions === undefined ? {} : { conditions: budget.status.conditions }),
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: expected <= 0 ? 0 : Math.max(0, healthy - desired),
    ...(Object.keys(disrupted.pods).length === 0 ? {} : { disruptedPods: disrupted.pods as never }),
    ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }),
  };
  const same = conditionIsCurrent(budget) && deepEqual(status, budget.status);
  if (!same && !(yield* write(budget, withAllowedCondition(status, now)))) return retry;
  return { againMs: disrupted.againMs };
}

/** When the mark of a pod that was to be disrupted is stale; undefined where there is none (nonTerminatingPodHasStaleDisruptionCondition). */
function staleAt(pod: KubeObject): number | undefined {
  const { status } = podOf(pod);
  const mark = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (
    isGoing(pod) ||
    mark?.status !== 'True' ||
    mark.reason === 'TerminationByKubelet' ||
    ['Succeeded', 'Failed'].includes(status?.phase ?? '')
  )
    return undefined;
  return Date.parse(mark.lastTransitionTime ?? '') + staleMs;
}

/** syncStalePodDisruption: a pod that stayed is no longer about to go. */
function* syncStale(key: string, { caches, now }: SyncContext): Sync {
  const pod = lookUp(caches, 'pods', key);
  const at = pod === undefined ? undefined : staleAt(pod);
  if (pod === undefined || at === undefined) return done;
  if (at > now) return { againMs: at - now };
  const { status } = podOf(pod);
  const cleared: PodCondition = {
    type: 'DisruptionTarget',
    status: 'False',
    lastProbeTime: null as never,
    lastTransitionTime: formatTime(now),
  };
  const conditions = status!.conditions!.map((item) => (item.type === cleared.type ? cleared : item));
  const answer = yield* call({ method: 'PUT', path: `${podPath(pod)}/status`, body: { ...pod, status: { ...status, conditions } } });
  return ok(answer) || answer.status === 404 ? done : retry;
}

function* sync(key: string, context: SyncContext): Sync {
  if (key.startsWith(stale)) return yield* syncStale(key.slice(stale.length), context);
  const budget = lookUp(context.caches, 'poddisruptionbudgets', key) as Budget | undefined;
  return budget === undefined ? done : yield* syncBudget(budget, context);
}

function podKeys({ type, object }: Change, caches: Caches): readonly string[] {
  const store = caches['poddisruptionbudgets']?.store;
  const budgets = [...(store?.prefixed(`${object.metadata.namespace ?? ''}/`) ?? [])].filter(([, budget]) =>
    protects(budget as Budget, object),
  );
  return [...budgets.map(([key]) => key), ...(type === 'delete' || staleAt(object) === undefined ? [] : [stale + podKey(object)])];
}

/** pkg/controller/disruption: how many pods of a budget may be evicted now. */
export const disruption: ControllerDefinition = {
  name: 'disruption-controller',
  workers: 1,
  eventSource: 'controllermanager',
  handlers: { poddisruptionbudgets: ({ object }) => [podKey(object)], pods: podKeys },
  sync,
};

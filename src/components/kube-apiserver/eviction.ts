import { isObject, type Json, type JsonObject } from '#base/json.ts';
import { prefixEnd } from '#base/sorted-map.ts';
import { disruptionAllowed, protects, withAllowedCondition, type Budget } from '#api/disruption.ts';
import { updateManagedFields } from '#api/managed-fields/index.ts';
import { formatTime, type KubeObject, type Status } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { badRequest, conflict, failure, forbiddenResource, isFailure, notFound, success } from '#api/resources/status-errors.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import type { Pod, PodCondition } from '#api/types.generated.ts';
import type { DeleteOptions } from './deletion.ts';
import type { RequestState } from './request-state.ts';
import { cacheOf, type ApiServerState } from './state.ts';
import { deleteObject, failed, guaranteedUpdate, isDryRun, readOne, type Special, type Stored, type StorageRoutine } from './storage.ts';

const budgets = builtInResources.find('policy', 'v1', 'poddisruptionbudgets')!;
const maxDisruptedPods = 2000;
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

/** 429 with the budget's reason; after how many seconds to ask again, where that is known (createTooManyRequestsError). */
function tooMany(message: string, retryAfterSeconds?: number): Status {
  const causes = [{ reason: 'DisruptionBudget', message }];
  return failure(429, 'TooManyRequests', refusal, { causes, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}
const stillProcessed = (name: string): Status => tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);

function noneLeft({ metadata, status }: Budget): Status {
  const condition = status?.conditions?.find(({ type }) => type === disruptionAllowed);
  return tooMany(
    condition?.status === 'False' && condition.reason === 'SyncFailed'
      ? `The disruption budget ${metadata.name} does not allow evicting pods currently because it failed sync: ${condition.message}`
      : `The disruption budget ${metadata.name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
  );
}

/** checkAndDecrement: the budget with one disruption less and the pod written down, or why that may not be. */
function decremented(budget: Budget, pod: string, now: number): Budget | Status {
  const { metadata, status } = budget;
  const { name, generation = 0 } = metadata;
  const allowed = status?.disruptionsAllowed ?? 0;
  const group = { group: 'policy', plural: 'poddisruptionbudget' };
  if ((status?.observedGeneration ?? 0) < generation) return stillProcessed(name);
  if (allowed < 0) return forbiddenResource(group, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods)
    return forbiddenResource(group, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (allowed === 0) return noneLeft(budget);
  const less = { ...status!, disruptionsAllowed: allowed - 1, disruptedPods: { ...status!.disruptedPods, [pod]: formatTime(now) } };
  const updated = { ...budget, status: allowed === 1 ? withAllowedCondition(less, now) : less };
  const { schema, apiVersion } = budgets;
  const time = formatTime(now);
  return updateManagedFields({
    live: budget,
    updated,
    schema,
    apiVersion,
    manager: 'kube-apiserver',
    subresource: 'status',
    time,
  }) as Budget;
}

const isReady = (pod: Pod): boolean => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** A pod that does not run, or that goes already, is disrupted as it is (canIgnorePDB). */
const canIgnoreBudget = ({ metadata, status }: Pod): boolean =>
  ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '') || metadata?.deletionTimestamp !== undefined;

/** A pod that is not ready does not count as healthy: it may go where that is always allowed, or where enough others are. */
function mayGoUnready({ spec, status }: Budget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function withDisruptionTarget(pod: KubeObject, now: number): KubeObject {
  const status = pod['status'] as Pod['status'];
  const before = status?.conditions ?? [];
  const known = before.find(({ type }) => type === 'DisruptionTarget');
  const lastTransitionTime = known?.status === 'True' ? known.lastTransitionTime : formatTime(now);
  const said = { lastProbeTime: null as never, reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  const condition: PodCondition = { type: 'DisruptionTarget', status: 'True', ...said, lastTransitionTime };
  const conditions = known === undefined ? [...before, condition] : before.map((item) => (item === known ? condition : item));
  return { ...pod, status: { ...status, conditions } };
}

/** addConditionAndDeletePod: the pod says why it goes, and goes. */
function* removePod(state: RequestState, resource: ResourceDefinition, options: DeleteOptions, now: number): StorageRoutine {
  const key = storageKey(resource, state.info.namespace, state.info.name);
  const request = { ...state, request: { ...state.request, body: options as Json } };
  if (isDryRun(request)) return yield* deleteObject(request, resource, key, now);
  const version = options.preconditions?.resourceVersion;
  const result = yield* guaranteedUpdate(resource, key, (pod) =>
    version !== undefined && version !== pod.metadata.resourceVersion
      ? changedMeanwhile(resource, pod, version)
      : withDisruptionTarget(pod, now),
  );
  if (isFailure(result)) return failed(result);
  const { resourceVersion } = (result as KubeObject).metadata;
  const preconditions = version === undefined ? options.preconditions : { ...options.preconditions, resourceVersion };
  const body = { ...options, ...(preconditions === undefined ? {} : { preconditions }) };
  return yield* deleteObject({ ...state, request: { ...state.request, body: body as Json } }, resource, key, now);
}

const fields = (value: unknown): JsonObject => (isObject(value) ? (value as JsonObject) : {});

const changedMeanwhile = ({ plural }: ResourceDefinition, { metadata }: KubeObject, version: string): Status =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${plural} "${metadata.name}": the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
    { name: metadata.name, kind: plural },
  );

/** The budgets that protect a pod. */
function budgetsOf(server: ApiServerState, pod: KubeObject): readonly Budget[] {
  const prefix = `${budgets.storagePrefix}/${pod.metadata.namespace ?? ''}/`;
  return [...cacheOf(server, budgets.storagePrefix).values(prefix, prefixEnd(prefix))].filter((budget) =>
    protects(budget as Budget, pod),
  ) as readonly Budget[];
}

const evicted = { type: 'body', status: 201, body: { ...success(), code: 201 } } as const;
const severalBudgets: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  code: 500,
};
const attempts = 20;

/** The pod goes only if it is still as it was when it was looked at. */
const pinnedTo = (pod: KubeObject, options: DeleteOptions): DeleteOptions => ({
  ...options,
  preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion },
});

/** What removing the pod came to; a write that came in between has it looked at again, unless the client named a version itself. */
const answerOf = (result: Stored): Stored =>
  result.type === 'status' && isFailure(result.body)
    ? result
    : { ...evicted, ...(result.removed === undefined ? {} : { removed: result.removed }) };
const isConflict = (result: Stored): boolean => result.type === 'status' && isFailure(result.body) && result.body.code === 409;

/** The pod runs: it goes if its budget allows it. */
function* evictRunning(
  server: ApiServerState,
  state: RequestState,
  resource: ResourceDefinition,
  options: DeleteOptions,
  pod: KubeObject,
  now: number,
): StorageRoutine {
  const [budget, ...others] = budgetsOf(server, pod);
  if (others.length > 0) return failed(severalBudgets);
  if (budget === undefined) return answerOf(yield* removePod(state, resource, options, now));
  if (!isReady(pod as Pod) && mayGoUnready(budget)) {
    const pinned = options.preconditions?.resourceVersion === undefined;
    const result = yield* removePod(state, resource, pinned ? pinnedTo(pod, options) : options, now);
    return pinned && isConflict(result) ? failed(stillProcessed(budget.metadata.name)) : answerOf(result);
  }
  const { namespace = '', name } = budget.metadata;
  const change = (current: KubeObject): KubeObject | Status => decremented(current as Budget, pod.metadata.name, now);
  const counted = isDryRun(state) ? change(budget) : yield* guaranteedUpdate(budgets, storageKey(budgets, namespace, name), change);
  return isFailure(counted) ? failed(counted) : answerOf(yield* removePod(state, resource, options, now));
}

/** registry/core/pod/storage/eviction.go: deletes a pod unless its disruption budget forbids it. */
export const eviction: Special = function* (server, state, resource, now) {
  const body = fields(state.request.body);
  const options = fields(body['deleteOptions']) as DeleteOptions;
  const { namespace, name } = state.info;
  if (fields(body['metadata'])['name'] !== name) return failed(badRequest('name in URL does not match name in Eviction object'));
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = yield* readOne(storageKey(resource, namespace, name));
    if (found === undefined) return failed(notFound(resource, name));
    if (isFailure(found)) return failed(found);
    const pod = found as KubeObject;
    if (!canIgnoreBudget(pod as Pod)) return yield* evictRunning(server, state, resource, options, pod, now);
    const free = options.preconditions?.resourceVersion === undefined;
    const becomes = (pod as Pod).status?.phase === 'Pending' && pod.metadata.deletionTimestamp === undefined;
    const result = yield* removePod(state, resource, free && becomes ? pinnedTo(pod, options) : options, now);
    if (!free || !isConflict(result)) return answerOf(result);
  }
  return failed(conflict(resource, name));
};

import { evaluatorFor } from '#api/quota/index.ts';
import { internalError, isFailure } from '#api/resources/status-errors.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { resourcePath, resources, sendCall } from '#machinery/client.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Address, Effect, Origin } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { loopback } from './loopback.ts';
import { checkRequest, type Charge, type StoredQuota } from './quota-check.ts';
import type { RequestState } from './request-state.ts';
import { isDryRun } from './storage.ts';
import { listCached, type ApiServerState } from './state.ts';

/**
 * The evaluator of quotas (apiserver/pkg/admission/plugin/resourcequota/controller.go, quotaEvaluator): requests wait
 * here until what they use is written into the status of the quotas of their namespace. All that wait for one namespace
 * are checked together and written with one update for each quota; a namespace has one such batch at a time.
 */

/** A request asks whether the quotas of its namespace let it through. */
export interface ChargeQuota {
  readonly type: 'quota.charge';
  readonly charge: Charge;
}
/** The answer; `refused` undefined: it is charged. */
export interface QuotaVerdict {
  readonly type: 'quota.verdict';
  readonly refused: Status | undefined;
}

export interface QuotaWaiter {
  readonly charge: Charge;
  readonly request: Address;
  readonly origin: Origin;
}
interface QuotaBatch {
  readonly waiters: readonly QuotaWaiter[];
  /** How many updates have not been answered. */
  readonly open: number;
  /** The quotas that somebody else changed meanwhile, and what was said of the last. */
  readonly failed: readonly string[];
  readonly error: Status | undefined;
  readonly retries: number;
}
/** The work of one namespace: who waits, and the batch that is being written. */
export interface QuotaWork {
  readonly waiting: readonly QuotaWaiter[];
  readonly batch: QuotaBatch | undefined;
}

interface Occasion {
  readonly now: number;
  readonly origin: Origin;
}
type Result = Outcome<ApiServerState>;

const maxRetries = 3;
export const quotaTimeoutMs = 10_000;
export const quotaTimedOut = (): Status => internalError('resource quota evaluation timed out');

const prefix = '/registry/resourcequotas';
const revisionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0);

/** The quotas of a namespace: from the cache, or as they were written last where the cache is behind (resource_access.go GetQuotas). */
function quotasOf(state: ApiServerState, namespace: string): readonly StoredQuota[] {
  return listCached(state, prefix, namespace).map((cached) => {
    const written = state.chargedQuotas.get(`${namespace}/${cached.metadata.name}`);
    return (written !== undefined && revisionOf(written) > revisionOf(cached) ? written : cached) as StoredQuota;
  });
}

/** What a request has to be charged with; undefined where no quota is concerned (plugin Validate, Evaluate). */
export function quotaCharge(server: ApiServerState, state: RequestState): ChargeQuota | undefined {
  const { info, object, old } = state;
  const { namespace, group, plural, subresource } = info;
  if (namespace === '' || object === undefined || !['create', 'update', 'patch'].includes(info.verb)) return undefined;
  if (group === '' && plural === 'namespaces') return undefined;
  const operation = old === undefined ? 'create' : 'update';
  if (evaluatorFor(group, plural)?.handles(operation, subresource) !== true) return undefined;
  if (quotasOf(server, namespace).length === 0) return undefined;
  return { type: 'quota.charge', charge: { namespace, group, plural, subresource, operation, object, old, dryRun: isDryRun(state) } };
}

/** A request that another story began goes on in its own. */
const because = (waiter: QuotaWaiter, { origin }: Occasion): { readonly because?: Origin } =>
  waiter.origin.story === origin.story ? {} : { because: waiter.origin };

function verdict(waiter: QuotaWaiter, refused: Status | undefined, occasion: Occasion): Effect {
  const message: QuotaVerdict = { type: 'quota.verdict', refused };
  return { type: 'send', to: waiter.request, message, ...because(waiter, occasion) };
}

const idPrefix = 'quota ';
const idOf = (namespace: string, name: string): string => `${idPrefix}${namespace}/${name}`;

/** Writes the new usage, if the quota is still as it was read (UpdateQuotaStatus). */
function updateStatus(state: ApiServerState, quota: StoredQuota, waiter: QuotaWaiter, occasion: Occasion): Effect {
  const { name, namespace = '' } = quota.metadata;
  const { managedFields: _managed, ...metadata } = quota.metadata;
  const call = {
    method: 'PUT',
    path: resourcePath(resources.resourcequotas, namespace, name, 'status'),
    body: { ...quota, metadata },
  } as const;
  return sendCall(loopback(state.self), idOf(namespace, name), call, because(waiter, occasion));
}

/** Checks everybody of a batch against what the ones before leave, and writes what changed (checkQuotas). */
function check(state: ApiServerState, namespace: string, batch: QuotaBatch, occasion: Occasion): Result {
  const read = quotasOf(state, namespace).filter((quota) => batch.failed.length === 0 || batch.failed.includes(quota.metadata.name));
  let quotas: readonly StoredQuota[] = read;
  const effects: Effect[] = [];
  const waiters: QuotaWaiter[] = [];
  for (const waiter of batch.waiters) {
    const result = checkRequest(quotas, waiter.charge, occasion.now);
    const refused = isFailure(result) ? result : undefined;
    if (refused !== undefined || result === quotas || waiter.charge.dryRun) {
      effects.push(verdict(waiter, refused, occasion));
      continue;
    }
    quotas = result as readonly StoredQuota[];
    waiters.push(waiter);
  }
  const changed = quotas.filter((quota, index) => quota !== read[index]);
  effects.push(...changed.map((quota) => updateStatus(state, quota, waiters[0]!, occasion)));
  const waiting = state.quotaWork.get(namespace)?.waiting ?? [];
  const open: QuotaBatch = { ...batch, waiters, open: changed.length, failed: [] };
  const context = { ...state, quotaWork: state.quotaWork.set(namespace, { waiting, batch: open }) };
  if (changed.length > 0) return { context, effects };
  const onward = next(context, namespace, occasion);
  return { context: onward.context, effects: [...effects, ...onward.effects] };
}

/** The next batch of a namespace: all that have come meanwhile. */
function next(state: ApiServerState, namespace: string, occasion: Occasion): Result {
  const waiters = state.quotaWork.get(namespace)?.waiting ?? [];
  if (waiters.length === 0) return { context: { ...state, quotaWork: state.quotaWork.delete(namespace) }, effects: [] };
  const batch: QuotaBatch = { waiters, open: 0, failed: [], error: undefined, retries: maxRetries };
  return check({ ...state, quotaWork: state.quotaWork.set(namespace, { waiting: [], batch }) }, namespace, batch, occasion);
}

/** A request has come to the quotas of its namespace (Evaluate, addWork). */
export function chargeQuota(state: ApiServerState, event: Occasion & { readonly from: Address; readonly message: ChargeQuota }): Result {
  const { charge } = event.message;
  const work = state.quotaWork.get(charge.namespace);
  const waiter: QuotaWaiter = { charge, request: event.from, origin: event.origin };
  const waiting = [...(work?.waiting ?? []), waiter];
  const context = { ...state, quotaWork: state.quotaWork.set(charge.namespace, { waiting, batch: work?.batch }) };
  return work?.batch === undefined ? next(context, charge.namespace, event) : { context, effects: [] };
}

/** An update of a quota is answered; after the last one the batch ends, or what failed is tried again with what is stored now. */
export function quotaUpdated(state: ApiServerState, event: Occasion & { readonly message: HttpResponse }): Result {
  const { id, body } = event.message;
  if (!id.startsWith(idPrefix)) return { context: state, effects: [] };
  const [namespace = '', name = ''] = id.slice(idPrefix.length).split('/');
  const work = state.quotaWork.get(namespace);
  if (work?.batch === undefined) return { context: state, effects: [] };
  const error = isFailure(body) ? body : undefined;
  const written =
    error === undefined ? state.chargedQuotas.set(`${namespace}/${name}`, body as unknown as KubeObject) : state.chargedQuotas;
  const batch: QuotaBatch = {
    ...work.batch,
    open: work.batch.open - 1,
    failed: error === undefined ? work.batch.failed : [...work.batch.failed, name],
    error: error ?? work.batch.error,
  };
  const context = { ...state, chargedQuotas: written, quotaWork: state.quotaWork.set(namespace, { ...work, batch }) };
  if (batch.open > 0) return { context, effects: [] };
  if (batch.failed.length > 0 && batch.retries > 0) return check(context, namespace, { ...batch, retries: batch.retries - 1 }, event);
  const refused = batch.failed.length > 0 ? batch.error : undefined;
  const onward = next(context, namespace, event);
  return { context: onward.context, effects: [...batch.waiters.map((waiter) => verdict(waiter, refused, event)), ...onward.effects] };
}

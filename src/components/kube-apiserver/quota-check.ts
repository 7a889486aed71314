import { addLists, equalLists, exceeding, formatList, maskList, negativeNames, subtractLists, withoutZeros } from '#api/resource-list.ts';
import type { ResourceList } from '#api/resource-list.ts';
import { evaluatorFor, isInScopes, limitedBy, type Evaluator, type QuotaOperation } from '#api/quota/index.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { forbiddenResource } from '#api/resources/status-errors.ts';
import type { ResourceQuota } from '#api/types.generated.ts';

export type StoredQuota = ResourceQuota & KubeObject;

/** A write that quotas may have something to say about. */
export interface Charge {
  readonly namespace: string;
  readonly group: string;
  readonly plural: string;
  readonly subresource: string;
  readonly operation: QuotaOperation;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** Names as refusals show them (prettyPrintResourceNames). */
const nameList = (names: readonly string[]): string => [...names].sort().join(',');

/** What the write adds to what is used: on an update only the difference. */
function deltaOf(evaluator: Evaluator, usage: ResourceList, { operation, old }: Charge, now: number): ResourceList {
  return withoutZeros(operation === 'update' && old !== undefined ? subtractLists(usage, evaluator.usage(old, now)) : usage);
}

/** The quotas that count the object, or why one of them refuses it before anything is added up. */
function pertinent(quotas: readonly StoredQuota[], evaluator: Evaluator, object: KubeObject): readonly StoredQuota[] | string {
  const found: StoredQuota[] = [];
  for (const quota of quotas) {
    const limited = limitedBy(quota.status?.hard, evaluator);
    if (limited.length === 0 || !isInScopes(quota, evaluator, object)) continue;
    const complaint = evaluator.complaint(object, limited);
    if (complaint !== undefined) return `failed quota: ${quota.metadata.name}: ${complaint}`;
    if (limited.some((name) => quota.status?.used?.[name] === undefined))
      return `status unknown for quota: ${quota.metadata.name}, resources: ${nameList(limited)}`;
    found.push(quota);
  }
  return found;
}

/**
 * The quotas as they are after a write, or the refusal (apiserver/pkg/admission/plugin/resourcequota/controller.go,
 * CheckRequest). Quotas that the write does not change keep their identity.
 */
export function checkRequest(quotas: readonly StoredQuota[], charge: Charge, now: number): readonly StoredQuota[] | Status {
  const { group, plural, object } = charge;
  const evaluator = evaluatorFor(group, plural)!;
  const refuse = (message: string): Status => forbiddenResource({ group, plural }, object.metadata.name, message);
  const interested = pertinent(quotas, evaluator, object);
  if (typeof interested === 'string') return refuse(interested);
  const usage = evaluator.usage(object, now);
  const negative = negativeNames(usage);
  if (negative.length > 0) return refuse(`quota usage is negative for resource(s): ${nameList(negative)}`);
  const delta = deltaOf(evaluator, usage, charge, now);
  const changed = new Map<StoredQuota, StoredQuota>();
  for (const quota of interested) {
    const { hard = {}, used = {} } = quota.status ?? {};
    const requested = maskList(delta, Object.keys(hard));
    const sum = addLists(used, requested);
    const over = exceeding(maskList(sum, Object.keys(requested)), hard);
    if (over.length > 0) {
      const [asked, before, limit] = [requested, used, hard].map((list) => formatList(maskList(list, over)));
      return refuse(`exceeded quota: ${quota.metadata.name}, requested: ${asked}, used: ${before}, limited: ${limit}`);
    }
    if (!equalLists(sum, used)) changed.set(quota, { ...quota, status: { ...quota.status, used: sum } });
  }
  return changed.size === 0 ? quotas : quotas.map((quota) => changed.get(quota) ?? quota);
}

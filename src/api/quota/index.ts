import { addLists, maskList, type ResourceList } from '../resource-list.ts';
import type { KubeObject } from '../object.ts';
import type { ResourceQuota } from '../types.generated.ts';
import { evaluatorFor, type Evaluator } from './evaluators.ts';
import { scopesOf } from './scopes.ts';

export { evaluatorFor, type Evaluator, type QuotaOperation } from './evaluators.ts';

/** Whether an object is in all scopes of a quota. */
export function isInScopes(quota: Pick<ResourceQuota, 'spec'>, evaluator: Evaluator, object: KubeObject): boolean {
  return scopesOf(quota).every((scope) => evaluator.inScope(object, scope));
}

/** The names that a quota limits and an evaluator counts. */
export function limitedBy(hard: ResourceList | undefined, evaluator: Evaluator): readonly string[] {
  return Object.keys(hard ?? {}).filter(evaluator.counts);
}

/** Objects of one resource in the namespace of a quota. */
export interface Counted {
  readonly group: string;
  readonly plural: string;
  readonly objects: () => Iterable<KubeObject>;
}

/** What a namespace uses of the limits of a quota (apiserver/pkg/quota/v1/resources.go CalculateUsage). */
export function calculateUsage(quota: Pick<ResourceQuota, 'spec'>, counted: readonly Counted[], now: number): ResourceList {
  const hard = quota.spec?.hard ?? {};
  let used: ResourceList = {};
  for (const { group, plural, objects } of counted) {
    const evaluator = evaluatorFor(group, plural);
    const names = evaluator === undefined ? [] : limitedBy(hard, evaluator);
    if (evaluator === undefined || names.length === 0) continue;
    used = addLists(used, Object.fromEntries(names.map((name) => [name, '0'])));
    for (const object of objects())
      if (isInScopes(quota, evaluator, object)) used = addLists(used, maskList(evaluator.usage(object, now), names));
  }
  return used;
}

import { deepEqual } from '#base/json.ts';
import { canonicalQuantity, parseQuantity } from '../quantity.ts';
import { invalid, required, type FieldError } from '../resources/field-error.ts';
import type { KubeObject } from '../object.ts';
import type { Quantity, ResourceQuota, ResourceQuotaSpec } from '../types.generated.ts';

/** pkg/apis/core/validation/validation.go, ValidateResourceQuota, and the names of pkg/apis/core/helper. */
const podCompute = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const claimNames = ['persistentvolumeclaims', 'requests.storage'];
const wholeNames = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const quotaNames = new Set([
  ...wholeNames,
  ...podCompute,
  ...claimNames,
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);
const isQuotaName = (name: string): boolean => quotaNames.has(name) || /^(requests\.)?hugepages-/.test(name);
const isWhole = (name: string): boolean =>
  wholeNames.has(name) || (name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.'));

/** A name without a domain has to be known, as a resource and as one that quotas limit (ValidateResourceQuotaResourceName). */
function nameErrors(name: string, field: string): FieldError[] {
  if (name.includes('/') || isQuotaName(name)) return [];
  const unknown = name === 'storage' ? [] : [invalid(field, name, 'must be a standard resource type or fully qualified')];
  return [...unknown, invalid(field, name, 'must be a standard resource for quota')];
}

/** ValidateResourceQuantityValue. */
function amountErrors(name: string, amount: Quantity, field: string): FieldError[] {
  const [value, text] = [parseQuantity(amount), canonicalQuantity(amount)];
  if (value < 0) return [invalid(field, text, 'must be greater than or equal to 0')];
  return isWhole(name) && !Number.isInteger(value) ? [invalid(field, text, 'must be an integer')] : [];
}

/** What each scope can be applied to (IsResourceQuotaScopeValidForResource). */
const scopeNames: Readonly<Record<string, readonly string[]>> = {
  Terminating: ['pods', ...podCompute],
  NotTerminating: ['pods', ...podCompute],
  BestEffort: ['pods'],
  NotBestEffort: ['pods', ...podCompute],
  PriorityClass: ['pods', ...podCompute],
  CrossNamespacePodAffinity: ['pods', ...podCompute],
  VolumeAttributesClass: claimNames,
};
const onlyExists = new Set(['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity']);
const contradictions = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

/** What is wrong with one scope, wherever it stands; `shown` is the value that the error names. */
function scopeErrors(scope: string, hard: readonly string[], field: string, unknownAt: string, shown: unknown): FieldError[] {
  const fits = scopeNames[scope];
  const unknown = fits === undefined ? [invalid(unknownAt, unknownAt === field ? shown : scope, 'unsupported scope')] : [];
  const unfit = hard.filter((name) => isQuotaName(name) && fits !== undefined && !fits.includes(name));
  return [...unknown, ...unfit.map(() => invalid(field, shown, 'unsupported scope applied to resource'))];
}

const conflicts = (scopes: readonly string[], field: string, shown: unknown): FieldError[] =>
  contradictions.flatMap((pair) => (pair.every((scope) => scopes.includes(scope)) ? [invalid(field, shown, 'conflicting scopes')] : []));

/** validateScopedResourceSelectorRequirement. */
function selectorErrors(spec: ResourceQuotaSpec, hard: readonly string[]): FieldError[] {
  const field = 'spec.scopeSelector.matchExpressions';
  const list = spec.scopeSelector?.matchExpressions ?? [];
  const errors = list.flatMap(({ scopeName, operator, values = [] }) => {
    const wrong = scopeErrors(scopeName, hard, field, `${field}.scopeName`, spec.scopeSelector);
    if (onlyExists.has(scopeName) && operator !== 'Exists')
      wrong.push(
        invalid(
          `${field}.operator`,
          operator,
          "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      );
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        wrong.push(required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator !== 'Exists' && operator !== 'DoesNotExist')
      wrong.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
    else if (values.length > 0)
      wrong.push(invalid(`${field}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    return wrong;
  });
  return [
    ...errors,
    ...conflicts(
      list.map((item) => item.scopeName),
      field,
      spec.scopes ?? null,
    ),
  ];
}

export function validateQuota(object: KubeObject): FieldError[] {
  const spec = (object as unknown as ResourceQuota).spec ?? {};
  const hard = Object.keys(spec.hard ?? {}).sort();
  const scopes = spec.scopes ?? [];
  return [
    ...hard.flatMap((name) => [...nameErrors(name, `spec.hard[${name}]`), ...amountErrors(name, spec.hard![name]!, `spec.hard[${name}]`)]),
    ...scopes.flatMap((scope) => scopeErrors(scope, hard, 'spec.scopes', 'spec.scopes', scopes)),
    ...conflicts(scopes, 'spec.scopes', scopes),
    ...selectorErrors(spec, hard),
  ];
}

/** What a quota counts cannot change, only how much of it there may be (ValidateResourceQuotaUpdate). */
export function validateQuotaUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [mine, theirs] = [object, old].map((item) => [...((item as unknown as ResourceQuota).spec?.scopes ?? [])].sort());
  return deepEqual(mine, theirs)
    ? []
    : [invalid('spec.scopes', (object as unknown as ResourceQuota).spec?.scopes ?? null, 'field is immutable')];
}

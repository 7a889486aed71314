import { isObject } from '#base/json.ts';
import { canonicalQuantity, compareQuantities, parseQuantity } from '../quantity.ts';
import type { KubeObject } from '../object.ts';
import type { LimitRange, LimitRangeItem, Quantity } from '../types.generated.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from './field-error.ts';

type Fields = Readonly<Record<string, unknown>>;
const parts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Part = (typeof parts)[number];
const listOf = (value: unknown): Fields => (isObject(value) ? value : {});

/** A most is a default limit, a default limit a default request, a least a default request (SetDefaults_LimitRangeItem). */
export function limitRangeItem(item: Fields, canonical: (list: Fields) => Fields): Fields {
  const given = Object.fromEntries(parts.filter((part) => isObject(item[part])).map((part) => [part, canonical(listOf(item[part]))]));
  if (item['type'] !== 'Container') return { ...item, ...given };
  const limits = { ...listOf(given['max']), ...listOf(given['default']) };
  const requests = { ...listOf(given['min']), ...limits, ...listOf(given['defaultRequest']) };
  const some = (part: Part, list: Fields): Fields => (Object.keys(list).length === 0 ? {} : { [part]: list });
  return { ...item, ...given, ...some('default', limits), ...some('defaultRequest', requests) };
}

/** Pairs that have to be in order: the smaller part, the larger, where the error stands, and which value it shows. */
const order: readonly (readonly [low: Part, high: Part, at: Part, shown: Part, words: string])[] = [
  ['min', 'max', 'min', 'min', 'min value % is greater than max value %'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value % is greater than default request value %'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value % is greater than max value %'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value % is greater than default limit value %'],
  ['min', 'default', 'default', 'min', 'min value % is greater than default value %'],
  ['default', 'max', 'default', 'max', 'default value % is greater than max value %'],
];

function ratioErrors(item: LimitRangeItem, name: string, field: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return [];
  const [text, value] = [canonicalQuantity(ratio), parseQuantity(ratio)];
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const most = min === undefined || max === undefined ? Number.POSITIVE_INFINITY : parseQuantity(max) / parseQuantity(min);
  return [
    ...(value < 1 ? [invalid(field, text, `ratio ${text} is less than 1`)] : []),
    ...(value > most ? [invalid(field, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`)] : []),
  ];
}

/** Bounds and defaults of one resource, against each other. */
function orderErrors(item: LimitRangeItem, name: string, field: string): FieldError[] {
  const amount = (part: Part): Quantity | undefined => item[part]?.[name];
  const wrong = order.flatMap(([low, high, at, shown, words]) => {
    const [smaller, larger] = [amount(low), amount(high)];
    if (smaller === undefined || larger === undefined || compareQuantities(smaller, larger) <= 0) return [];
    const texts = [smaller, larger].map(canonicalQuantity);
    return [invalid(`${field}.${at}[${name}]`, canonicalQuantity(amount(shown)!), words.replace('%', texts[0]!).replace('%', texts[1]!))];
  });
  return [...wrong, ...ratioErrors(item, name, `${field}.maxLimitRequestRatio[${name}]`)];
}

function itemErrors(item: LimitRangeItem, field: string): FieldError[] {
  const ofPods = (['default', 'defaultRequest'] as const).filter((part) => item.type === 'Pod' && Object.keys(item[part] ?? {}).length > 0);
  const unbounded = item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined;
  const names = [...new Set(parts.flatMap((part) => Object.keys(item[part] ?? {})))].sort();
  return [
    ...ofPods.map((part) => forbidden(`${field}.${part}`, "may not be specified when `type` is 'Pod'")),
    ...(unbounded ? [required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided')] : []),
    ...names.flatMap((name) => orderErrors(item, name, field)),
  ];
}

/** pkg/apis/core/validation/validation.go, ValidateLimitRange. */
export function validateLimitRange(object: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return ((object as unknown as LimitRange).spec?.limits ?? []).flatMap((item, index) => {
    const field = `spec.limits[${index}]`;
    const again = seen.has(item.type) ? [duplicate(`${field}.type`, item.type)] : [];
    seen.add(item.type);
    return [...again, ...itemErrors(item, field)];
  });
}

import { deepEqual, isObject } from '#base/json.ts';
import type { FieldDifference, FieldPath } from '../view-port.ts';

/** What tells the items of Kubernetes' lists from one another, in this order (x-kubernetes-list-map-keys of most of them). */
const itemKeys = ['name', 'type', 'containerPort', 'port', 'key', 'uid', 'ip'] as const;

function keyOf(items: readonly unknown[]): ((item: unknown) => string) | undefined {
  const key = itemKeys.find((name) => {
    const values = items.map((item) => (isObject(item) ? item[name] : undefined));
    return values.every((value) => value !== undefined) && new Set(values).size === values.length;
  });
  return key === undefined ? undefined : (item) => `[${key}=${String((item as Readonly<Record<string, unknown>>)[key])}]`;
}

/** A list as fields: by what tells its items apart, else by their place. */
function fieldsOf(value: unknown, other: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isObject(value)) return value;
  if (!Array.isArray(value)) return undefined;
  const key = keyOf(value);
  const same = key !== undefined && (!Array.isArray(other) || keyOf(other) !== undefined) ? key : undefined;
  return Object.fromEntries(value.map((item, index) => [same?.(item) ?? `[${index}]`, item]));
}

/** The leaves in which two values differ, in the order of their fields. */
export function differences(a: unknown, b: unknown, path = ''): readonly FieldDifference[] {
  if (deepEqual(a, b)) return [];
  const [left, right] = [fieldsOf(a, b), fieldsOf(b, a)];
  if (left === undefined || right === undefined || Array.isArray(a) !== Array.isArray(b)) return [{ path, a, b }];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.flatMap((name) =>
    differences(left[name], right[name], path === '' ? name : name.startsWith('[') ? `${path}${name}` : `${path}.${name}`),
  );
}

/** The value at a path; undefined where there is none. */
export function valueAt(object: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined,
    object,
  );
}

import { isObject } from '#base/json.ts';

/** The fields of a simple path: `.spec.replicas`. */
const fieldsOf = (path: string): readonly string[] => path.split('.').filter((field) => field !== '');

/** What stands at a simple path. */
export function valueAt(object: unknown, path: string): unknown {
  return fieldsOf(path).reduce((value: unknown, field) => (isObject(value) ? value[field] : undefined), object);
}

/** The object with a value at a simple path. */
export function withValueAt<T extends object>(object: T, path: string, value: unknown): T {
  const set = (target: unknown, [field, ...rest]: readonly string[]): unknown => {
    if (field === undefined) return value;
    const fields = isObject(target) ? target : {};
    return { ...fields, [field]: set(fields[field], rest) };
  };
  return set(object, fieldsOf(path)) as T;
}

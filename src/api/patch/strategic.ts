import { deepEqual, isObject } from '#base/json.ts';
import type { ListSchema, Schema } from '../schema/index.ts';
import { PatchError } from './patch-error.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Strategic merge patch with all its directives. Models apimachinery/pkg/util/strategicpatch/patch.go
 * (StrategicMergeMapPatch). Without a schema everything is merged as RFC 7386 would. Throws PatchError.
 */
export function applyStrategicMergePatch(original: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isObject(patch)) throw new PatchError('cannot unmarshal patch into a map', 400);
  return mergeMap(isObject(original) ? original : {}, patch, schema);
}

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.type === 'struct') return schema.field(key);
  return schema?.type === 'map' ? schema.values : undefined;
}

function mergeMap(original: Fields, patch: Fields, schema: Schema | undefined): Fields {
  const directive = patch['$patch'];
  if (directive === 'delete') return {};
  if (directive === 'replace') return withoutDirectives(patch);
  const result: Record<string, unknown> = { ...original };
  const retain = patch['$retainKeys'];
  if (Array.isArray(retain)) for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) {
      applyListDirective(result, key, value);
      continue;
    }
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergeValue(result[key], value, fieldOf(schema, key));
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith('$setElementOrder/') || !Array.isArray(order)) continue;
    const name = key.slice('$setElementOrder/'.length);
    const list = result[name];
    const field = fieldOf(schema, name);
    if (Array.isArray(list) && field?.type === 'list')
      result[name] = inOrder(list, order, field, Array.isArray(original[name]) ? original[name] : []);
  }
  return result;
}

function applyListDirective(result: Record<string, unknown>, key: string, value: unknown): void {
  const prefix = '$deleteFromPrimitiveList/';
  if (!key.startsWith(prefix) || !Array.isArray(value)) return;
  const name = key.slice(prefix.length);
  const list = result[name];
  if (Array.isArray(list)) result[name] = list.filter((item) => !value.includes(item));
}

function mergeValue(original: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(patch)) return mergeList(Array.isArray(original) ? original : undefined, patch, schema);
  if (!isObject(patch)) return patch;
  return mergeMap(isObject(original) ? original : {}, patch, schema);
}

function mergeList(original: readonly unknown[] | undefined, patch: readonly unknown[], schema: Schema | undefined): unknown {
  if (schema?.type !== 'list' || schema.mergeKey === undefined)
    return patch.map((item) => (isObject(item) ? withoutDirectives(item) : item));
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace'));
  const { mergeKey } = schema;
  const result: unknown[] = [...(original ?? [])];
  if (mergeKey === '') {
    for (const item of patch) if (!result.some((known) => deepEqual(known, item))) result.push(item);
    return inOrder(result, patch, schema, original ?? []);
  }
  for (const item of patch) {
    if (!isObject(item)) throw new PatchError(`expected a map in a list merged by ${mergeKey}`, 400);
    const key = item[mergeKey];
    if (key === undefined) throw new PatchError(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`, 400);
    const index = result.findIndex((known) => isObject(known) && known[mergeKey] === key);
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = mergeMap(result[index] as Fields, item, schema.items);
    else result.push(mergeMap({}, item, schema.items));
  }
  return inOrder(result, patch, schema, original ?? []);
}

/** Models normalizeElementOrder: items of the patch in its order, what only the server has where it was. */
function inOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  schema: ListSchema,
  original: readonly unknown[],
): readonly unknown[] {
  const mergeKey = schema.mergeKey ?? '';
  const keyOf = (item: unknown): unknown => (mergeKey === '' ? item : isObject(item) ? item[mergeKey] : undefined);
  const position = new Map(order.map((item, index) => [keyOf(item), index]));
  const ordered = list.filter((item) => position.has(keyOf(item))).sort((a, b) => position.get(keyOf(a))! - position.get(keyOf(b))!);
  const rest = list.filter((item) => !position.has(keyOf(item)));
  const originalIndex = new Map(original.map((item, index) => [keyOf(item), index]));
  const result: unknown[] = [];
  let next = 0;
  for (const item of ordered) {
    // What is new has no place yet: it goes before what only the server has.
    const at = originalIndex.get(keyOf(item)) ?? -1;
    while (next < rest.length && (originalIndex.get(keyOf(rest[next])) ?? -1) < at) result.push(rest[next++]);
    result.push(item);
  }
  return [...result, ...rest.slice(next)];
}

function withoutDirectives(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, value]) => !key.startsWith('$') && value !== null)
      .map(([key, value]) => [key, isObject(value) ? withoutDirectives(value) : value]),
  );
}

/** A map as Go's %v prints it. */
function goMap(value: Fields): string {
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goText(value[key])}`)
    .join(' ')}]`;
}

function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  return isObject(value) ? goMap(value) : value === null ? '<nil>' : String(value);
}

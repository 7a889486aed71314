import { deepEqual, isObject } from '#base/json.ts';
import type { ListSchema, Schema } from '../schema/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Which half of a difference is wanted. */
interface Wanted {
  readonly deletions: boolean;
  readonly changes: boolean;
  /** Whether merged lists carry their order. */
  readonly order: boolean;
}

/** The strategic patch that makes `modified` out of `original` (strategicpatch.CreateTwoWayMergePatch). */
export function createTwoWayMergePatch(original: unknown, modified: unknown, schema: Schema | undefined): Fields {
  return diffMap(asFields(original), asFields(modified), schema, { deletions: true, changes: true, order: true });
}

/**
 * kubectl apply's patch (strategicpatch.CreateThreeWayMergePatch): what differs between the live object and the new
 * manifest, and what the last applied manifest had and the new one has not.
 */
export function createThreeWayMergePatch(original: unknown, modified: unknown, current: unknown, schema: Schema | undefined): Fields {
  const changes = diffMap(asFields(current), asFields(modified), schema, { deletions: false, changes: true, order: true });
  const deletions = diffMap(asFields(original), asFields(modified), schema, { deletions: true, changes: false, order: true });
  return combine(deletions, changes);
}

const asFields = (value: unknown): Fields => (isObject(value) ? value : {});

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.type === 'struct') return schema.field(key);
  return schema?.type === 'map' ? schema.values : undefined;
}

function diffMap(original: Fields, modified: Fields, schema: Schema | undefined, wanted: Wanted): Fields {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modified)) {
    const before = original[key];
    if (before === undefined) {
      if (wanted.changes && value !== undefined) patch[key] = value;
      continue;
    }
    const field = fieldOf(schema, key);
    if (isObject(value) && isObject(before)) {
      const inner = diffMap(before, value, field, wanted);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(value) && Array.isArray(before)) diffList(patch, key, before, value, field, wanted);
    else if (wanted.changes && !deepEqual(before, value)) patch[key] = value;
  }
  if (wanted.deletions)
    for (const key of Object.keys(original)) if (original[key] !== undefined && modified[key] === undefined) patch[key] = null;
  return patch;
}

function diffList(
  patch: Record<string, unknown>,
  key: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  field: Schema | undefined,
  wanted: Wanted,
): void {
  if (field?.type !== 'list' || field.mergeKey === undefined) {
    if (wanted.changes && !deepEqual(original, modified)) patch[key] = modified;
    return;
  }
  if (field.mergeKey === '') diffScalars(patch, key, original, modified, wanted);
  else diffMerged(patch, key, original, modified, field, wanted);
}

function diffScalars(
  patch: Record<string, unknown>,
  key: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  wanted: Wanted,
): void {
  const added = wanted.changes ? modified.filter((item) => !original.includes(item)) : [];
  const removed = wanted.deletions ? original.filter((item) => !modified.includes(item)) : [];
  if (added.length > 0) patch[key] = added;
  if (removed.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = removed;
  if (added.length + removed.length > 0 && wanted.order) patch[`$setElementOrder/${key}`] = modified;
}

function diffMerged(
  patch: Record<string, unknown>,
  key: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  field: ListSchema,
  wanted: Wanted,
): void {
  const mergeKey = field.mergeKey!;
  const find = (list: readonly unknown[], item: Fields): Fields | undefined =>
    list.find((other) => isObject(other) && other[mergeKey] === item[mergeKey]) as Fields | undefined;
  const items: Fields[] = [];
  for (const item of modified as readonly Fields[]) {
    const before = find(original, item);
    if (before === undefined) {
      if (wanted.changes) items.push(item);
      continue;
    }
    const inner = diffMap(before, item, field.items, wanted);
    if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  if (wanted.deletions)
    for (const item of original as readonly Fields[])
      if (find(modified, item) === undefined) items.push({ $patch: 'delete', [mergeKey]: item[mergeKey] });
  const reordered = wanted.changes && !deepEqual(keysOf(original, mergeKey), keysOf(modified, mergeKey));
  if (items.length > 0) patch[key] = items;
  if ((items.length > 0 || reordered) && wanted.order)
    patch[`$setElementOrder/${key}`] = (modified as readonly Fields[]).map((item) => ({ [mergeKey]: item[mergeKey] }));
}

const keysOf = (list: readonly unknown[], mergeKey: string): unknown[] => list.map((item) => (isObject(item) ? item[mergeKey] : undefined));

/** Two patches of one object in one; lists of merged items are joined by what identifies an item. */
function combine(first: Fields, second: Fields): Fields {
  const result: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = result[key];
    if (isObject(before) && isObject(value)) result[key] = combine(before, value);
    else if (Array.isArray(before) && Array.isArray(value) && !key.startsWith('$'))
      result[key] = [...(value as unknown[]), ...(before as unknown[]).filter((item) => isObject(item) && item['$patch'] === 'delete')];
    else result[key] = value;
  }
  return result;
}

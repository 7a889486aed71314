import { deepEqual, isObject, stableStringify, type JsonObject } from '#base/json.ts';
import type { Schema } from '../schema/index.ts';

/**
 * A set of field paths as a trie in the very form that `fieldsV1` has: `f:name` for fields, `k:{…}` for items by key,
 * `v:…` for items by value, `.` for the thing itself. Models structured-merge-diff/fieldpath.
 */
export type FieldSet = JsonObject;

export const emptySet: FieldSet = {};
const leaf: FieldSet = {};

export function isEmpty(set: FieldSet): boolean {
  if (set === leaf || set === emptySet) return true;
  for (const _ in set) return false;
  return true;
}

/** The element of an item of a list whose items are told apart; undefined for atomic lists. */
export function elementOf(schema: Extract<Schema, { readonly type: 'list' }>, item: unknown): string | undefined {
  if (schema.list === 'set') return `v:${JSON.stringify(item)}`;
  if (schema.list !== 'map' || !isObject(item)) return undefined;
  const keys: Record<string, unknown> = {};
  for (const key of schema.keys) if (item[key] !== undefined) keys[key] = item[key];
  // `protocol` is part of the key of ports and has a default.
  if (schema.keys.includes('protocol')) keys['protocol'] ??= 'TCP';
  return `k:${stableStringify(keys)}`;
}

/**
 * All fields of a value: what an applier of the whole value owns. Elements of maps and items of lists are owned themselves,
 * fields of structs by what is in them (structured-merge-diff/typed/tofieldset.go).
 */
export function fieldsOf(value: unknown, schema: Schema | undefined): FieldSet {
  const fields: Record<string, FieldSet> = {};
  if (schema?.type === 'list' && schema.list !== 'atomic' && Array.isArray(value)) {
    for (const item of value as readonly unknown[]) fields[elementOf(schema, item) ?? ''] = withSelf(fieldsOf(item, schema.items));
    return fields;
  }
  if (!isObject(value) || schema === undefined || !('atomic' in schema ? !schema.atomic : schema.type === 'deduced')) return leaf;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined || inner === null) continue;
    const set = fieldsOf(inner, memberSchema(schema, key));
    fields[`f:${key}`] = schema.type === 'struct' ? set : withSelf(set);
  }
  return fields;
}

/** The members of a thing that is owned itself, too. */
const withSelf = (set: FieldSet): FieldSet => (isEmpty(set) ? set : { '.': leaf, ...set });

export interface Comparison {
  /** Added or modified. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}
const nothing: Comparison = { changed: emptySet, removed: emptySet };
const whole: Comparison = { changed: leaf, removed: emptySet };

/**
 * What differs between two values of one schema. Shared parts cost nothing. `before` undefined stands for the empty Go
 * value of the type, in which structs that are no pointers and fields that are never left out exist already.
 */
export function changedFields(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  if (before === after) return nothing;
  if (schema?.type === 'struct' && !schema.atomic) {
    const present = (key: string): boolean => before === undefined && schema.present(key);
    return compareMaps(before, after, (key) => schema.field(key), present, schema);
  }
  if (schema?.type === 'map' && !schema.atomic)
    return compareMaps(
      before,
      after,
      () => schema.values,
      () => false,
    );
  if (schema?.type === 'list' && schema.list !== 'atomic') return compareLists(before, after, schema);
  if (schema?.type === 'deduced' && isObject(before) && isObject(after))
    return compareMaps(
      before,
      after,
      () => schema,
      () => false,
    );
  return deepEqual(before, after) ? nothing : whole;
}

/** What Go writes for a field that was never set. */
function isZero(value: unknown): boolean {
  return (
    value === '' ||
    value === 0 ||
    value === false ||
    value === null ||
    (isObject(value) && isEmpty(value)) ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** Texts that are pointers: an empty one is not the same as none. */
const pointers = new Set(['HostPathVolumeSource.type', 'PersistentVolumeClaimSpec.storageClassName']);
/** Whether an empty text is as good as none. */
const leavesOut = (owner: Schema | undefined, key: string): boolean => owner?.type === 'struct' && !pointers.has(`${owner.name}.${key}`);

function compareMaps(
  before: unknown,
  after: unknown,
  schemaOf: (key: string) => Schema | undefined,
  present: (key: string) => boolean,
  owner?: Schema,
): Comparison {
  const [left, right] = [isObject(before) ? before : undefined, isObject(after) ? after : undefined];
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const key in right) {
    const value = right[key];
    if (value === undefined || left?.[key] === value || (value === '' && left?.[key] === undefined && leavesOut(owner, key))) continue;
    const schema = schemaOf(key);
    // A time that is no pointer is written even when there is none.
    if (value === null && schema?.type !== 'time') continue;
    if (left?.[key] !== undefined) add(changed, removed, `f:${key}`, changedFields(left[key], value, schema));
    else if (!present(key)) changed[`f:${key}`] = ownFields(value, schema);
    else if (!isZero(value)) add(changed, removed, `f:${key}`, changedFields(undefined, value, schema));
  }
  for (const key in left)
    if (left[key] !== undefined && right?.[key] === undefined) removed[`f:${key}`] = ownFields(left[key], schemaOf(key));
  return { changed, removed };
}

/** The set below a field that is there as a whole: with `.` for things that have members of their own. */
function ownFields(value: unknown, schema: Schema | undefined): FieldSet {
  let members: FieldSet = emptySet;
  if (schema?.type === 'struct' && !schema.atomic)
    members = compareMaps(
      {},
      value,
      (key) => schema.field(key),
      () => false,
      schema,
    ).changed;
  else if (schema?.type === 'map' && !schema.atomic)
    members = compareMaps(
      {},
      value,
      () => schema.values,
      () => false,
    ).changed;
  else if (schema?.type === 'list' && schema.list !== 'atomic') members = compareLists([], value, schema).changed;
  else if (schema?.type === 'deduced' && isObject(value))
    members = compareMaps(
      {},
      value,
      () => schema,
      () => false,
    ).changed;
  return withSelf(members);
}

function compareLists(before: unknown, after: unknown, schema: Extract<Schema, { readonly type: 'list' }>): Comparison {
  const index = (list: unknown): Map<string, unknown> =>
    new Map(Array.isArray(list) ? list.map((item: unknown) => [elementOf(schema, item) ?? '', item]) : []);
  const [left, right] = [index(before), index(after)];
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const [element, item] of right) {
    const old = left.get(element);
    if (old === item && left.has(element)) continue;
    if (old === undefined) changed[element] = ownFields(item, schema.items);
    else add(changed, removed, element, changedFields(old, item, schema.items));
  }
  for (const [element, item] of left) if (!right.has(element)) removed[element] = ownFields(item, schema.items);
  return { changed, removed };
}

function add(changed: Record<string, FieldSet>, removed: Record<string, FieldSet>, element: string, inner: Comparison): void {
  if (inner === whole) changed[element] = leaf;
  else if (!isEmpty(inner.changed)) changed[element] = inner.changed;
  if (!isEmpty(inner.removed)) removed[element] = inner.removed;
}

/** A set that has nothing but the thing itself is written without the dot. */
function bare(set: FieldSet): FieldSet {
  for (const key in set) if (key !== '.') return set;
  return leaf;
}

/** Both sets. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const result: Record<string, FieldSet> = { ...(a as Record<string, FieldSet>) };
  for (const key in b) {
    const [mine, theirs] = [result[key], b[key] as FieldSet];
    if (mine === undefined) result[key] = theirs;
    else if (isEmpty(mine) !== isEmpty(theirs)) result[key] = withSelf(isEmpty(mine) ? theirs : mine);
    else result[key] = union(mine, theirs);
  }
  return result;
}

/** `a` without the fields of `b`. Members go when nothing of them is left, `.` included only where b names it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const key in b) {
    const mine = a[key] as FieldSet | undefined;
    if (mine === undefined) continue;
    const theirs = b[key] as FieldSet;
    result ??= { ...(a as Record<string, FieldSet>) };
    const rest = isEmpty(theirs) ? (isEmpty(mine) ? undefined : mine) : difference(mine, theirs);
    if (rest === undefined || isEmpty(rest)) delete result[key];
    else result[key] = bare(rest);
  }
  return result ?? a;
}

/** `a` without everything at and below the fields of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const key in b) {
    const mine = a[key] as FieldSet | undefined;
    if (mine === undefined) continue;
    const theirs = b[key] as FieldSet;
    result ??= { ...(a as Record<string, FieldSet>) };
    const rest = isEmpty(theirs) || '.' in theirs ? emptySet : recursiveDifference(mine, theirs);
    if (isEmpty(rest)) delete result[key];
    else result[key] = rest;
  }
  return result ?? a;
}

/** The part of a set that a value has. */
export function intersectWithValue(set: FieldSet, value: unknown, schema: Schema | undefined): FieldSet {
  const result: Record<string, FieldSet> = {};
  let dropped = false;
  for (const key in set) {
    const inner = set[key] as FieldSet;
    const found = key === '.' ? { value, schema: undefined } : memberOf(value, schema, key);
    if (found === undefined) {
      dropped = true;
      continue;
    }
    const rest = isEmpty(inner) ? inner : intersectWithValue(inner, found.value, found.schema);
    if (rest !== inner) dropped = true;
    if (isEmpty(inner) || !isEmpty(rest)) result[key] = rest === inner ? inner : bare(rest);
  }
  return dropped ? result : set;
}

/** What an element names in a value; undefined where there is nothing. */
export function memberOf(
  value: unknown,
  schema: Schema | undefined,
  element: string,
): { readonly value: unknown; readonly schema: Schema | undefined } | undefined {
  if (element.startsWith('f:')) {
    const key = element.slice(2);
    const inner = isObject(value) ? value[key] : undefined;
    if (inner === undefined) return undefined;
    return { value: inner, schema: memberSchema(schema, key) };
  }
  if (schema?.type !== 'list' || !Array.isArray(value)) return undefined;
  const item: unknown = value.find((candidate: unknown) => elementOf(schema, candidate) === element);
  return item === undefined ? undefined : { value: item, schema: schema.items };
}

function memberSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.type === 'struct') return schema.field(key);
  if (schema?.type === 'map') return schema.values;
  return schema?.type === 'deduced' ? schema : undefined;
}

/** Whether the sets are equal. */
export function sameSet(a: FieldSet, b: FieldSet): boolean {
  return deepEqual(a, b);
}

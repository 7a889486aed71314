import { isObject } from '#base/json.ts';
import type { Schema } from '../schema/index.ts';
import { elementOf, isEmpty, memberOf, type FieldSet } from './field-set.ts';

type ListSchema = Extract<Schema, { readonly type: 'list' }>;

const fieldSchema = (schema: Schema, key: string): Schema | undefined =>
  schema.type === 'struct' ? schema.field(key) : schema.type === 'map' ? schema.values : schema.type === 'deduced' ? schema : undefined;

/** Whether the members of a value are merged one by one. */
function isGranular(schema: Schema | undefined): schema is Schema {
  if (schema?.type === 'struct' || schema?.type === 'map') return !schema.atomic;
  return schema?.type === 'deduced' || (schema?.type === 'list' && schema.list !== 'atomic');
}

/** A live value with what somebody applies on top. Models structured-merge-diff/typed/merge.go. */
export function mergeValues(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  if (live === undefined || live === applied || !isGranular(schema)) return applied;
  if (schema.type === 'list') return Array.isArray(live) && Array.isArray(applied) ? mergeLists(live, applied, schema) : applied;
  if (!isObject(live) || !isObject(applied)) return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(applied))
    if (value !== undefined) merged[key] = mergeValues(live[key], value, fieldSchema(schema, key));
  return merged;
}

/** Items in the order of who applies; those that only the live list has stay where they were (mergeListItems). */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], schema: ListSchema): readonly unknown[] {
  const keyOf = (item: unknown): string => elementOf(schema, item) ?? '';
  const [left, right] = [live.map(keyOf), applied.map(keyOf)];
  const known = new Map(live.map((item, index) => [left[index]!, item]));
  const wanted = new Set(right);
  const shared = right.filter((key) => known.has(key));
  const out: unknown[] = [];
  const take = (index: number): void => {
    const key = right[index]!;
    out.push(known.has(key) ? mergeValues(known.get(key), applied[index], schema.items) : applied[index]);
    if (shared[0] === key) shared.shift();
  };
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const key = left[l];
    if (key !== undefined && key === right[r]) {
      take(r++);
      l++;
    } else if (key !== undefined && r < right.length && wanted.has(key) && shared[0] !== undefined && shared[0] !== key) l++;
    else if (key !== undefined && !wanted.has(key)) out.push(live[l++]);
    else if (r < right.length) take(r++);
    else l++;
  }
  return out;
}

/**
 * The merged value without what its manager applied before, applies no longer, and nobody else owns. Models
 * structured-merge-diff/merge/update.go, prune. @param before what the manager owned @param now what it owns @param others what others own
 */
export function pruneDropped(
  value: unknown,
  schema: Schema | undefined,
  before: FieldSet,
  now: FieldSet,
  others: readonly FieldSet[],
): unknown {
  let result = value;
  for (const element of Object.keys(before)) {
    const member = element === '.' ? undefined : memberOf(result, schema, element);
    if (member === undefined) continue;
    const mine = now[element] as FieldSet | undefined;
    const theirs = others.map((set) => set[element] as FieldSet | undefined).filter((set) => set !== undefined);
    const inner = before[element] as FieldSet;
    // Of a struct that is not owned itself, only what was owned in it goes; what is left empty goes, too.
    const whole = isEmpty(inner) || inner['.'] !== undefined;
    if (mine === undefined && theirs.length === 0 && whole) result = withMember(result, schema, element, undefined);
    else if (!isEmpty(inner)) {
      const pruned = pruneDropped(member.value, member.schema, inner, mine ?? {}, theirs);
      const bare = pruned !== member.value && isObject(pruned) && Object.keys(pruned).length === 0;
      result = withMember(result, schema, element, bare ? undefined : pruned);
    }
  }
  return result;
}

/** The value with another member in place of one; undefined: without it. */
function withMember(value: unknown, schema: Schema | undefined, element: string, member: unknown): unknown {
  if (Array.isArray(value) && schema?.type === 'list') {
    const items = value as readonly unknown[];
    return items.flatMap((item) => (elementOf(schema, item) !== element ? [item] : member === undefined ? [] : [member]));
  }
  const { [element.slice(2)]: old, ...rest } = value as Readonly<Record<string, unknown>>;
  return old === member ? value : member === undefined ? rest : { ...(value as object), [element.slice(2)]: member };
}

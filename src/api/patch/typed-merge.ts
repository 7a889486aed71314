import { deepEqual, isObject } from '#base/json.ts';
import { elementOf } from '../managed-fields/field-set.ts';
import type { Schema } from '../schema/index.ts';

/** structured-merge-diff's Merge, without ownership: what the patch has is set, everything else stays (typed/merge.go). */
export function mergeTyped(live: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (live === undefined || live === null) return patch;
  if (
    isObject(patch) &&
    isObject(live) &&
    (schema?.type === 'struct' || schema?.type === 'map' || schema === undefined || schema.type === 'any')
  ) {
    const result: Record<string, unknown> = { ...live };
    for (const [key, value] of Object.entries(patch)) {
      const inner = schema?.type === 'struct' ? schema.field(key) : schema?.type === 'map' ? schema.values : undefined;
      result[key] = mergeTyped(live[key], value, inner);
    }
    return deepEqual(result, live) ? live : result;
  }
  if (Array.isArray(patch) && Array.isArray(live) && schema?.type === 'list' && schema.list !== 'atomic') {
    const element = (item: unknown): string => elementOf(schema, item) ?? '';
    const patches = new Map(patch.map((item: unknown) => [element(item), item]));
    const known = new Set(live.map(element));
    const merged = live.map((item: unknown) =>
      patches.has(element(item)) ? mergeTyped(item, patches.get(element(item)), schema.items) : item,
    );
    return [...merged, ...patch.filter((item: unknown) => !known.has(element(item)))];
  }
  return patch;
}

/** The places at which a patch has lists, maps or structs that can only be replaced as a whole (mutating/patch/smd.go, findAtomics). */
export function atomicParts(patch: unknown, schema: Schema | undefined, path = ''): string[] {
  if (Array.isArray(patch) && schema?.type === 'list') {
    const own = schema.list === 'atomic' ? [path] : [];
    return [...own, ...patch.flatMap((item: unknown, index) => atomicParts(item, schema.items, `${path}[${index}]`))];
  }
  if (!isObject(patch) || (schema?.type !== 'struct' && schema?.type !== 'map')) return [];
  const own = schema.atomic ? [path] : [];
  const inner = (key: string): Schema | undefined => (schema.type === 'struct' ? schema.field(key) : schema.values);
  return [...own, ...Object.keys(patch).flatMap((key) => atomicParts(patch[key], inner(key), `${path}.${key}`))];
}

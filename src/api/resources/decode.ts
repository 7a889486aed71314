import { isObject } from '#base/json.ts';
import type { KubeObject } from '../object.ts';
import { checkFields, cleaned, decodeError, dropUnknown, unclean, type StructSchema } from '../schema/index.ts';

/** What a body comes to: an object with the fields that it should not have had, or why it is none. */
export type Decoded =
  { readonly object: KubeObject; /** `unknown field "spec.x"` */ readonly unknown: readonly string[] } | { readonly wrong: string };

/** Decodes into a Go struct: a value of a wrong type is an error, an unknown field is dropped. @param known an object that was decoded before */
export function decodeStruct(raw: KubeObject, schema: StructSchema | undefined, known: KubeObject | undefined): Decoded {
  const clean = cleaned(raw, schema, known);
  if (clean !== unclean) return { object: clean as KubeObject, unknown: [] };
  const wrong = decodeError(raw, schema);
  return wrong === undefined ? { object: dropUnknown(raw, schema), unknown: checkFields(raw, schema) } : { wrong };
}

/** A time that is no pointer in Go is written as null where there is none. So far these are those of pods' conditions. */
export function withTimes(kind: string, decoded: Decoded): Decoded {
  if (kind !== '/Pod' || 'wrong' in decoded) return decoded;
  const { status } = decoded.object as { readonly status?: unknown };
  const conditions = isObject(status) ? status['conditions'] : undefined;
  if (!isObject(status) || !Array.isArray(conditions)) return decoded;
  const lacks = (item: unknown): boolean => isObject(item) && item['lastProbeTime'] === undefined;
  if (!conditions.some(lacks)) return decoded;
  const filled = conditions.map((item: unknown) => (lacks(item) ? { ...(item as object), lastProbeTime: null } : item));
  return { ...decoded, object: { ...decoded.object, status: { ...status, conditions: filled } } as KubeObject };
}

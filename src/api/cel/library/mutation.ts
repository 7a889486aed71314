import { isObject } from '#base/json.ts';
import { engine } from '../engine.ts';
import { fail, type Library } from './types.ts';

/** A value of an initializer: its type by the name that the expression gave it, and its fields. */
export class MessageValue {
  readonly name: string;
  readonly fields: ReadonlyMap<string, unknown>;
  constructor(name: string, fields: unknown) {
    const entries: readonly (readonly [string, unknown])[] =
      fields instanceof Map ? [...(fields as Map<string, unknown>)] : isObject(fields) ? Object.entries(fields) : [];
    const present = new Map<string, unknown>();
    for (const [key, value] of entries) {
      if (!key.startsWith('?')) present.set(key, value);
      else if (!(value instanceof engine.value.Optional)) fail('no such overload');
      else if (value.hasValue()) present.set(key.slice(1), value.value());
    }
    this.name = name;
    this.fields = present;
  }
}

/** Part of an object, as an apply configuration has it. */
class ObjectValue extends MessageValue {}
/** One operation of a JSON patch. */
class JsonPatchValue extends MessageValue {}

const patchFields = new Set(['op', 'path', 'from', 'value']);

function jsonPatch(name: string, fields: unknown): JsonPatchValue {
  const value = new JsonPatchValue(name, fields);
  for (const field of value.fields.keys()) if (!patchFields.has(field)) fail(`no such field '${field}'`);
  return value;
}

/** Finds a part whose type is not named after the field that it is the value of (cel/mutation, CheckTypeNamesMatchFieldPathNames). */
export function misnamed(value: unknown, path: string): string | undefined {
  if (Array.isArray(value)) return value.map((item) => misnamed(item, path)).find((found) => found !== undefined);
  if (value instanceof Map) return [...value.values()].map((item) => misnamed(item, path)).find((found) => found !== undefined);
  if (!(value instanceof ObjectValue)) return undefined;
  if (value.name !== path)
    return `unexpected type name "${value.name}", expected "${path}", which matches field name path from root Object type`;
  return [...value.fields].map(([field, inner]) => misnamed(inner, `${path}.${field}`)).find((found) => found !== undefined);
}

class JsonPatchNamespace {}

/** k8s.io/apiserver/pkg/cel/mutation, and library/jsonpatch.go: what only mutating policies may use. */
export const mutation: Library = {
  types: { Object: ObjectValue, JSONPatch: JsonPatchValue, JsonPatchNamespace },
  constants: { jsonpatch: ['JsonPatchNamespace', new JsonPatchNamespace()] },
  functions: [
    ['Object_(string, map): Object', (name: string, fields: unknown) => new ObjectValue(name, fields)],
    ['JSONPatch_(string, map): JSONPatch', jsonPatch],
    ['JsonPatchNamespace.escapeKey(string): string', (_: unknown, key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')],
  ],
};

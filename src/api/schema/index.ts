import { isObject } from '#base/json.ts';
import type { GroupVersionKind } from '../object.ts';
import { quantityError, tryParseQuantity } from '../quantity.ts';
import data from './schema.generated.json' with { type: 'json' };

/** A type in the generated data. */
type Encoded =
  | string
  | {
      readonly list: Encoded;
      readonly type?: 'map' | 'set';
      readonly keys?: readonly string[];
      readonly merge?: string;
      readonly retainKeys?: boolean;
    }
  | { readonly map: Encoded; readonly atomic?: boolean }
  | { readonly of: string; readonly atomic: boolean };

/** The shape of a value: what patches, field ownership and decoding need to know of it. Recursive types are lazy. */
export type Schema =
  /** No schema at all: maps are taken apart, everything else is one value (`__untyped_deduced_`). */
  | { readonly type: 'deduced' }
  | { readonly type: 'any' | 'string' | 'bytes' | 'time' | 'quantity' | 'int-or-string' | 'int32' | 'int64' | 'number' | 'boolean' }
  | {
      readonly type: 'struct';
      readonly name: string;
      readonly atomic: boolean;
      readonly required: readonly string[];
      /** Whether a field is there even in an empty value: structs that are no pointers, and what is never left out. */ present(
        name: string,
      ): boolean;
      field(name: string): Schema | undefined;
      readonly fields: readonly string[];
    }
  | { readonly type: 'map'; readonly atomic: boolean; readonly values: Schema }
  | {
      readonly type: 'list';
      readonly items: Schema;
      /** How ownership is kept: whole list, by key fields, or by value. */
      readonly list: 'atomic' | 'map' | 'set';
      readonly keys: readonly string[];
      /** Strategic merge: the key by which items are merged ('' for lists of scalars); undefined where the list is replaced. */
      readonly mergeKey: string | undefined;
      readonly retainKeys: boolean;
    };

export type StructSchema = Extract<Schema, { readonly type: 'struct' }>;
export type ListSchema = Extract<Schema, { readonly type: 'list' }>;

const encoded = data as unknown as {
  readonly types: Readonly<
    Record<
      string,
      {
        readonly fields: Readonly<Record<string, Encoded>>;
        readonly required?: readonly string[];
        readonly present?: readonly string[];
        readonly atomic?: boolean;
      }
    >
  >;
  readonly kinds: Readonly<Record<string, string>>;
};
const structs = new Map<string, StructSchema>();
const scalars = new Map<string, Schema>();

function scalar(type: string): Schema {
  let schema = scalars.get(type);
  if (schema === undefined) scalars.set(type, (schema = { type } as Schema));
  return schema;
}

function struct(name: string): StructSchema {
  const known = structs.get(name);
  if (known !== undefined) return known;
  const { fields, required = [], present = [], atomic = false } = encoded.types[name]!;
  const resolved = new Map<string, Schema>();
  const schema: StructSchema = {
    type: 'struct',
    name,
    atomic,
    required,
    fields: Object.keys(fields),
    present: (key) => present.includes(key),
    field(key) {
      let found = resolved.get(key);
      const type = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (found === undefined && type !== undefined) resolved.set(key, (found = decode(type)));
      return found;
    },
  };
  structs.set(name, schema);
  return schema;
}

function decode(type: Encoded): Schema {
  if (typeof type === 'string') return type.startsWith('#') ? struct(type.slice(1)) : scalar(type);
  if ('map' in type) return { type: 'map', atomic: type.atomic === true, values: decode(type.map) };
  if ('of' in type) {
    const inner = decode(type.of) as StructSchema;
    return { ...inner, atomic: type.atomic };
  }
  return {
    type: 'list',
    items: decode(type.list),
    list: type.type ?? 'atomic',
    keys: type.keys ?? [],
    mergeKey: type.merge,
    retainKeys: type.retainKeys === true,
  };
}

/** The schema of a kind; undefined for kinds that are not built in. */
export function schemaFor(gvk: GroupVersionKind): StructSchema | undefined {
  const name = encoded.kinds[`${gvk.group}/${gvk.version}/${gvk.kind}`];
  return name === undefined ? undefined : struct(name);
}

/** Strict decoding: the fields that no schema knows, in the words of sigs.k8s.io/json. */
export function checkFields(value: unknown, schema: Schema | undefined, path = ''): string[] {
  if (schema === undefined || schema.type === 'any') return [];
  if (schema.type === 'struct' && isObject(value)) {
    return Object.keys(value).flatMap((key) => {
      const place = path === '' ? key : `${path}.${key}`;
      const field = schema.field(key);
      return field === undefined ? [`unknown field "${place}"`] : checkFields(value[key], field, place);
    });
  }
  if (schema.type === 'map' && isObject(value))
    return Object.keys(value).flatMap((key) => checkFields(value[key], schema.values, `${path}.${key}`));
  if (schema.type === 'list' && Array.isArray(value))
    return value.flatMap((item: unknown, index) => checkFields(item, schema.items, `${path}[${index}]`));
  return [];
}

const goTypes: Readonly<Record<string, string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  number: 'float64',
  boolean: 'bool',
  bytes: '[]uint8',
  time: 'v1.Time',
};

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'time':
      return typeof value === 'string';
    case 'int32':
      return typeof value === 'number' && (value | 0) === value;
    case 'int64':
      return typeof value === 'number' && Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'quantity':
      return typeof value === 'number' || (typeof value === 'string' && tryParseQuantity(value) !== undefined);
    default:
      return true;
  }
}

/** What `cleaned` gives for a value that the slow checks have something to say about. */
export const unclean: unique symbol = Symbol('unclean');

/** What a null becomes in a list of Go values. */
function zeroOf(schema: Schema): unknown {
  if (schema.type === 'struct' || schema.type === 'map') return {};
  if (schema.type === 'string') return '';
  if (schema.type === 'int32' || schema.type === 'int64' || schema.type === 'number') return 0;
  return schema.type === 'boolean' ? false : null;
}

/**
 * A value that is what its schema says, without its nulls; `unclean` where something is unknown or of a wrong type, which
 * the other checks of this file then name. Parts of `known`, a value that was decoded before, are not looked at again.
 */
export function cleaned(value: unknown, schema: Schema | undefined, known: unknown): unknown {
  if (value === known || value === undefined || schema === undefined || schema.type === 'any') return value;
  if (schema.type === 'struct' || schema.type === 'map') {
    if (!isObject(value)) return unclean;
    const before = isObject(known) ? known : undefined;
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const field = schema.type === 'map' ? schema.values : schema.field(key);
      if (field === undefined) return unclean;
      const inner = value[key];
      const next = inner === null ? undefined : cleaned(inner, field, before?.[key]);
      if (next === inner) continue;
      if (next === unclean) return unclean;
      copy ??= { ...value };
      if (next === undefined) delete copy[key];
      else copy[key] = next;
    }
    return copy ?? value;
  }
  if (schema.type !== 'list') return fits(value, schema.type) ? value : unclean;
  if (!Array.isArray(value)) return unclean;
  const before = Array.isArray(known) ? (known as readonly unknown[]) : undefined;
  let copy: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const inner: unknown = value[i];
    const next = inner === null ? zeroOf(schema.items) : cleaned(inner, schema.items, before?.[i]);
    if (next === inner) continue;
    if (next === unclean) return unclean;
    copy ??= value.slice();
    copy[i] = next;
  }
  return copy ?? value;
}

/** Whether all values are of the types of their fields; unknown fields do not matter. */
function wellTyped(value: unknown, schema: Schema | undefined): boolean {
  if (schema === undefined || value === null || value === undefined || schema.type === 'any') return true;
  if (schema.type === 'struct' || schema.type === 'map') {
    if (!isObject(value)) return false;
    for (const key in value) if (!wellTyped(value[key], schema.type === 'map' ? schema.values : schema.field(key))) return false;
    return true;
  }
  if (schema.type !== 'list') return fits(value, schema.type);
  if (!Array.isArray(value)) return false;
  for (const inner of value as readonly unknown[]) if (!wellTyped(inner, schema.items)) return false;
  return true;
}

/** The first value of a wrong type, in the words of encoding/json: `json: cannot unmarshal string into Go struct field …`. */
export function decodeError(value: unknown, schema: Schema | undefined): string | undefined {
  return wellTyped(value, schema) ? undefined : firstWrong(value, schema, '', '');
}

function firstWrong(value: unknown, schema: Schema | undefined, path: string, owner: string): string | undefined {
  if (schema === undefined || value === null || value === undefined || schema.type === 'any') return undefined;
  const given = typeof value === 'number' && /^int/.test(schema.type) ? `number ${value}` : jsonType(value);
  const complain = (goType: string): string => `json: cannot unmarshal ${given} into Go struct field ${owner}.${path} of type ${goType}`;
  if (schema.type === 'struct') {
    if (!isObject(value)) return complain(`v1.${schema.name}`);
    for (const [key, inner] of Object.entries(value)) {
      const error = firstWrong(inner, schema.field(key), path === '' ? key : `${path}.${key}`, schema.name);
      if (error !== undefined) return error;
    }
    return undefined;
  }
  if (schema.type === 'map') {
    if (!isObject(value)) return complain(`map[string]${schema.values.type}`);
    for (const inner of Object.values(value)) {
      const error = firstWrong(inner, schema.values, path, owner);
      if (error !== undefined) return error;
    }
    return undefined;
  }
  if (schema.type === 'list') {
    if (!Array.isArray(value))
      return complain(`[]${schema.items.type === 'struct' ? `v1.${schema.items.name}` : (goTypes[schema.items.type] ?? 'string')}`);
    for (const inner of value as readonly unknown[]) {
      const error = firstWrong(inner, schema.items, path, owner);
      if (error !== undefined) return error;
    }
    return undefined;
  }
  if (fits(value, schema.type)) return undefined;
  return schema.type === 'quantity' ? quantityError : complain(goTypes[schema.type] ?? schema.type);
}

/** The value without the fields that its schema does not know, and without nulls; the same reference when there are none. */
export function dropUnknown<T>(value: T, schema: Schema | undefined): T {
  if (schema === undefined || schema.type === 'any') return value;
  if (schema.type === 'struct' || schema.type === 'map') {
    if (!isObject(value)) return value;
    let copy: Record<string, unknown> | undefined;
    for (const [key, inner] of Object.entries(value)) {
      const field = schema.type === 'map' ? schema.values : schema.field(key);
      const next = field === undefined || inner === null ? undefined : dropUnknown(inner, field);
      if (next === inner) continue;
      copy ??= { ...value };
      if (next === undefined) delete copy[key];
      else copy[key] = next;
    }
    return (copy ?? value) as T;
  }
  if (schema.type === 'list' && Array.isArray(value)) {
    const items = value.map((item: unknown) => (item === null ? zeroOf(schema.items) : dropUnknown(item, schema.items)));
    return (items.some((item, index) => item !== (value as unknown[])[index]) ? items : value) as T;
  }
  return value;
}

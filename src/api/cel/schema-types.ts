import type { Schema, StructSchema } from '../schema/index.ts';

/** Types of the checker by name, with their fields. */
export type ObjectTypes = Readonly<Record<string, Readonly<Record<string, string>>>>;

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bytes: 'bytes',
  time: 'google.protobuf.Timestamp',
  int32: 'int',
  int64: 'int',
  number: 'double',
  boolean: 'bool',
};

/**
 * The types of a kind for the checker of expressions (apiserver/pkg/cel/common, SchemaDeclType): its own, and those of all
 * it is made of. What may be a number or a text may be anything.
 */
export function objectTypes(root: StructSchema): { readonly name: string; readonly types: ObjectTypes } {
  const types: Record<string, Record<string, string>> = {};
  const typeOf = (schema: Schema): string => {
    switch (schema.type) {
      case 'struct': {
        const name = schema.name.replace(/[^\w.]/g, '_');
        if (types[name] !== undefined) return name;
        const fields: Record<string, string> = {};
        types[name] = fields;
        for (const field of schema.fields) fields[field] = typeOf(schema.field(field)!);
        return name;
      }
      case 'map':
        return `map<string, ${typeOf(schema.values)}>`;
      case 'list':
        return `list<${typeOf(schema.items)}>`;
      default:
        return scalars[schema.type] ?? 'dyn';
    }
  };
  return { name: typeOf(root), types };
}

import { isObject } from '#base/json.ts';
import { celEnvironment, compileExpression, evaluate, type CelEnvironment } from '../cel/index.ts';
import type { JSONSchemaProps } from '../types.generated.ts';
import { itemsOf, preservesUnknown, valuesOf } from './schema.ts';

/** What rules of a schema speak of: `self`, a value of the schema's type, and what it was before. */
type Types = Record<string, Readonly<Record<string, string>>>;

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** A property as an expression names it; undefined where it cannot (apiserver/pkg/cel/escaping.go). */
function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, (part) => ({ __: '__underscores__', '.': '__dot__', '/': '__slash__', '-': '__dash__' })[part]!);
}

const named: JSONSchemaProps = { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } };

/** The fields that an expression sees: resources also show what every object has (model.WithTypeAndObjectMeta). */
function propertiesOf(props: JSONSchemaProps, resource: boolean): Readonly<Record<string, JSONSchemaProps>> {
  if (!resource && props['x-kubernetes-embedded-resource'] !== true) return props.properties ?? {};
  return { ...props.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: named };
}

const scalarTypes: Readonly<Record<string, string>> = { integer: 'int', number: 'double', boolean: 'bool' };
const formatTypes: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};

/** The type of a schema's values; the types that it needs are declared before it. */
function declare(props: JSONSchemaProps, name: string, resource: boolean, types: Types): string {
  if (props['x-kubernetes-int-or-string'] === true) return 'dyn';
  switch (props.type) {
    case 'array':
      return `list<${declare(itemsOf(props) ?? {}, `${name}.items`, false, types)}>`;
    case 'object': {
      const values = valuesOf(props);
      if (values !== undefined) return `map<string, ${declare(values, `${name}.values`, false, types)}>`;
      const properties = propertiesOf(props, resource);
      if (Object.keys(properties).length === 0) return 'dyn';
      const fields: Record<string, string> = {};
      for (const [key, inner] of Object.entries(properties)) {
        const field = escapeName(key);
        if (field !== undefined) fields[field] = declare(inner, `${name}.${field}`, false, types);
      }
      types[name] = fields;
      return name;
    }
    case 'string':
      return formatTypes[props.format ?? ''] ?? 'string';
    default:
      return scalarTypes[props.type ?? ''] ?? 'dyn';
  }
}

/** The environment of the rules of a schema. @param optionalOld whether `oldSelf` is an optional value */
export function environmentOf(props: JSONSchemaProps, resource: boolean, optionalOld: boolean): CelEnvironment {
  const types: Types = {};
  const self = declare(props, 'Self', resource, types);
  return celEnvironment({ variables: { self, oldSelf: optionalOld ? 'dyn' : self }, types });
}

const conversions: Readonly<Record<string, string>> = {
  'date-time': 'timestamp(value)',
  date: "timestamp(value + 'T00:00:00Z')",
  duration: 'duration(value)',
};

/** A value that an expression makes of another; the value itself where the expression fails. */
function made(expression: string, value: unknown): unknown {
  const compiled = compileExpression(expression, ['value']);
  const result = compiled.ok ? evaluate(compiled.program, { value }) : undefined;
  return result?.ok === true ? result.value : value;
}

/** `oldSelf` of a rule that also runs where there was nothing before. */
export const optionalOf = (value: unknown): unknown =>
  value === undefined ? made('optional.none()', null) : made('optional.of(value)', value);

/** A value as an expression sees it (common.UnstructuredToVal): numbers and texts of the types that the schema says. */
export function selfOf(value: unknown, props: JSONSchemaProps, resource = false): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return props.type === 'number' ? value : Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string') {
    const conversion = props.type === 'string' ? conversions[props.format ?? ''] : undefined;
    return conversion === undefined ? value : made(conversion, value);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => selfOf(item, itemsOf(props) ?? {}));
  if (!isObject(value)) return value;
  const properties = propertiesOf(props, resource);
  const values = valuesOf(props);
  if (values === undefined && Object.keys(properties).length === 0)
    return preservesUnknown(props) || props.type === undefined ? value : new Map();
  const fields = new Map<string, unknown>();
  for (const [key, inner] of Object.entries(value)) {
    const schema = properties[key] ?? values;
    const field = values === undefined ? escapeName(key) : key;
    if (schema !== undefined && field !== undefined && inner !== undefined) fields.set(field, selfOf(inner, schema));
  }
  return fields;
}

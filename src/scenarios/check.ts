import { deepEqual, isObject } from '#base/json.ts';

/** The part of JSON Schema (draft 2020-12) that lessons need. */
export interface Schema {
  readonly type?: 'string' | 'number' | 'boolean' | 'object' | 'array';
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly minProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  /** Told apart by their constant properties. */
  readonly oneOf?: readonly Schema[];
}

/** What is wrong with something that claims to be a lesson. */
export interface FormatProblem {
  /** `beats[3].moment.label`; '' for the whole. */
  readonly place: string;
  readonly reason: 'missing' | 'unknown' | 'type' | 'value' | 'few' | 'twice' | 'text' | 'json';
  /** What would be right there. */
  readonly wanted: string;
}

/** The first thing in a value that a schema does not allow. */
export function check(schema: Schema, value: unknown, place = ''): FormatProblem | undefined {
  if (schema.oneOf !== undefined) return checkOneOf(schema.oneOf, value, place);
  if (schema.type !== undefined && typeOf(value) !== schema.type) return { place, reason: 'type', wanted: schema.type };
  if (schema.const !== undefined && !deepEqual(value, schema.const)) return { place, reason: 'value', wanted: String(schema.const) };
  if (schema.enum?.includes(value) === false) return { place, reason: 'value', wanted: schema.enum.join(', ') };
  if (typeof value === 'string') return checkText(schema, value, place);
  if (typeof value === 'number' && schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum)
    return { place, reason: 'value', wanted: `> ${schema.exclusiveMinimum}` };
  if (Array.isArray(value)) return checkItems(schema, value, place);
  return isObject(value) ? checkProperties(schema, value, place) : undefined;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

function checkText({ pattern, minLength }: Schema, value: string, place: string): FormatProblem | undefined {
  if (minLength !== undefined && value.length < minLength) return { place, reason: 'few', wanted: String(minLength) };
  return pattern === undefined || new RegExp(pattern).test(value) ? undefined : { place, reason: 'value', wanted: pattern };
}

function checkItems({ items, minItems, maxItems }: Schema, value: readonly unknown[], place: string): FormatProblem | undefined {
  if (minItems !== undefined && value.length < minItems) return { place, reason: 'few', wanted: String(minItems) };
  if (maxItems !== undefined && value.length > maxItems) return { place: `${place}[${maxItems}]`, reason: 'unknown', wanted: '' };
  for (const [index, item] of value.entries()) {
    const problem = items === undefined ? undefined : check(items, item, `${place}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkProperties(schema: Schema, value: Readonly<Record<string, unknown>>, place: string): FormatProblem | undefined {
  const inside = (name: string): string => (place === '' ? name : `${place}.${name}`);
  for (const name of schema.required ?? [])
    if (value[name] === undefined) return { place: inside(name), reason: 'missing', wanted: schema.properties?.[name]?.type ?? '' };
  const names = Object.keys(value);
  if (schema.minProperties !== undefined && names.length < schema.minProperties)
    return { place, reason: 'few', wanted: String(schema.minProperties) };
  for (const name of names) {
    const inner =
      schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : schema.additionalProperties;
    if (inner === false) return { place: inside(name), reason: 'unknown', wanted: Object.keys(schema.properties ?? {}).join(', ') };
    const problem = inner === undefined ? undefined : check(inner, value[name], inside(name));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The problem of the alternative that the value means: the one whose constants it has. */
function checkOneOf(alternatives: readonly Schema[], value: unknown, place: string): FormatProblem | undefined {
  if (!isObject(value)) return { place, reason: 'type', wanted: 'object' };
  const constants = ({ properties = {} }: Schema) =>
    Object.entries(properties).filter(([, inner]) => inner.const !== undefined || inner.enum !== undefined);
  const meant = alternatives.find((item) =>
    constants(item).every(([name, inner]) => value[name] !== undefined && check(inner, value[name]) === undefined),
  );
  if (meant !== undefined) return check(meant, value, place);
  const [name = '', inner = {}] = constants(alternatives[0]!)[0] ?? [];
  const wanted = alternatives.flatMap((item) => item.properties?.[name]?.enum ?? [item.properties?.[name]?.const]).join(', ');
  return {
    place: place === '' ? name : `${place}.${name}`,
    reason: value[name] === undefined ? 'missing' : 'value',
    wanted: wanted || String(inner.const),
  };
}

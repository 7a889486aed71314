import { isObject } from '#base/json.ts';
import type { GroupVersionKind } from '#api/object.ts';
import { CommandError } from '../errors.ts';

/** A schema of an OpenAPI document, as far as explain reads it. */
interface Described {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
  readonly additionalProperties?: Described | boolean;
  readonly allOf?: readonly Described[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

/** A schema with the others of its document, to which it may refer. */
export interface Schemas {
  readonly root: Described;
  readonly all: Readonly<Record<string, Described>>;
}

/** The schema of a kind in the document of its group version. */
export function findSchema(document: unknown, { group, version, kind }: GroupVersionKind): Schemas | undefined {
  const components = isObject(document) && isObject(document['components']) ? document['components']['schemas'] : undefined;
  if (!isObject(components)) return undefined;
  const all = components as unknown as Readonly<Record<string, Described>>;
  const root = Object.values(all).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind),
  );
  return root === undefined ? undefined : { root, all };
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** The schema that a schema stands for. */
function resolve(schema: Described, all: Schemas['all']): Described {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return reference === undefined
    ? schema
    : { ...all[nameOf(reference)], ...(schema.description === undefined ? {} : { description: schema.description }) };
}

/** kubectl/pkg/explain/v2/templates/plaintext.tmpl, typeGuess. */
function typeText(schema: Described): string {
  if (schema.items !== undefined) return `[]${typeText(schema.items)}`;
  if (isObject(schema.additionalProperties)) return `map[string]${typeText(schema.additionalProperties as Described)}`;
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return nameOf(reference).split('.').at(-1) ?? 'Object';
  return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type;
}

/** What has fields: the value itself, or what is in a list or map of it. */
function inside(schema: Described, all: Schemas['all']): Described | undefined {
  const whole = resolve(schema, all);
  if (whole.items !== undefined) return inside(whole.items, all);
  if (isObject(whole.additionalProperties)) return inside(whole.additionalProperties as Described, all);
  return whole.properties === undefined ? undefined : whole;
}

/** Text in lines of at most 76 characters. */
function wrap(text: string, indent: string): string {
  const lines = text.split('\n').flatMap((paragraph) => {
    const wrapped: string[] = [];
    for (const word of paragraph.split(' ')) {
      const line = wrapped.at(-1);
      if (line === undefined || line.length + word.length + 1 > 76) wrapped.push(word);
      else wrapped[wrapped.length - 1] = `${line} ${word}`;
    }
    return wrapped;
  });
  return lines.map((line) => `${indent}${line}\n`).join('');
}

/** `kubectl explain` of a kind or field whose schema the server gives, with the descriptions of whoever wrote it. */
export function explainSchema({ root, all }: Schemas, fields: readonly string[], recursive: boolean): string {
  let current = root;
  for (const field of fields) {
    const next = inside(current, all)?.properties?.[field];
    if (next === undefined) throw new CommandError(`field "${field}" does not exist`);
    current = next;
  }
  const last = fields.at(-1);
  const whole = resolve(current, all);
  const options = whole.enum ?? [];
  const enumText = options.length === 0 ? '' : `ENUM:\n${options.map((option) => `    ${String(option)}\n`).join('')}`;
  const title = last === undefined ? '' : `FIELD: ${last} <${typeText(current)}>\n${enumText}\n${options.length === 0 ? '\n' : ''}`;
  const description = whole.description === undefined ? '    <empty>\n' : `${wrap(whole.description, '    ')}    \n`;
  const holder = inside(current, all);
  const list = holder === undefined ? '' : `FIELDS:\n${fieldList(holder, all, 1, recursive)}`;
  return `${title}DESCRIPTION:\n${description}${list}\n`;
}

function fieldList(schema: Described, all: Schemas['all'], level: number, recursive: boolean): string {
  const indent = '  '.repeat(level);
  return Object.keys(schema.properties ?? {})
    .sort()
    .map((name) => {
      const field = schema.properties![name]!;
      const required = schema.required?.includes(name) === true ? ' -required-' : '';
      const options = field.enum === undefined ? '' : `${indent}enum: ${field.enum.map(String).join(', ')}\n`;
      const title = `${indent}${name}\t<${typeText(field)}>${required}\n${options}`;
      const holder = inside(field, all);
      if (recursive) return title + (holder === undefined || level > 12 ? '' : fieldList(holder, all, level + 1, true));
      return `${title}${wrap(resolve(field, all).description ?? '<no description>', `${indent}  `)}\n`;
    })
    .join('');
}

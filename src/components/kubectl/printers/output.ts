import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { Flags } from '../flags.ts';
import { CommandError, PlainError, quote } from '../errors.ts';
import { objectName, type ApiResource } from '../context.ts';
import { runGoTemplate } from './go-template.ts';
import { toJson } from '#base/go-json.ts';
import { findValues, goSyntax, relaxed, runTemplate, valueText } from '#api/jsonpath/index.ts';
import { alignRows } from './tab-writer.ts';
import { toYaml } from './yaml.ts';

/** What `-o` asks for. */
export type Output =
  | { readonly type: 'table'; readonly wide: boolean }
  | { readonly type: 'name' }
  | { readonly type: 'yaml' | 'json' }
  | { readonly type: 'jsonpath' | 'go-template'; readonly template: string }
  | { readonly type: 'custom-columns'; readonly columns: readonly { readonly header: string; readonly path: string }[] };

const formats = [
  'custom-columns',
  'custom-columns-file',
  'go-template',
  'go-template-file',
  'json',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'kyaml',
  'name',
  'template',
  'templatefile',
  'wide',
  'yaml',
];
const writeFormats = formats.filter((format) => !['custom-columns', 'custom-columns-file', 'wide'].includes(format));

/** Reads `-o`. Throws in kubectl's words. */
export function outputOf(flags: Flags, files: Readonly<Record<string, string>> = {}, allowed: 'all' | 'write' = 'all'): Output {
  const text = flags.text('output');
  const equals = text.indexOf('=');
  const format = equals < 0 ? text : text.slice(0, equals);
  const argument = equals < 0 ? flags.text('template') : text.slice(equals + 1);
  const known = allowed === 'all' ? formats : writeFormats;
  switch (allowed === 'write' && (format === 'wide' || format.startsWith('custom-columns')) ? '?' : format) {
    case '':
      return { type: 'table', wide: false };
    case 'wide':
      return { type: 'table', wide: true };
    case 'name':
    case 'yaml':
    case 'json':
      return { type: format as 'name' | 'yaml' | 'json' };
    case 'jsonpath':
    case 'jsonpath-as-json':
      return { type: 'jsonpath', template: needTemplate(argument) };
    case 'jsonpath-file':
      return { type: 'jsonpath', template: fileText(files, argument) };
    case 'go-template':
    case 'template':
      return { type: 'go-template', template: needTemplate(argument) };
    case 'go-template-file':
    case 'templatefile':
      return { type: 'go-template', template: fileText(files, argument) };
    case 'custom-columns':
      return { type: 'custom-columns', columns: readColumns(argument) };
    default:
      throw new CommandError(
        `unable to match a printer suitable for the output format ${quote(text)}, allowed formats are: ${known.join(',')}`,
      );
  }
}

function needTemplate(template: string): string {
  if (template === '') throw new CommandError(`template format specified but no template given`);
  return template;
}

function fileText(files: Readonly<Record<string, string>>, name: string): string {
  const text = files[name];
  if (text === undefined) throw new CommandError(`error reading --template ${name}, open ${name}: no such file or directory`);
  return text;
}

function readColumns(spec: string): readonly { readonly header: string; readonly path: string }[] {
  if (spec === '') throw new CommandError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: relaxed(part.slice(colon + 1)) };
  });
}

/** An object (or a List) in a structured format. */
export function printObject(value: unknown, output: Output): string {
  switch (output.type) {
    case 'yaml':
      return toYaml(value);
    case 'json':
      return toJson(value);
    case 'jsonpath':
      return printJsonPath(value, output.template);
    case 'go-template':
      try {
        return runGoTemplate(output.template, value);
      } catch (error) {
        throw new CommandError(
          `error parsing template ${output.template}, template: output:1: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    case 'custom-columns':
    case 'name':
    case 'table':
      return '';
  }
}

function printJsonPath(value: unknown, template: string): string {
  let result: { readonly text: string; readonly error?: string | undefined };
  try {
    result = runTemplate(template, value);
  } catch (error) {
    throw new CommandError(`error parsing jsonpath ${template}, ${error instanceof Error ? error.message : String(error)}`);
  }
  if (result.error === undefined) return result.text;
  throw new JsonPathError(
    `Error executing template: ${result.error}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(value)}\n\n`,
    `error executing jsonpath ${quote(template)}: ${result.error}\n`,
  );
}

/** A failed template prints what it was given before its error. */
export class JsonPathError extends PlainError {
  constructor(
    readonly printed: string,
    message: string,
  ) {
    super(`error: ${message}`);
  }
}

/** `-o custom-columns`. */
export function printColumns(
  objects: readonly unknown[],
  columns: readonly { readonly header: string; readonly path: string }[],
  noHeaders: boolean,
): string {
  const rows = objects.map((object) =>
    columns.map(({ path }) => {
      const values = findValues(path, object).filter((value) => value !== null);
      return values.length === 0
        ? '<none>'
        : values.map((value) => (typeof value === 'object' ? goValue(value) : valueText(value))).join(',');
    }),
  );
  return alignRows(noHeaders ? rows : [columns.map((column) => column.header), ...rows]).text;
}

/** Go's `%v` of JSON data: `map[a:b]`, `[x y]`. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(goValue).join(' ')}]`;
  if (!isObject(value)) return valueText(value);
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goValue(value[key])}`)
    .join(' ')}]`;
}

/** The object without managedFields, unless they are asked for. */
export function withoutManagedFields<T>(object: T, flags: Flags): T {
  if (flags.boolean('show-managed-fields') || !isObject(object) || !isObject(object['metadata'])) return object;
  const { managedFields, ...metadata } = object['metadata'] as Readonly<Record<string, unknown>>;
  return managedFields === undefined ? object : ({ ...object, metadata } as T);
}

/** What a command says of an object it has changed: `deployment.apps/web created`, or the object where `-o` asks for it. */
export function changedText(resource: ApiResource, object: KubeObject, verb: string, output: Output, flags: Flags): string {
  const name = objectName(resource, object.metadata.name);
  if (output.type === 'table') return `${name} ${verb}${dryRunSuffix(flags)}\n`;
  if (output.type === 'name') return `${name}\n`;
  return printObject(withoutManagedFields(object, flags), output);
}

/** ` (dry run)` and ` (server dry run)`. */
export function dryRunSuffix(flags: Flags): string {
  const mode = flags.text('dry-run');
  return mode === 'client' ? ' (dry run)' : mode === 'server' ? ' (server dry run)' : '';
}

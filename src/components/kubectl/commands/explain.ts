import { parseApiVersion } from '#api/object.ts';
import { schemaFor, type Schema, type StructSchema } from '#api/schema/index.ts';
import type { Context } from '../context.ts';
import { discover, resourceFor } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { fetchDocuments } from '../openapi.ts';
import { print, printError, type Command } from '../operations.ts';
import { explainSchema, findSchema } from './explain-schema.ts';
import { describeField, describeKind, enumOf } from './explain-texts.ts';

/** `kubectl explain`: the shape of a kind, with short descriptions of our own (upstream's prose is not ours to copy). */
export function* explainCommand(context: Context): Command<void> {
  const { flags } = context;
  const [path] = context.args;
  if (path === undefined) {
    yield* printError('');
    throw new CommandError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
    );
  }
  if (context.args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE\n');
  const [word = '', ...fields] = path.replace(/\.$/, '').split('.');
  const known = yield* resourceFor(word);
  const wanted = flags.text('api-version');
  const resource =
    wanted === ''
      ? known
      : ((yield* discover()).find((item) => item.kind === known.kind && `${item.group}/${item.version}`.replace(/^\//, '') === wanted) ?? {
          ...known,
          ...parseApiVersion(wanted),
        });
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const documents = yield* fetchDocuments([apiVersion]);
  const head = `${resource.group === '' ? '' : `GROUP:      ${resource.group}\n`}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`;
  const recursive = flags.boolean('recursive');
  const schema = schemaFor(resource);
  if (schema !== undefined) {
    yield* print(head);
    return yield* print(bodyOf(schema, fields, resource.kind, recursive));
  }
  const described = findSchema(documents.get(apiVersion), resource);
  if (described === undefined) throw new CommandError(`couldn't find resource for "${apiVersion}, Kind=${resource.kind}"`);
  yield* print(head);
  yield* print(explainSchema(described, fields, recursive));
}

function bodyOf(schema: StructSchema, fields: readonly string[], kind: string, recursive: boolean): string {
  let current: Schema = schema;
  let parent: StructSchema = schema;
  for (const field of fields) {
    const struct = structOf(current);
    const next = struct?.field(field);
    if (struct === undefined || next === undefined) throw new CommandError(`field "${field}" does not exist`);
    parent = struct;
    current = next;
  }
  const last = fields[fields.length - 1];
  const inside = structOf(current);
  if (last === undefined) return `DESCRIPTION:\n    ${describeKind(kind)}\n    \nFIELDS:\n${fieldList(schema, 1, recursive)}\n`;
  const title = `FIELD: ${last} <${typeText(current)}>\n`;
  const options = enumOf(parent.name, last);
  const optionText = options === undefined ? '' : `ENUM:\n${options.map((option) => `    ${option}\n`).join('')}`;
  const listText = inside === undefined ? '' : `FIELDS:\n${fieldList(inside, 1, recursive)}\n`;
  const values =
    options === undefined ? '' : `    \n    Possible enum values:\n${options.map((option) => `     - \`"${option}"\`\n`).join('')}`;
  return `${title}${optionText}\nDESCRIPTION:\n    ${describeField(parent.name, last)}\n${values}    \n\n${listText}`;
}

function structOf(schema: Schema): StructSchema | undefined {
  if (schema.type === 'struct') return schema;
  if (schema.type === 'list') return structOf(schema.items);
  return schema.type === 'map' ? structOf(schema.values) : undefined;
}

const scalarNames: Readonly<Record<string, string>> = {
  int32: 'integer',
  int64: 'integer',
  time: 'string',
  bytes: 'string',
  quantity: 'Quantity',
  'int-or-string': 'IntOrString',
  any: 'Object',
};

function typeText(schema: Schema): string {
  if (schema.type === 'list') return `[]${typeText(schema.items)}`;
  if (schema.type === 'map') return `map[string]${typeText(schema.values)}`;
  if (schema.type === 'struct') return schema.name.slice(schema.name.lastIndexOf('.') + 1);
  return scalarNames[schema.type] ?? schema.type;
}

function fieldList(schema: StructSchema, level: number, recursive: boolean, seen: readonly string[] = []): string {
  const indent = '  '.repeat(level);
  return [...schema.fields]
    .sort()
    .map((name) => {
      const field = schema.field(name)!;
      const required = schema.required.includes(name) ? ' -required-' : '';
      const title = `${indent}${name}\t<${typeText(field)}>${required}\n`;
      const inside = structOf(field);
      if (recursive)
        return (
          title + (inside === undefined || seen.includes(inside.name) ? '' : fieldList(inside, level + 1, true, [...seen, inside.name]))
        );
      return `${title}${indent}  ${describeField(schema.name, name)}\n\n`;
    })
    .join('');
}

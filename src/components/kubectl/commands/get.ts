import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import type { ApiCall } from '#machinery/client.ts';
import { fullName, get, objectName, pathOf, type ApiResource, type Context } from '../context.ts';
import { checked, CommandError, SilentExit, StatusError, throwAll } from '../errors.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { itemsOf, selectorQuery, targetsOf, type Target } from '../resource-builder.ts';
import { rawJson } from '../printers/raw.ts';
import { outputOf, printColumns, printObject, withoutManagedFields, type Output } from '../printers/output.ts';
import { compareBy } from '../printers/sort.ts';
import { alignRows } from '../printers/tab-writer.ts';
import { headerOf, rowOf, type Table, type TableOptions, type TableRow } from '../printers/table.ts';
import { watchTables } from './get-watch.ts';

const missing =
  'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee \'kubectl get -h\' for help and examples\n';

/** `kubectl get` (kubectl/pkg/cmd/get/get.go). */
export function* getCommand(context: Context): Command<void> {
  const { flags } = context;
  if (flags.text('raw') !== '') return yield* getRaw(context);
  const output = outputOf(flags, context.input.files);
  const watching = flags.boolean('watch') || flags.boolean('watch-only');
  if (flags.boolean('output-watch-events') && !watching)
    throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only');
  if (context.args.length === 0 && flags.list('filename').length === 0) {
    yield* printError(missing);
    throw new SilentExit(1);
  }
  const targets = yield* targetsOf(context, context.args, { listByDefault: true });
  if (watching) return yield* watchTables(context, targets, output);
  if (output.type === 'table') return yield* getTables(context, targets, output.wide);
  yield* getObjects(context, targets, output);
}

/** `--raw`: the answer as it is. */
function* getRaw(context: Context): Command<void> {
  const [path = '', search = ''] = context.flags.text('raw').split('?');
  const pairs = search === '' ? [] : search.split('&').map((pair) => pair.split('='));
  const query = Object.fromEntries(
    pairs.map(([key = '', value = '']) => [decodeURIComponent(key), decodeURIComponent(value.replaceAll('+', ' '))]),
  );
  const response = yield* call({ method: 'GET', path, query, accept: mediaTypes.json });
  const { body } = checked(response);
  yield* print(typeof body === 'string' ? body : rawJson(path, body));
}

/** A GET with the parameters of the command line. */
export function requestFor(context: Context, target: Target, accept: 'json' | 'table', query: Readonly<Record<string, string>>): ApiCall {
  const subresource = context.flags.text('subresource');
  const timeout = context.flags.text('request-timeout');
  const more = timeout === '0' || timeout === '' ? {} : { timeout };
  const base = target.name === '' ? { ...selectorQuery(context), ...query } : {};
  return get(pathOf(target.resource, target.namespace, target.name, subresource), { ...base, ...more }, accept);
}

/** How the tables of a command look. */
export function tableOptions(context: Context, resource: ApiResource, wide: boolean, showKind: boolean): TableOptions {
  const { flags } = context;
  return {
    wide,
    noHeaders: flags.boolean('no-headers'),
    withNamespace: flags.boolean('all-namespaces') && resource.namespaced,
    showLabels: flags.boolean('show-labels'),
    labelColumns: flags.list('label-columns'),
    kindPrefix: showKind || flags.boolean('show-kind') ? objectName(resource, '') : undefined,
  };
}

/** What a target's request asks for, in words: `get pods web`. */
const asked = ({ resource, name }: Target): string => ['get', fullName(resource), ...(name === '' ? [] : [name])].join(' ');

interface Section {
  readonly resource: ApiResource;
  readonly columns: NonNullable<Table['columnDefinitions']>;
  readonly rows: readonly TableRow[];
}

function* fetchTable(context: Context, target: Target): Command<Section> {
  const sorting = context.flags.text('sort-by') !== '';
  const chunk = context.flags.text('chunk-size');
  const query: Record<string, string> = sorting ? { includeObject: 'Object' } : chunk === '0' ? {} : { limit: chunk };
  const rows: TableRow[] = [];
  let columns: Section['columns'] = [];
  let next = '';
  do {
    const table = checked(
      yield* call(requestFor(context, target, 'table', next === '' ? query : { ...query, continue: next })),
      asked(target),
    ).body as unknown as Table;
    if (columns.length === 0) columns = table.columnDefinitions ?? [];
    for (const row of table.rows ?? []) rows.push(row);
    next = table.metadata?.continue ?? '';
  } while (next !== '');
  return { resource: target.resource, columns, rows };
}

function* getTables(context: Context, targets: readonly Target[], wide: boolean): Command<void> {
  const sections: Section[] = [];
  const errors: CommandError[] = [];
  for (const target of targets) {
    try {
      const section = yield* fetchTable(context, target);
      const last = sections[sections.length - 1];
      if (section.rows.length === 0) continue;
      if (last !== undefined && last.resource === section.resource)
        sections[sections.length - 1] = { ...last, rows: [...last.rows, ...section.rows] };
      else sections.push(section);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.push(listError(context, error, target));
    }
  }
  const { flags } = context;
  const kinds = new Set(targets.map((target) => fullName(target.resource)));
  const texts = sections.map((section) => {
    const options = tableOptions(context, section.resource, wide, kinds.size > 1);
    const rows = sorted(section.rows, flags.text('sort-by'), (row) => row.object).map((row) => rowOf(section.columns, row, options));
    return alignRows(options.noHeaders ? rows : [headerOf(section.columns, options), ...rows]).text;
  });
  yield* print(texts.join('\n'));
  yield* finish(context, targets, sections.length === 0, errors);
}

/** What is said at the end: errors, or that there is nothing. */
function* finish(context: Context, targets: readonly Target[], empty: boolean, errors: readonly CommandError[]): Command<void> {
  const ignore = context.flags.boolean('ignore-not-found');
  throwAll(ignore ? errors.filter((error) => !(error instanceof StatusError && error.reason === 'NotFound')) : errors);
  if (!empty || ignore) return;
  const namespaced = !context.flags.boolean('all-namespaces') && targets.every((target) => target.resource.namespaced);
  yield* printError(namespaced ? `No resources found in ${context.namespace} namespace.\n` : 'No resources found\n');
}

/** Errors of lists name what was asked for (resource.EnhanceListError). */
function listError(context: Context, error: StatusError, { name, resource }: Target): StatusError {
  if (name !== '' || (error.reason !== 'NotFound' && error.reason !== 'BadRequest')) return error;
  const gvr = JSON.stringify(`${resource.group}/${resource.version}, Resource=${resource.plural}`);
  const { labelSelector = '', fieldSelector = '' } = selectorQuery(context);
  const subject =
    labelSelector === '' && fieldSelector === ''
      ? `Unable to list ${gvr}`
      : `Unable to find ${gvr} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}`;
  return new StatusError(error.code, { ...error.status, message: `${subject}: ${error.status.message}` });
}

function sorted<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): readonly T[] {
  return path === '' ? items : [...items].sort((a, b) => compareBy(path, objectOf(a), objectOf(b)));
}

interface Item {
  readonly resource: ApiResource;
  readonly object: KubeObject;
}

function* getObjects(context: Context, targets: readonly Target[], output: Output): Command<void> {
  const { flags } = context;
  const objects: Item[] = [];
  const errors: CommandError[] = [];
  for (const target of targets) {
    try {
      for (const item of yield* fetchObjects(context, target)) objects.push(item);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.push(listError(context, error, target));
    }
  }
  const shown = sorted(objects, flags.text('sort-by'), (item) => item.object).map((item) => ({
    ...item,
    object: withoutManagedFields(item.object, flags),
  }));
  if (shown.length > 0 || errors.length === 0) yield* print(objectsText(shown, targets, output, flags.boolean('no-headers')));
  yield* finish(context, targets, false, errors);
}

function objectsText(items: readonly Item[], targets: readonly Target[], output: Output, noHeaders: boolean): string {
  const objects = items.map((item) => item.object);
  if (output.type === 'name') return items.map(({ resource, object }) => `${objectName(resource, object.metadata.name)}\n`).join('');
  if (output.type === 'custom-columns') return printColumns(objects, output.columns, noHeaders);
  if (targets.length === 1 && targets[0]!.name !== '') return objects.length === 1 ? printObject(objects[0], output) : '';
  return printObject({ apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } }, output);
}

function* fetchObjects(context: Context, target: Target): Command<readonly Item[]> {
  const { resource } = target;
  if (target.name !== '') {
    const object = checked(yield* call(requestFor(context, target, 'json', {})), asked(target)).body as unknown as KubeObject;
    return [{ resource, object }];
  }
  const objects: Item[] = [];
  const query: Record<string, string> = context.flags.text('sort-by') !== '' ? {} : { limit: context.flags.text('chunk-size') };
  let next = '';
  do {
    const list = checked(
      yield* call(requestFor(context, target, 'json', next === '' ? query : { ...query, continue: next })),
      asked(target),
    ).body as unknown as Parameters<typeof itemsOf>[0];
    for (const object of itemsOf(list, resource)) objects.push({ resource, object });
    next = list.metadata?.continue ?? '';
  } while (next !== '');
  return objects;
}

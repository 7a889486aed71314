import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { objectName, pathOf, type ApiResource, type Context } from '../context.ts';
import { checked, CommandError, statusError } from '../errors.ts';
import { call, print, stream, type Command, type Output as Printed, type StreamEvent, type StreamStep } from '../operations.ts';
import { itemsOf, type Target } from '../resource-builder.ts';
import { printColumns, printObject, withoutManagedFields, type Output } from '../printers/output.ts';
import { alignRows } from '../printers/tab-writer.ts';
import { headerOf, rowOf, type Table, type TableOptions, type TableRow } from '../printers/table.ts';
import { requestFor, tableOptions } from './get.ts';

/** What a watching printer remembers. */
interface Printer {
  readonly widths: readonly number[];
  readonly columns: NonNullable<Table['columnDefinitions']>;
  readonly headed: boolean;
  /** Events still to be passed over. */
  readonly skip: number;
  readonly error: CommandError | undefined;
}

/** What a watch is printed with. */
interface Setting {
  readonly output: Output;
  readonly options: TableOptions;
  readonly resource: ApiResource;
  readonly context: Context;
}

/** `kubectl get -w`: what there is, then what happens to it (get.go, watch). */
export function* watchTables(context: Context, targets: readonly Target[], output: Output): Command<void> {
  const { flags } = context;
  const [target] = targets;
  if (targets.length !== 1 || target === undefined)
    throw new CommandError(
      `watch is only supported on individual resources and resource collections - ${targets.length} resources were found`,
    );
  const table = output.type === 'table';
  const first = checked(yield* call(requestFor(context, target, table ? 'table' : 'json', { limit: flags.text('chunk-size') })))
    .body as unknown as Table & Parameters<typeof itemsOf>[0];
  const setting: Setting = {
    output,
    options: tableOptions(context, target.resource, table && output.wide, false),
    resource: target.resource,
    context,
  };
  let printer: Printer = {
    widths: [],
    columns: first.columnDefinitions ?? [],
    headed: false,
    skip: target.name === '' ? 0 : 1,
    error: undefined,
  };
  if (!flags.boolean('watch-only')) {
    const event = flags.boolean('output-watch-events') ? 'ADDED' : undefined;
    const objects = target.name === '' ? itemsOf(first, target.resource) : [first as unknown as KubeObject];
    const [text, next] = table
      ? tableText(printer, first.rows ?? [], setting.options, event)
      : objectText(printer, objects, setting, event);
    yield* print(text);
    printer = next;
  }
  yield* watch(setting, target, printer, target.name === '' ? (first.metadata?.resourceVersion ?? '0') : '0');
}

function* watch(setting: Setting, target: Target, printer: Printer, resourceVersion: string): Command<void> {
  const { context, output } = setting;
  const query: Record<string, string> = { resourceVersion, watch: 'true' };
  const base = requestFor(context, { ...target, name: '' }, output.type === 'table' ? 'table' : 'json', query);
  const request =
    target.name === ''
      ? base
      : {
          ...base,
          path: pathOf(target.resource, target.namespace),
          query: { ...base.query, fieldSelector: `metadata.name=${target.name}` },
        };
  const end = yield* stream(request, printer, context.flags.duration('request-timeout') || undefined, (state, event) =>
    react(state, event, setting),
  );
  if (end.error !== undefined) throw end.error;
}

function react(state: Printer, event: StreamEvent, setting: Setting): StreamStep<Printer> {
  switch (event.type) {
    case 'response':
      return event.response.status >= 400 ? { state: { ...state, error: statusError(event.response) }, done: true } : { state };
    case 'end':
    case 'timeout':
    case 'unanswered':
      return { state, done: true };
    case 'text':
    case 'frames':
      return { state };
    case 'events': {
      let next = state;
      const printed: Printed[] = [];
      for (const { type, object } of event.events) {
        if (type === 'BOOKMARK') continue;
        if (next.skip > 0) {
          next = { ...next, skip: next.skip - 1 };
          continue;
        }
        const [text, after] = eventText(next, type, object, setting);
        next = after;
        if (text !== '') printed.push({ stream: 'stdout', text });
      }
      return { state: next, print: printed };
    }
  }
}

function eventText(state: Printer, type: string, object: unknown, setting: Setting): readonly [string, Printer] {
  const label = setting.context.flags.boolean('output-watch-events') ? type : undefined;
  if (setting.output.type === 'table' && isObject(object)) {
    const table = object as unknown as Table;
    const columns = state.columns.length > 0 ? state.columns : (table.columnDefinitions ?? []);
    return tableText({ ...state, columns }, table.rows ?? [], setting.options, label);
  }
  return objectText(state, [object as KubeObject], setting, label);
}

function tableText(
  state: Printer,
  rows: readonly TableRow[],
  options: TableOptions,
  event: string | undefined,
): readonly [string, Printer] {
  if (rows.length === 0) return ['', state];
  const body = rows.map((row) => rowOf(state.columns, row, options, event));
  const header = state.headed || options.noHeaders ? [] : [headerOf(state.columns, options, event !== undefined)];
  const { text, widths } = alignRows([...header, ...body], state.widths);
  return [text, { ...state, widths, headed: true }];
}

function objectText(
  state: Printer,
  objects: readonly KubeObject[],
  setting: Setting,
  event: string | undefined,
): readonly [string, Printer] {
  const { output, context, resource } = setting;
  const texts = objects.map((item) => {
    const object = withoutManagedFields(item, context.flags);
    const value = event === undefined ? object : { object, type: event };
    if (output.type === 'name') return `${objectName(resource, item.metadata.name)}\n`;
    if (output.type === 'custom-columns') return printColumns([value], output.columns, state.headed || context.flags.boolean('no-headers'));
    return (output.type === 'yaml' ? '---\n' : '') + printObject(value, output);
  });
  return [texts.join(''), { ...state, headed: true }];
}

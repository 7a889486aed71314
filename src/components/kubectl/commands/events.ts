import { ageOf } from '#api/resources/duration.ts';
import { pathOf, get, objectName, type Context } from '../context.ts';
import { resourceFor } from '../discovery.ts';
import { checked, CommandError, statusError } from '../errors.ts';
import { call, currentTime, print, printError, stream, type Command, type StreamEvent, type StreamStep } from '../operations.ts';
import { outputOf, printObject, withoutManagedFields } from '../printers/output.ts';
import { alignRows } from '../printers/tab-writer.ts';
import { itemsOf, targetsOf } from '../resource-builder.ts';
import { lastSeen, type ApiEvent } from '../describers/events.ts';

/** `kubectl events` (kubectl/pkg/cmd/events/events.go). */
export function* eventsCommand(context: Context): Command<void> {
  const { flags } = context;
  const everywhere = flags.boolean('all-namespaces');
  const output = outputOf(flags, context.input.files);
  const resource = yield* resourceFor('events');
  const query: Record<string, string> = { limit: flags.text('chunk-size') };
  if (flags.text('for') !== '') {
    const [target] = yield* targetsOf(context, [flags.text('for')]);
    const { group, version, kind } = target!.resource;
    query['fieldSelector'] =
      `involvedObject.kind=${kind},involvedObject.apiVersion=${group === '' ? version : `${group}/${version}`},involvedObject.name=${target!.name}`;
  }
  const path = pathOf(resource, everywhere ? '' : context.namespace);
  const types = flags.list('types');
  const wanted = (event: ApiEvent): boolean =>
    types.length === 0 || types.some((type) => type.toLowerCase() === (event.type ?? '').toLowerCase());
  if (flags.boolean('watch')) return yield* follow(path, { ...query, watch: 'true' }, wanted, everywhere);
  const list = checked(yield* call(get(path, query))).body as unknown as Parameters<typeof itemsOf>[0];
  const events = (itemsOf(list, resource) as readonly ApiEvent[]).filter(wanted).sort((a, b) => lastSeen(a) - lastSeen(b));
  if (events.length === 0)
    return yield* printError(everywhere ? 'No events found.\n' : `No events found in ${context.namespace} namespace.\n`);
  if (output.type === 'name') return yield* print(events.map((event) => `${objectName(resource, event.metadata.name)}\n`).join(''));
  if (output.type !== 'table')
    return yield* print(
      printObject(
        { apiVersion: 'v1', items: events.map((event) => withoutManagedFields(event, flags)), kind: 'List', metadata: {} },
        output,
      ),
    );
  const now = yield* currentTime();
  const rows = events.map((event) => row(event, now, everywhere));
  yield* print(alignRows(flags.boolean('no-headers') ? rows : [header(everywhere), ...rows]).text);
}

const header = (everywhere: boolean): readonly string[] => [
  ...(everywhere ? ['NAMESPACE'] : []),
  'LAST SEEN',
  'TYPE',
  'REASON',
  'OBJECT',
  'MESSAGE',
];

function row(event: ApiEvent, now: number, everywhere: boolean): readonly string[] {
  const { involvedObject } = event;
  const first = event.firstTimestamp ?? event.eventTime ?? undefined;
  const count = event.series?.count ?? event.count ?? 1;
  const last = new Date(lastSeen(event)).toISOString();
  const seen = count > 1 ? `${ageOf(last, now)} (x${count} over ${ageOf(first, now)})` : ageOf(last, now);
  return [
    ...(everywhere ? [event.metadata.namespace ?? ''] : []),
    seen,
    event.type ?? '',
    event.reason ?? '',
    `${involvedObject.kind ?? ''}/${involvedObject.name ?? ''}`,
    (event.message ?? '').trim(),
  ];
}

interface Following {
  readonly widths: readonly number[];
  readonly headed: boolean;
  readonly error: CommandError | undefined;
}

function* follow(
  path: string,
  query: Readonly<Record<string, string>>,
  wanted: (event: ApiEvent) => boolean,
  everywhere: boolean,
): Command<void> {
  const react = (state: Following, event: StreamEvent, now: number): StreamStep<Following> => {
    if (event.type === 'response' && event.response.status >= 400)
      return { state: { ...state, error: statusError(event.response) }, done: true };
    if (event.type === 'end' || event.type === 'unanswered') return { state, done: true };
    if (event.type !== 'events') return { state };
    const rows = event.events
      .filter((item) => item.type !== 'BOOKMARK' && item.type !== 'DELETED')
      .map((item) => item.object as unknown as ApiEvent)
      .filter(wanted)
      .map((item) => row(item, now, everywhere));
    if (rows.length === 0) return { state };
    const { text, widths } = alignRows(state.headed ? rows : [header(everywhere), ...rows], state.widths);
    return { state: { ...state, widths, headed: true }, print: [{ stream: 'stdout', text }] };
  };
  const end = yield* stream<Following>(get(path, query), { widths: [], headed: false, error: undefined }, undefined, react);
  if (end.error !== undefined) throw end.error;
}

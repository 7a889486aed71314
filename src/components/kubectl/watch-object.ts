import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { get, pathOf } from './context.ts';
import { CommandError, connectionError, statusError } from './errors.ts';
import { chance, currentTime, sleep, stream, type Command, type Output, type StreamEvent, type StreamStep } from './operations.ts';
import type { Target } from './resource-builder.ts';

/** What an observer makes of the object's newest state: what it says, and whether that is what was waited for. */
export interface Observation {
  readonly print?: string | undefined;
  readonly done?: boolean | undefined;
  readonly error?: CommandError | undefined;
}

/** Judges an object each time it changes. `deleted` says that this is its last state; undefined that there is none at the beginning. */
export type Observer = (object: KubeObject | undefined, deleted: boolean) => Observation;

interface Watching {
  readonly outcome: 'met' | 'timeout' | 'ended' | 'failed';
  readonly error: CommandError | undefined;
  /** Whether any initial event has come. */
  readonly seen: boolean;
}

const retryMs = 1000;

/**
 * Watches one object until the observer is content (client-go's UntilWithSync with a WatchList). False where the time
 * ran out first; `timeoutMs` undefined waits for ever.
 */
export function* watchUntil(target: Target, timeoutMs: number | undefined, observe: Observer): Command<boolean> {
  const started = yield* currentTime();
  for (;;) {
    const timeoutSeconds = 300 + Math.floor((yield* chance()) * 300);
    const left = timeoutMs === undefined ? undefined : Math.max(0, started + timeoutMs - (yield* currentTime()));
    const query = {
      allowWatchBookmarks: 'true',
      fieldSelector: `metadata.name=${target.name}`,
      resourceVersionMatch: 'NotOlderThan',
      sendInitialEvents: 'true',
      timeoutSeconds: String(timeoutSeconds),
      watch: 'true',
    };
    const initial: Watching = { outcome: 'ended', error: undefined, seen: false };
    const end = yield* stream(get(pathOf(target.resource, target.namespace), query), initial, left, (state, event) =>
      react(state, event, observe),
    );
    if (end.error !== undefined) throw end.error;
    if (end.outcome === 'met') return true;
    if (end.outcome === 'timeout') return false;
    yield* sleep(retryMs);
  }
}

function react(state: Watching, event: StreamEvent, observe: Observer): StreamStep<Watching> {
  switch (event.type) {
    case 'response':
      return event.response.status >= 400
        ? { state: { ...state, outcome: 'failed', error: statusError(event.response) }, done: true }
        : { state };
    case 'timeout':
      return { state: { ...state, outcome: 'timeout' }, done: true };
    case 'unanswered':
      return event.reason === 'connection refused'
        ? { state: { ...state, error: connectionError(event.reason, event.server) }, done: true }
        : { state, done: true };
    case 'end':
      return { state, done: true };
    case 'text':
    case 'frames':
      return { state };
    case 'events':
      return judge(state, event.events, observe);
  }
}

function judge(
  state: Watching,
  events: Extract<StreamEvent, { readonly type: 'events' }>['events'],
  observe: Observer,
): StreamStep<Watching> {
  const print: Output[] = [];
  let seen = state.seen;
  for (const { type, object } of events) {
    if (type === 'ERROR') return { state: { ...state, seen }, print, done: true };
    if (type === 'BOOKMARK' && (seen || !endsInitialEvents(object))) continue;
    const {
      print: text = '',
      done = false,
      error,
    } = type === 'BOOKMARK' ? observe(undefined, false) : observe(object as unknown as KubeObject, type === 'DELETED');
    seen = true;
    if (text !== '') print.push({ stream: 'stdout', text });
    if (done || error !== undefined) return { state: { outcome: error === undefined ? 'met' : 'failed', error, seen }, print, done: true };
  }
  return { state: { ...state, seen }, print };
}

function endsInitialEvents(object: unknown): boolean {
  const metadata = isObject(object) && isObject(object['metadata']) ? object['metadata'] : {};
  return isObject(metadata['annotations']) && metadata['annotations']['k8s.io/initial-events-end'] === 'true';
}

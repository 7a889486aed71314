import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { seedRandom } from '#base/random.ts';
import type { KubeObject } from '#api/object.ts';
import { failure } from '#api/resources/status-errors.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type {
  Effect,
  EventOf,
  PeerClosedMessage,
  StartMessage,
  TerminateMessage,
  ChildExitedMessage,
  UndeliverableMessage,
} from '#kernel/types.ts';
import type { EtcdResponse, EtcdWatchResponse } from '#protocol/etcd.ts';
import { mediaTypes, type HttpInput, type HttpRequest, type HttpResponse, type HttpServerMessage } from '#protocol/rest.ts';
import { bootstrapEntries } from './bootstrap.ts';
import { bookmark, chunk, existing, missed, watchKey } from './cache.ts';
import { chargeQuota, quotaUpdated, type ChargeQuota } from './quota-evaluator.ts';
import { extensions } from './definitions.ts';
import { connect as connectTo, connectionsTo, tryLater, type EtcdReconnect } from './etcd-client.ts';
import { ask, awaitRevision, connectAll, joined, list, listAll, listed, parted, prefixes, watched } from './etcd-watch.ts';
import { flowDone, freed, received, type FlowDone } from './flow/server.ts';
import type { Leave, Left } from './identity/machine.ts';
import type { RequestInput } from './request-state.ts';
import { claimCompaction, compactionClaimed, compactionId, compactLater, type CompactionDue, type LeaseGranted } from './storage-life.ts';
import {
  emptyState,
  type ApiServerOptions,
  type ApiServerState,
  type AwaitRevision,
  type BookmarkWatch,
  type CloseWatch,
  type OpenStream,
  type OpenWatch,
} from './state.ts';

/** How a kube-apiserver is started. */
export interface ApiServerInput {
  readonly options: ApiServerOptions;
}

interface Overdue {
  readonly type: 'server.overdue';
}
interface Retry {
  readonly type: 'etcd.retry';
}
/** A question that etcd has answered with an error: whether there is anything, what to create, or a prefix to list. */
interface AskAgain {
  readonly type: 'etcd.ask-again';
  readonly about: string;
}
type ServerMessage =
  | StartMessage<ApiServerInput>
  | HttpServerMessage
  | EtcdResponse
  | EtcdWatchResponse
  | OpenWatch
  | OpenStream
  | CloseWatch
  | BookmarkWatch
  | ChargeQuota
  | FlowDone
  | CompactionDue
  | LeaseGranted
  | HttpResponse
  | Retry
  | Overdue
  | Left
  | EtcdReconnect
  | AskAgain
  | AwaitRevision
  | PeerClosedMessage
  | ChildExitedMessage
  | UndeliverableMessage
  | TerminateMessage;
type ServerEvent = EventOf<ServerMessage>;
type Result = Outcome<ApiServerState>;

const retryMs = 200;
const askAgainMs = 1000;

const askAgain = (about: string): Effect => ({
  type: 'arm',
  timer: `again ${about}`,
  afterMs: askAgainMs,
  message: { type: 'etcd.ask-again', about } as AskAgain,
});

function start(state: ApiServerState, event: ServerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { options } = event.message.input;
  const random = seedRandom(event.message.seed, 'kube-apiserver');
  const connecting = connect({ ...state, options, self: event.self, random, etcd: connectionsTo(options.etcd) });
  const loops = [extensions, 'identity'].map((name): Effect => ({ type: 'start', name, definition: `kube-apiserver/${name}`, input: {} }));
  return { context: connecting.context, effects: [...loops, compactLater, ...connecting.effects] };
}

/** A new server asks the members of etcd whether they are there, again and again. */
function connect(state: ApiServerState): Result {
  const retry: Effect = { type: 'arm', timer: 'retry', afterMs: retryMs, message: { type: 'etcd.retry' } as Retry };
  return { context: state, effects: [...connectAll(state), retry] };
}

/** The first member that answers is asked whether there is anything; the others are tried on. */
function first(state: ApiServerState, event: ServerEvent): Result {
  const { id } = event.message as EtcdResponse;
  if (id === anything) return { context: state, effects: [askAgain(anything)] };
  const { context, effects } = joined(state, event as EventOf<EtcdResponse>);
  if (state.etcd.stream !== '' || context.etcd.stream === '') return { context, effects };
  const others = Object.keys(context.etcd.broken).map(tryLater);
  return { context, effects: [{ type: 'disarm', timer: 'retry' }, ...effects, ...others, askAnything(context)] };
}

const anything = 'namespaces';
const askAnything = (state: ApiServerState): Effect => ask(state, anything, { op: 'range', key: '/registry/namespaces/kube-system' });

/** A store without namespaces is a new one: the server fills it with what must be there. */
function connected(state: ApiServerState, event: ServerEvent): Result {
  const { result } = event.message as Extract<EtcdResponse, { readonly result: unknown }>;
  if (result.op === 'range' && result.kvs.length > 0) return listAll(state);
  const { entries, random } = bootstrapEntries(state.options, event.now, state.random);
  const listing = list({ ...state, awaited: [], random }, prefixes);
  const unwritten = SortedMap.from(entries.map(({ key, value }) => [key, value] as const));
  return {
    context: { ...listing.context, unwritten },
    effects: [...entries.map(({ key, value }) => create(state, key, value)), ...listing.effects],
  };
}

/** Every five minutes what etcd has of the time before is forgotten. */
function compact(state: ApiServerState): Result {
  return { context: state, effects: [compactLater, ask(state, compactionId, claimCompaction(state.compaction), true)] };
}

function claimed(state: ApiServerState, event: ServerEvent): Result {
  const { next, upTo } = compactionClaimed(state.compaction, event.message as EtcdResponse);
  const effects = upTo === undefined ? [] : [ask(state, 'compacted', { op: 'compact', revision: upTo })];
  return { context: { ...state, compaction: next }, effects };
}

const leased = (state: ApiServerState, event: ServerEvent): Result => ({
  context: { ...state, eventLease: (event.message as LeaseGranted).granted },
  effects: [],
});

const create = (state: ApiServerState, key: string, value: KubeObject): Effect =>
  ask(state, `bootstrap ${key}`, {
    op: 'txn',
    compare: [{ key, target: 'mod', revision: 0 }],
    success: [{ op: 'put', key, value }],
    failure: [],
  });

/** What etcd did not do is asked for again. */
function repeat(state: ApiServerState, event: ServerEvent): Result {
  const { about } = event.message as AskAgain;
  if (state.etcd.stream === '') return { context: state, effects: [askAgain(about)] };
  if (about === anything) return { context: state, effects: [askAnything(state)] };
  if (about === 'bootstrap') return { context: state, effects: [...state.unwritten].map(([key, value]) => create(state, key, value)) };
  return list(state, [about]);
}

/** A server that does not know everything yet begins again where its member is gone. */
function startOver(state: ApiServerState, event: ServerEvent): Result {
  const { context, effects } = parted(state, memberOf(event)!);
  if (context.etcd.stream === state.etcd.stream) return { context, effects };
  const again = connect({ ...context, etcd: connectionsTo(state.options.etcd), awaited: [] });
  return { context: again.context, effects: [...effects, ...again.effects] };
}

function memberLost(state: ApiServerState, event: ServerEvent): Result {
  return parted(state, memberOf(event)!);
}

function reconnect(state: ApiServerState, event: ServerEvent): Result {
  const { endpoint } = event.message as EtcdReconnect;
  return { context: state, effects: state.etcd.broken[endpoint] === undefined ? [] : [connectTo(endpoint)] };
}

/** etcd's answers, by what was asked. */
function take(state: ApiServerState, event: ServerEvent): Result {
  const answered = event as EventOf<EtcdResponse>;
  const { id } = answered.message;
  const failed = 'error' in answered.message;
  if (id.startsWith('connect ')) return joined(state, answered);
  if (id.startsWith('bootstrap '))
    return failed
      ? { context: state, effects: [askAgain('bootstrap')] }
      : { context: { ...state, unwritten: state.unwritten.delete(id.slice('bootstrap '.length)) }, effects: [] };
  if (failed && id.startsWith('list ')) return { context: state, effects: [askAgain(id.slice('list '.length))] };
  return listed(state, answered);
}
const takeEvents = (state: ApiServerState, event: ServerEvent): Result => watched(state, event as EventOf<EtcdWatchResponse>);
const takeWaiting = (state: ApiServerState, event: ServerEvent): Result => awaitRevision(state, event as EventOf<AwaitRevision>);

function accept(state: ApiServerState, event: ServerEvent): Result {
  const request = event.message as HttpRequest;
  const name = `request-${state.nextRequest}`;
  const flow = received(state, request, `${event.self}/${name}`, event.runs);
  const input: RequestInput = { request, client: event.from, ...flow.input };
  return {
    context: { ...flow.state, nextRequest: state.nextRequest + 1, served: state.served + 1 },
    effects: [{ type: 'start', name, definition: 'kube-apiserver/request', input }],
  };
}

/** Before its caches are filled the server serves nobody: a client that asks has to come again (the start of apiserver's handler chain). */
function notReady(state: ApiServerState, event: ServerEvent): Result {
  const { id } = event.message as HttpRequest;
  const body = failure(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
  const response: HttpResponse = { type: 'http.response', id, status: 503, contentType: mediaTypes.json, body };
  return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
}

function openWatch(state: ApiServerState, event: ServerEvent): Result {
  const { watch, initial, since, level } = event.message as OpenWatch;
  // A watch that has begun gives its seat back.
  const seat = level === undefined ? { context: state, effects: [] } : freed(state, level, watch.request, event.runs);
  const context = {
    ...seat.context,
    watches: state.watches.set(watchKey(watch), watch),
    streams: state.streams.set(`${watch.client}|${watch.id}`, watch.request),
  };
  const first = initial === 'none' ? missed(state, watch, since, event.now) : existing(state, watch, event.now);
  const events = initial === 'list' ? [...first, bookmark(watch, state.revision, true)] : first;
  const effects: Effect[] = [{ type: 'link', to: watch.client }, ...seat.effects];
  if (events.length > 0) effects.push(chunk(watch, events));
  return { context, effects };
}

function openStream(state: ApiServerState, event: ServerEvent): Result {
  const { client, id, request } = event.message as OpenStream;
  return { context: { ...state, streams: state.streams.set(`${client}|${id}`, request) }, effects: [{ type: 'link', to: client }] };
}

/** A client sends more on a stream of its own. */
function streamed(state: ApiServerState, event: ServerEvent): Result {
  const message = event.message as HttpInput;
  const request = state.streams.get(`${event.from}|${message.id}`);
  return { context: state, effects: request === undefined ? [] : [{ type: 'send', to: request, message }] };
}

function closeWatch(state: ApiServerState, event: ServerEvent): Result {
  const { client, id } = event.message as CloseWatch;
  const request = state.streams.get(`${client}|${id}`);
  const watch = request === undefined ? undefined : findWatch(state, request);
  return {
    context: {
      ...state,
      streams: state.streams.delete(`${client}|${id}`),
      watches: watch === undefined ? state.watches : state.watches.delete(watchKey(watch)),
    },
    effects: [],
  };
}

function findWatch(state: ApiServerState, request: string) {
  for (const watch of state.watches.values()) if (watch.request === request) return watch;
  return undefined;
}

function sendBookmark(state: ApiServerState, event: ServerEvent): Result {
  const watch = findWatch(state, (event.message as BookmarkWatch).request);
  return { context: state, effects: watch === undefined ? [] : [chunk(watch, [bookmark(watch, state.revision, false)], true)] };
}

/** A client gives a request up, or is gone. */
function abort(state: ApiServerState, event: ServerEvent): Result {
  const { message } = event;
  const stop = (request: string): Effect => ({ type: 'send', to: request, message: { type: 'watch.stop' } });
  if (message.type === 'peer.closed')
    return { context: state, effects: [...state.streams.prefixed(`${message.address}|`)].map(([, request]) => stop(request)) };
  // What did not arrive belongs to one stream: the client may have opened others since.
  const [client, id] =
    message.type === 'message.undeliverable'
      ? [message.to, (message.message as HttpRequest).id]
      : [event.from, message.type === 'http.abort' ? message.id : ''];
  const request = state.streams.get(`${client}|${id}`);
  return { context: state, effects: request === undefined ? [] : [stop(request)] };
}

/** How long a server that is to end tries to leave the endpoints. */
const leaveMs = 5000;

/** SIGTERM: what was asked is still answered, while the server takes itself out of the endpoints; then it ends. */
function leave(state: ApiServerState, event: ServerEvent): Result {
  const told: Leave = { type: 'identity.leave' };
  const overdue: Overdue = { type: 'server.overdue' };
  return {
    context: { ...state, stopping: true },
    effects: [
      { type: 'send', to: `${event.self}/identity`, message: told },
      { type: 'arm', timer: 'leave', afterMs: leaveMs, message: overdue },
    ],
  };
}
const charge = (state: ApiServerState, event: ServerEvent): Result => chargeQuota(state, event as EventOf<ChargeQuota>);
const seatFree = (state: ApiServerState, event: ServerEvent): Result => flowDone(state, event as EventOf<FlowDone>);
const charged = (state: ApiServerState, event: ServerEvent): Result => quotaUpdated(state, event as EventOf<HttpResponse>);

/** The member of etcd that a message says is gone or cannot be reached. */
function memberOf({ message }: ServerEvent): string | undefined {
  if (message.type === 'peer.closed') return message.address;
  return message.type === 'message.undeliverable' && message.message.type.startsWith('etcd.') ? message.to : undefined;
}
const lost = ({ context, event }: { readonly context: ApiServerState; readonly event: ServerEvent }): boolean =>
  context.etcd.endpoints.includes(memberOf(event) ?? '');
const answersAnything = ({ event }: { readonly event: ServerEvent }): boolean =>
  event.message.type === 'etcd.response' && event.message.id === anything && 'result' in event.message;
const answers =
  (id: string) =>
  ({ event }: { readonly event: ServerEvent }): boolean =>
    event.message.type === 'etcd.response' && event.message.id === id;
const complete = ({ context }: { readonly context: ApiServerState }): boolean => context.awaited.length === 0;

/** The API server: it fills its watch caches from etcd and then serves; each request is a process of its own. */
export const apiServerMachine = setup({
  types: { context: {} as ApiServerState, events: {} as ServerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-apiserver',
  context: emptyState,
  initial: 'created',
  on: {
    'process.terminate': '.stopped',
    'etcd.reconnect': { actions: step(reconnect) },
    'etcd.ask-again': { actions: step(repeat) },
    'quota.charge': { actions: step(charge) },
    'flow.done': { actions: step(seatFree) },
    'compaction.due': { actions: step((state: ApiServerState) => compact(state)) },
    'lease.granted': { actions: step(leased) },
    'http.response': { actions: step(charged) },
  },
  states: {
    created: { on: { 'process.start': { target: 'connecting', actions: step(start) } } },
    connecting: {
      on: {
        'http.request': { actions: step(notReady) },
        'etcd.retry': { actions: step((state: ApiServerState) => connect(state)) },
        'etcd.response': [{ guard: answersAnything, target: 'syncing', actions: step(connected) }, { actions: step(first) }],
        'peer.closed': [{ guard: lost, actions: step(startOver) }],
      },
    },
    syncing: {
      on: {
        'http.request': { actions: step(notReady) },
        'etcd.response': { actions: step(take) },
        'etcd.watch': { actions: step(takeEvents) },
        'peer.closed': [{ guard: lost, target: 'connecting', actions: step(startOver) }],
        'message.undeliverable': [{ guard: lost, actions: step(memberLost) }],
      },
      always: { guard: complete, target: 'ready' },
    },
    ready: {
      on: {
        'process.terminate': { actions: step(leave) },
        'identity.left': 'stopped',
        'server.overdue': 'stopped',
        'http.request': { actions: step(accept) },
        'http.abort': { actions: step(abort) },
        'etcd.watch': { actions: step(takeEvents) },
        'etcd.response': [{ guard: answers(compactionId), actions: step(claimed) }, { actions: step(take) }],
        'watch.open': { actions: step(openWatch) },
        'stream.open': { actions: step(openStream) },
        'http.input': { actions: step(streamed) },
        'watch.close': { actions: step(closeWatch) },
        'watch.bookmark': { actions: step(sendBookmark) },
        'cache.await': { actions: step(takeWaiting) },
        'message.undeliverable': [{ guard: lost, actions: step(memberLost) }, { actions: step(abort) }],
        'peer.closed': [{ guard: lost, actions: step(memberLost) }, { actions: step(abort) }],
      },
    },
    stopped: { type: 'final' },
  },
});

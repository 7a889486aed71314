import { setup } from 'xstate';
import { prefixEnd } from '#base/sorted-map.ts';
import { seedRandom } from '#base/random.ts';
import { failure } from '#api/resources/status-errors.ts';
import { storagePrefixOf } from '#api/custom/facts.ts';
import { resourceTable } from '#api/resources/index.ts';
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
import type { EtcdRequest, EtcdResponse, EtcdWatchResponse } from '#protocol/etcd.ts';
import { mediaTypes, type HttpInput, type HttpRequest, type HttpResponse, type HttpServerMessage } from '#protocol/rest.ts';
import { bootstrapEntries } from './bootstrap.ts';
import { bookmark, chunk, existing, missed, takeIn, watchKey } from './cache.ts';
import { chargeQuota, quotaUpdated, type ChargeQuota } from './quota-evaluator.ts';
import { definitionsOf } from './custom-resources.ts';
import { extensions, followDefinitions } from './definitions.ts';
import { flowDone, followFlows, freed, received, type FlowDone } from './flow/server.ts';
import type { RequestInput } from './request-state.ts';
import { claimCompaction, compactionClaimed, compactionId, compactLater, type CompactionDue, type LeaseGranted } from './storage-life.ts';
import {
  emptyState,
  type ApiServerOptions,
  type ApiServerState,
  type BookmarkWatch,
  type CloseWatch,
  type OpenStream,
  type OpenWatch,
} from './state.ts';

/** How a kube-apiserver is started. */
export interface ApiServerInput {
  readonly options: ApiServerOptions;
}

interface Retry {
  readonly type: 'etcd.retry';
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
  | PeerClosedMessage
  | ChildExitedMessage
  | UndeliverableMessage
  | TerminateMessage;
type ServerEvent = EventOf<ServerMessage>;
type Result = Outcome<ApiServerState>;

const certificate = 'kube-apiserver-etcd-client';
const retryMs = 200;

/** The prefixes that are watched: one watch for each stored resource. */
const prefixes = [
  ...new Set(resourceTable.filter((resource) => resource.verbs.includes('watch')).map((resource) => resource.storagePrefix)),
];

const ask = (state: ApiServerState, id: string, operation: EtcdRequest['operation'], chatter = false): Effect => ({
  type: 'send',
  to: state.options.etcd,
  message: { type: 'etcd.request', id, certificate, operation } as EtcdRequest,
  ...(chatter ? { chatter } : {}),
});

function start(state: ApiServerState, event: ServerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { options } = event.message.input;
  const context = { ...state, options, self: event.self, random: seedRandom(event.message.seed, 'kube-apiserver') };
  const connecting = connect(context);
  const loops: Effect = { type: 'start', name: extensions, definition: 'kube-apiserver/extensions', input: {} };
  return { context: connecting.context, effects: [loops, compactLater, ...connecting.effects] };
}

/** Asks etcd whether it is there, again and again. */
function connect(state: ApiServerState): Result {
  const retry: Effect = { type: 'arm', timer: 'retry', afterMs: retryMs, message: { type: 'etcd.retry' } as Retry };
  return { context: state, effects: [ask(state, 'status', { op: 'status' }), retry] };
}

/** A store without namespaces is a new one: the server fills it with what must be there. */
function connected(state: ApiServerState, event: ServerEvent): Result {
  const answer = event.message as EtcdResponse;
  if (answer.id === 'status') {
    return {
      context: state,
      effects: [
        { type: 'disarm', timer: 'retry' },
        { type: 'link', to: state.options.etcd },
        ask(state, 'namespaces', { op: 'range', key: '/registry/namespaces/kube-system' }),
      ],
    };
  }
  const found = 'result' in answer && answer.result.op === 'range' && answer.result.kvs.length > 0;
  // After a gap the objects of the definitions that are known are listed again, too.
  if (found) return list({ ...state, awaited: [] }, [...prefixes, ...definitionsOf(state).map(storagePrefixOf)]);
  const { entries, random } = bootstrapEntries(state.options, event.now, state.random);
  const puts = entries.map(({ key, value }): Effect =>
    ask(state, 'bootstrap', {
      op: 'txn',
      compare: [{ key, target: 'mod', revision: 0 }],
      success: [{ op: 'put', key, value }],
      failure: [],
    }),
  );
  const listed = list({ ...state, awaited: [], random }, prefixes);
  return { context: listed.context, effects: [...puts, ...listed.effects] };
}

/** Asks for all that is stored below some prefixes; the server serves when it has all that it asked for. */
function list(state: ApiServerState, wanted: readonly string[]): Result {
  return {
    context: { ...state, awaited: [...state.awaited, ...wanted] },
    effects: wanted.map((prefix) => ask(state, `list ${prefix}`, { op: 'range', key: `${prefix}/`, rangeEnd: prefixEnd(`${prefix}/`) })),
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

/** The answer to a list fills one cache and begins its watch. */
function listed(state: ApiServerState, event: ServerEvent): Result {
  const answer = event.message as EtcdResponse;
  if (!answer.id.startsWith('list ') || !('result' in answer) || answer.result.op !== 'range') return { context: state, effects: [] };
  const prefix = answer.id.slice('list '.length);
  const { revision } = answer.header;
  const filled = takeIn(
    state,
    prefix,
    revision,
    answer.result.kvs.map((kv) => ({ type: 'PUT', kv, previous: undefined })),
    event.now,
  );
  const watch: Effect = {
    type: 'send',
    to: state.options.etcd,
    message: {
      type: 'etcd.watch-create',
      watch: prefix,
      key: `${prefix}/`,
      rangeEnd: prefixEnd(`${prefix}/`),
      startRevision: revision + 1,
      certificate,
    } as never,
  };
  // What was before its first list a server cannot tell: a watch from then has to begin anew (watch_cache.go, listResourceVersion).
  const first = prefixes.includes(prefix) && !state.caches.has(prefix);
  const oldest = first ? Math.max(filled.state.oldest, revision) : filled.state.oldest;
  const context = { ...filled.state, awaited: state.awaited.filter((other) => other !== prefix), oldest };
  const followed = follow(state, context, event.now);
  return { context: followed.context, effects: [watch, ...followed.effects] };
}

/** What definitions bring with them: the resources that they make are cached too. And what flow schemas are told of their levels. */
function follow(before: ApiServerState, after: ApiServerState, now: number): Result {
  const { state, prefixes: added, effects } = followDefinitions(before, after);
  const listed = list(state, added);
  const flows = after.awaited.length === 0 ? followFlows(before, after, now) : [];
  return { context: listed.context, effects: [...effects, ...listed.effects, ...flows] };
}

function watched(state: ApiServerState, event: ServerEvent): Result {
  const { watch, revision, events } = event.message as EtcdWatchResponse;
  const { state: context, effects } = takeIn(state, watch, revision, events, event.now);
  const followed = follow(state, context, event.now);
  return { context: followed.context, effects: [...effects, ...followed.effects] };
}

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

const charge = (state: ApiServerState, event: ServerEvent): Result => chargeQuota(state, event as EventOf<ChargeQuota>);
const seatFree = (state: ApiServerState, event: ServerEvent): Result => flowDone(state, event as EventOf<FlowDone>);
const charged = (state: ApiServerState, event: ServerEvent): Result => quotaUpdated(state, event as EventOf<HttpResponse>);

const lost = ({ context, event }: { readonly context: ApiServerState; readonly event: ServerEvent }): boolean =>
  event.message.type === 'peer.closed' && event.message.address === context.options.etcd;
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
        'etcd.response': [
          { guard: answers('status'), actions: step(connected) },
          { guard: answers('namespaces'), target: 'syncing', actions: step(connected) },
        ],
      },
    },
    syncing: {
      on: {
        'http.request': { actions: step(notReady) },
        'etcd.response': { actions: step(listed) },
        'etcd.watch': { actions: step(watched) },
      },
      always: { guard: complete, target: 'ready' },
    },
    ready: {
      on: {
        'http.request': { actions: step(accept) },
        'http.abort': { actions: step(abort) },
        'etcd.watch': { actions: step(watched) },
        'etcd.response': [{ guard: answers(compactionId), actions: step(claimed) }, { actions: step(listed) }],
        'watch.open': { actions: step(openWatch) },
        'stream.open': { actions: step(openStream) },
        'http.input': { actions: step(streamed) },
        'watch.close': { actions: step(closeWatch) },
        'watch.bookmark': { actions: step(sendBookmark) },
        'message.undeliverable': { actions: step(abort) },
        'peer.closed': [
          { guard: lost, target: 'connecting', actions: step((state: ApiServerState) => connect(state)) },
          { actions: step(abort) },
        ],
      },
    },
    stopped: { type: 'final' },
  },
});

import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { seedRandom } from '#base/random.ts';
import type { Json } from '#base/json.ts';
import { isFailure, notFound, tooManyRequests } from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { Status } from '#api/object.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Delivered, Effect, EventOf, PeerClosedMessage, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { EtcdResponse } from '#protocol/etcd.ts';
import type { NetReply } from '#protocol/net.ts';
import type { HttpAbort, HttpClientMessage, HttpInput, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { sendCall, type ApiCall } from '#machinery/client.ts';
import { addressPath, allocate, isServiceWrite, type Allocated } from './allocate.ts';
import { auditNote } from './audit.ts';
import { answerPage } from './endpoints.ts';
import { authenticationGate, authorizationGate, isWrite, mutatingGate, schemaGate, targetOf, type Verdict } from './gates.ts';
import { componentStatuses, type Probe } from './component-status.ts';
import { healthNeeds, healthResponse } from './health.ts';
import { isAwaited, type FlowDone, type FlowGo } from './flow/server.ts';
import { loopback } from './loopback.ts';
import { quotaCharge, quotaTimedOut, quotaTimeoutMs, type QuotaVerdict } from './quota-evaluator.ts';
import { emptyRequest, gateNote, type Gate, type RequestInput, type RequestState as Facts } from './request-state.ts';
import { recovering } from './panic.ts';
import { pageResponse, statusResponse, tableOf, tooManyRequestsPage } from './respond.ts';
import {
  isAggregated,
  isForKubelet,
  isForPod,
  kubeletTarget,
  podAnswer,
  podSilent,
  podTarget,
  refusalOf,
  type Onward,
} from './kubelet-proxy.ts';
import { resourceFor } from './request-info.ts';
import type { ApiServerState, BookmarkWatch, CacheFresh, CloseWatch, OpenStream, OpenWatch, Watch } from './state.ts';
import { isDryRun, selectorsOf } from './storage.ts';
import {
  askHealth,
  askStatus,
  beginStoring,
  etcdHeard,
  remainingMs,
  startStoring,
  timedOut,
  type AskAgain,
  type Asked,
  type EtcdSilent,
} from './storing.ts';
import { isPartOfObject, specialFor, unknownSubresource } from './subresources.ts';
import { validatingGate } from './validating-gate.ts';
import { askingGate, type WebhookDeadline } from './webhooks/stage.ts';

interface StopWatching {
  readonly type: 'watch.stop';
}
interface TimedOut {
  readonly type: 'watch.timeout';
}
interface BookmarkDue {
  readonly type: 'watch.bookmark-due';
}

/** The request's own state: what has been found out, and the server as it was when storage began. */
export interface RequestState extends Facts {
  readonly server: ApiServerState | undefined;
  readonly storedAt: number;
  readonly probes: readonly Probe[] | undefined;
  /** What it waits to hear of etcd. */
  readonly asked: Asked | undefined;
  /** It waits for the quotas of its namespace. */
  readonly charging: boolean;
  /** The kubelet behind a stream. */
  readonly streaming: string | undefined;
}

type RequestMessage =
  | StartMessage<RequestInput>
  | EtcdResponse
  | QuotaVerdict
  | FlowGo
  | StopWatching
  | TimedOut
  | BookmarkDue
  | UndeliverableMessage
  | PeerClosedMessage
  | AskAgain
  | EtcdSilent
  | CacheFresh
  | HttpClientMessage
  | WebhookDeadline
  | HttpInput
  | NetReply;
type RequestEvent = EventOf<RequestMessage>;
type Result = Outcome<RequestState>;

const bookmarkMs = 60_000;
const defaultTimeoutSeconds = 1800;

const serverOf = (event: Delivered<never> | RequestEvent): ApiServerState => event.parent as ApiServerState;

const reset = (to: string, message: HttpRequest): UndeliverableMessage => ({
  type: 'message.undeliverable',
  to,
  reason: 'connection reset',
  message,
});

function start(state: RequestState, event: RequestEvent): Result {
  const { input, seed } = event.message as StartMessage<RequestInput>;
  const { gateMs } = serverOf(event).options;
  return {
    context: {
      ...state,
      request: input.request,
      client: input.client,
      flow: input.flow,
      turn: input.turn,
      info: input.info,
      origin: event.origin,
      since: event.now,
      startedAt: event.now,
      gateMs,
      random: seedRandom(seed, 'request'),
    },
    // Whoever asked is told when the server ends before it has answered.
    effects: [{ type: 'will', key: 'answer', to: input.client, message: reset(serverAddress(event.self), input.request) }],
  };
}

/** Passes one gate: on to the next, or with a refusal to the response. */
function pass(
  gate: Gate,
  next: (state: RequestState) => Gate,
  check: (server: ApiServerState, state: RequestState, now: number) => Verdict,
) {
  return (state: RequestState, event: RequestEvent): Result => {
    const verdict = check(serverOf(event), state, event.now);
    if ('refused' in verdict) {
      const asked = { ...state, ...verdict.next };
      const response = statusResponse(asked, verdict.refused);
      const detail = String(verdict.refused.message ?? '');
      const context: RequestState = { ...asked, gate: 'response', reached: gate, since: event.now, response };
      return { context, effects: [gateNote(asked, gate, 'refused', detail)] };
    }
    const passed: RequestState = { ...(verdict.next as RequestState), gate: next(verdict.next as RequestState), since: event.now };
    const changes = state.object === passed.object ? {} : { before: state.object ?? state.request.body, after: passed.object };
    return { context: passed, effects: [gateNote(passed, gate, 'passed', verdict.detail, changes)] };
  };
}

/** Who has authenticated himself may have to wait for a seat, or there is none for him (server/filters/priority-and-fairness.go). */
function afterAuthentication(state: RequestState): Gate {
  return state.turn === 'now' ? 'authorization' : 'authentication';
}

/** After a quarter of the time that a request may take, nobody waits for a seat any longer. */
const seatTimeoutMs = 15_000;

function seated(state: RequestState, event: RequestEvent): Result {
  return {
    context: { ...state, turn: 'now', gate: state.gate === 'authentication' ? state.gate : 'authorization', since: event.now },
    effects: [],
  };
}

function refuseSeat(state: RequestState, event: RequestEvent): Result {
  const response = { ...pageResponse(state, tooManyRequestsPage), retryAfter: 1 };
  const context: RequestState = { ...state, gate: 'response', reached: 'authentication', since: event.now, response, turn: 'now' };
  const left: FlowDone = { type: 'flow.done', level: state.flow!.level.name };
  return {
    context,
    effects: [
      gateNote(state, 'authentication', 'refused', `priority level ${state.flow!.level.name}`),
      ...(state.turn === 'wait' ? [{ type: 'send', to: serverAddress(event.self), message: left } as const] : []),
    ],
  };
}

const afterAuthorization = (state: RequestState): Gate => (state.info.isResource && isWrite(state.info) ? 'mutating' : 'storage');

/** schema; a Service is then given what its type needs, for which the server is its own client. */
function checkSchema(state: RequestState, event: RequestEvent): Result {
  const passed = pass('schema', () => 'validating', schemaGate)(state, event);
  if (passed.context.gate !== 'validating' || !isServiceWrite(passed.context)) return passed;
  const context: RequestState = { ...passed.context, gate: 'schema', server: serverOf(event) };
  return allocating(context, begin(allocationFor(context)), event);
}

const allocationFor = (state: RequestState) => () => allocate(state.server!, state.object!, state.old, state.random, isDryRun(state));

function allocating(state: RequestState, progress: Progress<ApiCall, HttpResponse, Allocated>, event: RequestEvent): Result {
  if (!progress.done) {
    const ask = sendCall(loopback(serverAddress(event.self)), `allocate ${progress.answers.length}`, progress.request);
    return { context: { ...state, allocations: progress.answers }, effects: [ask] };
  }
  const { result } = progress;
  const context: RequestState = { ...state, allocations: undefined, taken: [...state.taken, ...result.taken] };
  const verdict: Verdict =
    'refused' in result
      ? { refused: result.refused, next: context }
      : { next: { ...context, object: result.object, random: result.random }, detail: '' };
  return pass(
    'schema',
    () => 'validating',
    () => verdict,
  )(context, event);
}

function allocated(state: RequestState, event: RequestEvent): Result {
  const answer = event.message as HttpResponse;
  if (state.allocations === undefined || answer.id !== `allocate ${state.allocations.length}`) return { context: state, effects: [] };
  return allocating(state, resume(allocationFor(state), state.allocations, answer), event);
}

/** mutating: plug-ins, policies and webhooks make the object. */
const mutatingStage = askingGate<RequestState>('mutating', mutatingGate, (state, event, verdict) =>
  pass(
    'mutating',
    () => 'schema',
    () => verdict,
  )(state, event as RequestEvent),
);

/** validating: those that only say yes or no, and last of them the quotas, which the server charges for all its requests. */
const validatingStage = askingGate<RequestState>('validating', validatingGate, (state, event, verdict) => {
  const passed = pass(
    'validating',
    () => 'storage',
    () => verdict,
  )(state, event as RequestEvent);
  if (passed.context.gate !== 'storage') return passed;
  const charge = quotaCharge(serverOf(event as RequestEvent), passed.context);
  if (charge === undefined) return passed;
  return {
    context: { ...passed.context, gate: 'validating', charging: true },
    effects: [{ type: 'send', to: serverAddress(event.self), message: charge }],
  };
});

function charged(state: RequestState, event: RequestEvent): Result {
  const { refused } = event.message as QuotaVerdict;
  const verdict: Verdict = refused === undefined ? { next: state, detail: 'ResourceQuota' } : { refused };
  return pass(
    'validating',
    () => 'storage',
    () => verdict,
  )(state, event);
}

const uncharged = (state: RequestState, event: RequestEvent): Result =>
  pass(
    'validating',
    () => 'storage',
    () => ({ refused: quotaTimedOut() }),
  )(state, event);

// ── storage ─────────────────────────────────────────────────────────────────

function beginStorage(state: RequestState, event: RequestEvent): Result {
  const server = serverOf(event);
  const { info } = state;
  const finish = (response: HttpResponse): Result => ({ context: { ...state, response, gate: 'response', since: event.now }, effects: [] });
  const health = healthNeeds(state);
  if (health !== undefined) return health === 'etcd' ? askHealth(state, event) : finish(healthResponse(state, server.stopping));
  if (!info.isResource) return finish(pageResponse(state, answerPage(server, state)));
  const resource = resourceFor(server, info);
  if (resource === undefined && isAggregated(server, state)) return askPod(state, server, event);
  if (resource === undefined) return finish(pageResponse(state, answerPage(server, state)));
  if (resource.plural === 'componentstatuses') return askComponents(state, server, resource, event);
  const target = targetOf(server, state);
  if (isFailure(target)) return finish(statusResponse(state, target));
  if (isForKubelet(state)) return askKubelet(state, server, event.now);
  if (isForPod(state)) return askPod(state, server, event);
  if (info.subresource !== '' && !isPartOfObject(info.subresource) && specialFor(state) === undefined)
    return finish(statusResponse(state, unknownSubresource(state)));
  const reads = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection';
  if (reads && resource.verbs.includes('watch') && !server.caches.has(resource.storagePrefix))
    return finish(statusResponse(state, tooManyRequests('storage is (re)initializing', 1)));
  if (info.verb === 'watch') return openWatch(state, server, resource, event);
  return beginStoring(state, resource, event);
}

/** componentstatuses: the components and etcd are asked at the same time. */
function askComponents(state: RequestState, server: ApiServerState, resource: ResourceDefinition, event: RequestEvent): Result {
  const probing = componentStatuses(state, server, resource, event.now);
  const asking = askStatus(probing.context, event);
  return { context: asking.context, effects: [...probing.effects, ...asking.effects] };
}

/** Logs and commands in containers: the kubelet of the pod is asked. */
function askKubelet(state: RequestState, server: ApiServerState, now: number): Result {
  const target = kubeletTarget(server, state);
  if (isFailure(target))
    return { context: { ...state, gate: 'response', since: now, response: statusResponse(state, target as Status) }, effects: [] };
  const { to, path } = target as Onward;
  const request: HttpRequest = { ...state.request, path };
  return { context: state, effects: [{ type: 'send', to, message: request }] };
}

/** A program in a pod is asked, over the pod network. */
function askPod(state: RequestState, server: ApiServerState, event: RequestEvent): Result {
  const target = podTarget(server, state, event.self);
  if ('refused' in target)
    return { context: { ...state, gate: 'response', since: event.now, response: statusResponse(state, target.refused) }, effects: [] };
  return { context: state, effects: [{ type: 'send', to: target.to, message: target.dial }] };
}

function podAnswered(state: RequestState, event: RequestEvent): Result {
  const response =
    podAnswer(state.request.id, (event.message as NetReply).outcome, isAggregated(serverOf(event), state)) ??
    statusResponse(state, podSilent);
  return { context: { ...state, gate: 'response', since: event.now, response }, effects: [] };
}

function relayed(state: RequestState, event: RequestEvent): Result {
  const message = event.message as HttpClientMessage;
  if (state.probes !== undefined && message.type === 'http.response')
    return componentStatuses(state, serverOf(event), resourceFor(serverOf(event), state.info)!, event.now, event.from, message);
  if (message.type === 'http.response' && message.body === null) return openStream(state, event, message);
  if (message.type === 'http.response') {
    const refused = refusalOf(message);
    const response = refused === undefined ? message : statusResponse(state, refused);
    return { context: { ...state, response, gate: 'response', since: event.now }, effects: [] };
  }
  return { context: state, effects: [{ type: 'send', to: state.client, message }] };
}

// ── streams of kubelets ─────────────────────────────────────────────────────

/** A kubelet begins a stream: from now on the server hands on what comes from both sides (proxy.UpgradeAwareHandler). */
function openStream(state: RequestState, event: RequestEvent, response: HttpResponse): Result {
  const { client, request } = state;
  const open: OpenStream = { type: 'stream.open', client, id: request.id, request: event.self };
  return {
    context: { ...state, gate: 'watching', since: event.now, streaming: event.from },
    effects: [
      { type: 'send', to: serverAddress(event.self), message: open },
      { type: 'send', to: client, message: response },
      gateNote(state, 'storage', 'watching', `${state.info.plural}/${state.info.subresource}`),
      auditNote(state, response, 'ResponseStarted', event.now),
    ],
  };
}

function passOn(state: RequestState, event: RequestEvent): Result {
  const { message } = event;
  const to = message.type === 'http.input' ? state.streaming : state.client;
  return { context: state, effects: to === undefined ? [] : [{ type: 'send', to, message: message as HttpClientMessage }] };
}

function unreachable(state: RequestState, event: RequestEvent): Result {
  const { to } = event.message as UndeliverableMessage;
  if (state.probes !== undefined)
    return componentStatuses(state, serverOf(event), resourceFor(serverOf(event), state.info)!, event.now, to, undefined);
  if (to === state.client)
    return {
      context: {
        ...state,
        gate: 'response',
        response: state.response ?? statusResponse(state, notFound({ group: '', plural: 'requests' }, '')),
      },
      effects: [],
    };
  const unavailable: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `Get "https://${to}": dial tcp: connect: connection refused`,
    reason: 'InternalError',
    code: 500,
  };
  return { context: { ...state, gate: 'response', since: event.now, response: statusResponse(state, unavailable) }, effects: [] };
}

// ── watches ─────────────────────────────────────────────────────────────────

function openWatch(state: RequestState, server: ApiServerState, resource: ResourceDefinition, event: RequestEvent): Result {
  const { query, id } = state.request;
  const selectors = selectorsOf(state, resource);
  const refuse = (status: Status): Result => ({
    context: { ...state, gate: 'response', since: event.now, response: statusResponse(state, status) },
    effects: [],
  });
  if (isFailure(selectors)) return refuse(selectors);
  const { labels, fields } = selectors as Exclude<typeof selectors, Status>;
  const since = Number(query['resourceVersion'] ?? 0);
  const initial = query['sendInitialEvents'] === 'true' ? 'list' : since === 0 ? 'added' : 'none';
  const watch: Watch = {
    client: state.client,
    id,
    request: event.self,
    namespace: state.info.namespace,
    labels,
    fields,
    resource,
    asTable: tableOf(state.request),
    bookmarks: query['allowWatchBookmarks'] === 'true' || query['allowWatchBookmarks'] === '1',
    chatter: state.origin.chatter,
    since: initial === 'none' ? since : 0,
  };
  const level = state.flow?.level.seats === undefined ? undefined : state.flow.level.name;
  const open: OpenWatch = { type: 'watch.open', watch, initial, since, origin: event.origin, level };
  const headers = withFlow(state, { type: 'http.response', id, status: 200, contentType: 'application/json', body: null });
  const seconds = Number(query['timeoutSeconds'] ?? defaultTimeoutSeconds);
  const timeout: Effect = { type: 'arm', timer: 'timeout', afterMs: seconds * 1000, message: { type: 'watch.timeout' }, chatter: true };
  const tooOld = initial === 'none' && since < server.oldest;
  if (tooOld) {
    const gone: Status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `too old resource version: ${since} (${server.oldest})`,
      reason: 'Expired',
      code: 410,
    };
    return {
      context: { ...state, gate: 'response', since: event.now, response: headers },
      effects: [
        { type: 'send', to: state.client, message: headers },
        {
          type: 'send',
          to: state.client,
          message: { type: 'http.chunk', id, events: [{ type: 'ERROR', object: gone as Json }] } as HttpClientMessage,
        },
        { type: 'send', to: state.client, message: { type: 'http.end', id } as HttpClientMessage },
        { type: 'exit', code: 0 },
      ],
    };
  }
  const opened: RequestState = { ...state, gate: 'watching', since: event.now };
  return {
    context: opened,
    effects: [
      { type: 'send', to: state.client, message: headers },
      { type: 'will', key: 'answer', to: state.client },
      { type: 'send', to: serverAddress(event.self), message: open },
      timeout,
      ...(watch.bookmarks ? [nextBookmark()] : []),
      gateNote(state, 'storage', 'watching', resource.plural),
      auditNote(opened, headers, 'ResponseStarted', event.now),
    ],
  };
}

const serverAddress = (self: string): string => self.slice(0, self.lastIndexOf('/'));
const nextBookmark = (): Effect => ({
  type: 'arm',
  timer: 'bookmark',
  afterMs: bookmarkMs,
  message: { type: 'watch.bookmark-due' },
  chatter: true,
});

function sendBookmark(state: RequestState, event: RequestEvent): Result {
  const message: BookmarkWatch = { type: 'watch.bookmark', request: event.self };
  return { context: state, effects: [{ type: 'send', to: serverAddress(event.self), message, chatter: true }, nextBookmark()] };
}

function closeWatch(state: RequestState, event: RequestEvent): Result {
  const close: CloseWatch = { type: 'watch.close', client: state.client, id: state.request.id };
  const end: HttpClientMessage = { type: 'http.end', id: state.request.id };
  const { type } = event.message;
  const lost = type === 'message.undeliverable' && event.message.to === state.streaming;
  const ended = type === 'watch.timeout' || type === 'http.end' || lost;
  const hangUp: HttpAbort = { type: 'http.abort', id: state.request.id };
  const tell = state.streaming !== undefined && !ended;
  return {
    context: state,
    effects: [
      { type: 'send', to: serverAddress(event.self), message: close },
      ...(tell ? [{ type: 'send', to: state.streaming, message: hangUp } as const] : []),
      ...(ended ? [{ type: 'send', to: state.client, message: end } as const] : []),
    ],
  };
}

/** Headers say which flow schema and level a request had, by their uids. */
const withFlow = ({ flow }: RequestState, response: HttpResponse): HttpResponse =>
  flow === undefined ? response : { ...response, headers: flow.headers };

function respond(state: RequestState, event: RequestEvent): Result {
  const response = withFlow(state, state.response!);
  const effects: Effect[] = [
    gateNote(state, 'response', String(response.status), ''),
    auditNote(state, response, 'ResponseComplete', event.now),
    { type: 'send', to: state.client, message: response },
  ];
  if (isAwaited(serverOf(event), state.flow)) {
    const seat: FlowDone = { type: 'flow.done', level: state.flow?.level.name ?? '' };
    effects.push({ type: 'send', to: serverAddress(event.self), message: seat });
  }
  const released = response.status < 400 ? state.freed : state.taken;
  if (released.length === 0) return { context: state, effects };
  const release = (address: string): Effect =>
    sendCall(loopback(serverAddress(event.self)), `release ${address}`, { method: 'DELETE', path: addressPath(address) });
  return { context: state, effects: [...released.map(release), ...effects] };
}

const gateAction = (
  gate: Gate,
  next: (state: RequestState) => Gate,
  check: (server: ApiServerState, state: RequestState, now: number) => Verdict,
) => step<RequestState, RequestEvent>(recovering(pass(gate, next, check)));
const hearing = { actions: step<RequestState, RequestEvent>(recovering(etcdHeard)) };
const ofEtcd = ({ event }: { readonly event: RequestEvent }): boolean =>
  event.message.type === 'message.undeliverable' && event.message.message.type === 'etcd.request';
/** Streams and what others are asked for may take as long as they want. */
const waitsForEtcd = ({ context }: { readonly context: RequestState }): boolean => context.asked !== undefined;
const asking = (act: (state: RequestState, event: RequestEvent) => Result) => step<RequestState, RequestEvent>(recovering(act));
const turn =
  (wanted: RequestState['turn']) =>
  ({ context }: { readonly context: RequestState }): boolean =>
    context.turn === wanted;
const at =
  (gate: Gate) =>
  ({ context }: { readonly context: RequestState }): boolean =>
    context.gate === gate;

/** One request on its way through the gates: a goroutine of the API server. A watch stays until it is closed. */
export const requestMachine = setup({
  types: { context: {} as RequestState, events: {} as RequestEvent, emitted: {} as Effect },
  delays: {
    gate: ({ context }) => context.gateMs,
    held: ({ context }) => context.gateMs + context.holdMs,
    remaining: ({ context }) => remainingMs(context),
    seatTimeout: seatTimeoutMs,
    quotaTimeout: quotaTimeoutMs,
  },
}).createMachine({
  id: 'kube-apiserver/request',
  context: { ...emptyRequest, server: undefined, storedAt: 0, probes: undefined, asked: undefined, charging: false, streaming: undefined },
  initial: 'received',
  states: {
    received: { on: { 'process.start': { target: 'authentication', actions: step(start) } } },
    authentication: {
      after: { gate: { target: 'authenticated', actions: gateAction('authentication', afterAuthentication, authenticationGate) } },
      on: { 'flow.go': { actions: step(seated) } },
    },
    authenticated: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: turn('never'), target: 'responding', actions: step(refuseSeat) },
        { guard: turn('wait'), target: 'waiting' },
        { target: 'authorization' },
      ],
    },
    waiting: {
      on: { 'flow.go': { target: 'authorization', actions: step(seated) } },
      after: { seatTimeout: { target: 'responding', actions: step(refuseSeat) } },
    },
    authorization: {
      after: { gate: { target: 'authorized', actions: gateAction('authorization', afterAuthorization, authorizationGate) } },
    },
    authorized: {
      always: [{ guard: at('response'), target: 'responding' }, { guard: at('mutating'), target: 'mutating' }, { target: 'storage' }],
    },
    mutating: { after: { held: { target: 'mutated', actions: asking(mutatingStage.enter) } } },
    mutated: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: at('schema'), target: 'schema' },
      ],
      on: { 'net.reply': { actions: asking(mutatingStage.answered) }, 'webhook.deadline': { actions: asking(mutatingStage.late) } },
    },
    schema: { after: { gate: { target: 'checked', actions: step(recovering(checkSchema)) } } },
    checked: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: at('validating'), target: 'validating' },
      ],
      on: { 'http.response': { actions: step(recovering(allocated)) } },
    },
    validating: { after: { gate: { target: 'validated', actions: asking(validatingStage.enter) } } },
    validated: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: at('storage'), target: 'storage' },
        { guard: ({ context }) => context.charging, target: 'charging' },
      ],
      on: { 'net.reply': { actions: asking(validatingStage.answered) }, 'webhook.deadline': { actions: asking(validatingStage.late) } },
    },
    charging: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: at('storage'), target: 'storage' },
      ],
      on: { 'quota.verdict': { actions: step(recovering(charged)) } },
      after: { quotaTimeout: { actions: step(uncharged) } },
    },
    storage: {
      after: { gate: { target: 'storing', actions: step(recovering(beginStorage)) } },
    },
    storing: {
      always: [
        { guard: at('response'), target: 'responding' },
        { guard: at('watching'), target: 'watching' },
        { guard: at('mutating'), target: 'mutating' },
      ],
      on: {
        'etcd.response': hearing,
        'etcd.again': hearing,
        'etcd.silent': hearing,
        'peer.closed': hearing,
        'cache.fresh': { actions: step<RequestState, RequestEvent>(recovering(startStoring)) },
        'http.response': { actions: step(recovering(relayed)) },
        'http.chunk': { actions: step(recovering(relayed)) },
        'net.reply': { actions: step(recovering(podAnswered)) },
        'message.undeliverable': [{ guard: ofEtcd, ...hearing }, { actions: step(recovering(unreachable)) }],
      },
      after: { remaining: { guard: waitsForEtcd, actions: step<RequestState, RequestEvent>(timedOut) } },
    },
    watching: {
      on: {
        'watch.stop': { target: 'done', actions: step(closeWatch) },
        'watch.timeout': { target: 'done', actions: step(closeWatch) },
        'message.undeliverable': { target: 'done', actions: step(closeWatch) },
        'watch.bookmark-due': { actions: step(sendBookmark) },
        'http.input': { actions: step(passOn) },
        'http.chunk': { actions: step(passOn) },
        'http.end': { target: 'done', actions: step(closeWatch) },
      },
    },
    responding: { after: { gate: { target: 'done', actions: step(respond) } } },
    done: { type: 'final' },
  },
});

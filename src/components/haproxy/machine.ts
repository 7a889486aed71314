import { setup } from 'xstate';
import { step, type Outcome } from '#kernel/step.ts';
import type {
  Address,
  ChildExitedMessage,
  Effect,
  EventOf,
  Millis,
  PeerClosedMessage,
  StartMessage,
  TerminateMessage,
  UndeliverableMessage,
} from '#kernel/types.ts';
import { mediaTypes, type HttpRequest, type HttpResponse, type HttpServerMessage } from '#protocol/rest.ts';
import {
  emptyState,
  type ConnectionInput,
  type Dead,
  type Dispatched,
  type ProxyInput,
  type ProxyState,
  type Redispatch,
  type Server,
} from './state.ts';

/** Health checks: how often, and how many in a row change what is thought of a server. */
const checkMs = 2000;
const fall = 3;
const rise = 2;

interface CheckDue {
  readonly type: 'proxy.check';
}
type Message =
  | StartMessage<ProxyInput>
  | HttpServerMessage
  | HttpResponse
  | CheckDue
  | Redispatch
  | ChildExitedMessage
  | UndeliverableMessage
  | TerminateMessage;
type ProxyEvent = EventOf<Message>;
type Result = Outcome<ProxyState>;

const nextCheck: Effect = { type: 'arm', timer: 'check', afterMs: checkMs, message: { type: 'proxy.check' } as CheckDue, chatter: true };

/** Servers count as up until their checks say otherwise. */
function start(state: ProxyState, event: ProxyEvent): Result {
  const { servers } = (event.message as StartMessage<ProxyInput>).input;
  return {
    context: { ...state, servers: servers.map((address) => ({ address, up: true, contrary: 0, silentSince: undefined, sessions: 0 })) },
    effects: [nextCheck],
  };
}

// ── connections ─────────────────────────────────────────────────────────────

/** The next server that is up (`balance roundrobin`), another one than the given where there is one. */
function choose(state: ProxyState, not?: Address): readonly [ProxyState, Address | undefined] {
  const up = state.servers.filter((server) => server.up);
  const others = up.filter((server) => server.address !== not);
  const from = others.length > 0 ? others : up;
  return [{ ...state, turn: state.turn + 1 }, from[state.turn % from.length]?.address];
}

const withSession = (state: ProxyState, address: Address | undefined, by: number): ProxyState => ({
  ...state,
  servers: state.servers.map((server) => (server.address === address ? { ...server, sessions: server.sessions + by } : server)),
});

/** A client's connection is closed: what its own end of a connection tells it. */
const closed = (client: Address, self: Address): Effect => ({
  type: 'send',
  to: client,
  message: { type: 'peer.closed', address: self } as PeerClosedMessage,
});

/** What a client sends goes over its connection; its first message opens one. Where no server is up, it is closed at once. */
function relay(state: ProxyState, event: ProxyEvent): Result {
  const client = event.from;
  const known = state.connections.get(client);
  if (known !== undefined) return { context: state, effects: [{ type: 'send', to: known, message: event.message }] };
  if (event.message.type !== 'http.request') return { context: state, effects: [] };
  const [chosen, server] = choose(state);
  if (server === undefined) return { context: chosen, effects: [closed(client, event.self)] };
  const name = `connection-${state.next}`;
  const connection = `${event.self}/${name}`;
  const input: ConnectionInput = { client, server };
  return {
    context: withSession(
      {
        ...chosen,
        next: state.next + 1,
        connections: state.connections.set(client, connection),
        places: state.places.set(connection, server),
      },
      server,
      1,
    ),
    effects: [
      { type: 'start', name, definition: 'haproxy/connection', input },
      { type: 'send', to: connection, message: event.message },
    ],
  };
}

function redispatch(state: ProxyState, event: ProxyEvent): Result {
  const { refused } = event.message as Redispatch;
  const [chosen, server] = choose(state, refused);
  const message: Dispatched = { type: 'proxy.dispatched', server };
  const moved = withSession(withSession(chosen, refused, -1), server, 1);
  const places = server === undefined ? state.places.delete(event.from) : state.places.set(event.from, server);
  return { context: { ...moved, places }, effects: [{ type: 'send', to: event.from, message }] };
}

function ended(state: ProxyState, event: ProxyEvent): Result {
  const { child } = event.message as ChildExitedMessage;
  const client = [...state.connections].find(([, connection]) => connection === child)?.[0];
  const context = withSession(state, state.places.get(child), -1);
  return {
    context: {
      ...context,
      connections: client === undefined ? state.connections : state.connections.delete(client),
      places: state.places.delete(child),
    },
    effects: [],
  };
}

// ── health checks ───────────────────────────────────────────────────────────

const checkId = (state: ProxyState, server: Address): string => `check ${state.check} ${server}`;

/** Asks every server whether it is ready; one that has not answered the last time has failed. */
function check(state: ProxyState, event: ProxyEvent): Result {
  const late = state.unanswered.reduce((current, server) => judged(silent(current, server, event.now), server, false), state);
  const context = { ...late, check: state.check + 1, unanswered: state.servers.map((server) => server.address) };
  const asks = context.servers.map(({ address }): Effect => {
    const message: HttpRequest = {
      type: 'http.request',
      id: checkId(context, address),
      method: 'GET',
      path: '/readyz',
      query: {},
      accept: mediaTypes.json,
      userAgent: 'haproxy',
      credential: { type: 'none' },
    };
    return { type: 'send', to: address, message, chatter: true };
  });
  return { context, effects: [...asks, nextCheck, ...deadConnections(context, event.now)] };
}

/** How long a client of an API server waits for the answer to its pings (client-go: http2 ReadIdleTimeout and PingTimeout). */
const pingMs = 30_000 + 15_000;

const silent = (state: ProxyState, address: Address, now: Millis): ProxyState => ({
  ...state,
  servers: state.servers.map((server) => (server.address === address ? { ...server, silentSince: server.silentSince ?? now } : server)),
});

/** Connections to a server of which nothing is heard at all: their clients find out by pings through the proxy, which only hands them on. */
function deadConnections(state: ProxyState, now: Millis): readonly Effect[] {
  const dead = state.servers
    .filter(({ silentSince }) => silentSince !== undefined && now - silentSince >= pingMs)
    .map((server) => server.address);
  const message: Dead = { type: 'proxy.dead' };
  return dead.length === 0
    ? []
    : [...state.places].filter(([, server]) => dead.includes(server)).map(([to]) => ({ type: 'send', to, message }));
}

function judged(state: ProxyState, address: Address, well: boolean): ProxyState {
  const judge = (server: Server): Server => {
    if (server.address !== address) return server;
    if (server.up === well) return { ...server, contrary: 0 };
    const contrary = server.contrary + 1;
    return contrary < (well ? rise : fall) ? { ...server, contrary } : { ...server, up: well, contrary: 0 };
  };
  return { ...state, servers: state.servers.map(judge), unanswered: state.unanswered.filter((other) => other !== address) };
}

/** The answer to a check, or that nobody took it. */
function checked(state: ProxyState, event: ProxyEvent): Result {
  const { message } = event;
  const answer = message.type === 'http.response' ? message : (message as UndeliverableMessage).message;
  const server = message.type === 'http.response' ? event.from : (message as UndeliverableMessage).to;
  const { id = '' } = answer as { readonly id?: string };
  // A server answers from a process of the request's own.
  const of = state.servers.find(({ address }) => server === address || server.startsWith(`${address}/`))?.address;
  if (of === undefined) return { context: state, effects: [] };
  const silence = message.type === 'message.undeliverable' && message.reason === 'no route to host';
  const heard: ProxyState = silence
    ? silent(state, of, event.now)
    : { ...state, servers: state.servers.map((item) => (item.address === of ? { ...item, silentSince: undefined } : item)) };
  // An answer to an earlier check comes too late.
  if (!state.unanswered.includes(of) || id !== checkId(state, of)) return { context: heard, effects: [] };
  const up = message.type === 'http.response' && message.status === 200;
  const context = judged(heard, of, up);
  const changed = state.servers.some((item, index) => item.up !== context.servers[index]!.up);
  const note: Effect = { type: 'note', topic: 'health', data: { server: of, up } };
  return { context, effects: changed ? [note] : [] };
}

/** A load balancer for TCP with health checks: HAProxy as kubeadm's guide to high availability sets it up. */
export const proxyMachine = setup({
  types: { context: {} as ProxyState, events: {} as ProxyEvent, emitted: {} as Effect },
}).createMachine({
  id: 'haproxy',
  context: emptyState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'serving', actions: step(start) } } },
    serving: {
      on: {
        'http.request': { actions: step(relay) },
        'http.abort': { actions: step(relay) },
        'http.response': { actions: step(checked) },
        'message.undeliverable': { actions: step(checked) },
        'proxy.check': { actions: step(check) },
        'proxy.redispatch': { actions: step(redispatch) },
        'process.exited': { actions: step(ended) },
        'process.terminate': 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
});

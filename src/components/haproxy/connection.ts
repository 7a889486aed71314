import { setup } from 'xstate';
import { step, type Outcome } from '#kernel/step.ts';
import type { Address, Effect, EventOf, Message, PeerClosedMessage, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpClientMessage, HttpServerMessage } from '#protocol/rest.ts';
import type { ConnectionInput, Dead, Dispatched, Redispatch } from './state.ts';

/** How long it waits before it tries another server (`retries 1`, `option redispatch`). */
const redispatchMs = 1000;

interface TryAgain {
  readonly type: 'proxy.again';
}

export interface ConnectionState {
  readonly client: Address;
  readonly server: Address;
  /** The server has answered: from now on its end is the end of the connection. */
  readonly established: boolean;
  /** What the server has been sent while it was not known to be there. */
  readonly unanswered: readonly Message[];
  readonly tries: number;
}

type ConnectionMessage =
  | StartMessage<ConnectionInput>
  | HttpServerMessage
  | HttpClientMessage
  | TryAgain
  | Dead
  | Dispatched
  | PeerClosedMessage
  | UndeliverableMessage;
type ConnectionEvent = EventOf<ConnectionMessage>;
type Result = Outcome<ConnectionState>;

const maxTries = 3;
const proxyOf = (self: Address): Address => self.slice(0, self.lastIndexOf('/'));

function start(state: ConnectionState, event: ConnectionEvent): Result {
  const { client, server } = (event.message as StartMessage<ConnectionInput>).input;
  return {
    context: { ...state, client, server },
    effects: [
      { type: 'link', to: client },
      { type: 'link', to: server },
    ],
  };
}

const reset = (event: ConnectionEvent, message: Message): UndeliverableMessage => ({
  type: 'message.undeliverable',
  to: proxyOf(event.self),
  reason: 'connection reset',
  message,
});

/** What the client sends goes to the server as it is; what the server sends, to the client. Its open requests get no answer when the proxy ends. */
function relay(state: ConnectionState, event: ConnectionEvent): Result {
  const { message } = event;
  const { id } = message as { readonly id: string };
  const will: Effect = { type: 'will', key: id, to: state.client };
  if (event.from === proxyOf(event.self)) {
    const unanswered = state.established ? state.unanswered : [...state.unanswered, message];
    const opens: readonly Effect[] = message.type === 'http.request' ? [{ ...will, message: reset(event, message) }] : [];
    return { context: { ...state, unanswered }, effects: [{ type: 'send', to: state.server, message }, ...opens] };
  }
  const closes = message.type === 'http.response' ? [will] : [];
  return { context: { ...state, established: true, unanswered: [] }, effects: [{ type: 'send', to: state.client, message }, ...closes] };
}

/** One end is gone, and with it the connection: the other end is told. */
function close(state: ConnectionState, event: ConnectionEvent): Result {
  const message: PeerClosedMessage = { type: 'peer.closed', address: proxyOf(event.self) };
  const gone = event.message.type === 'peer.closed' && event.message.address === state.client;
  return {
    context: state,
    effects: [...(gone ? [] : [{ type: 'send', to: state.client, message } as const]), { type: 'exit', code: 0 }],
  };
}

/** A server that does not take the connection: another one is tried after a while. */
function refused(state: ConnectionState, event: ConnectionEvent): Result {
  const { to, message, reason } = event.message as UndeliverableMessage;
  if (reason === 'connection reset')
    return { context: state, effects: [{ type: 'send', to: state.client, message: reset(event, message) }] };
  if (to === state.client || state.established || state.tries >= maxTries) return close(state, event);
  if (state.unanswered[0] !== message) return { context: state, effects: [] };
  const again: Effect = { type: 'arm', timer: 'again', afterMs: redispatchMs, message: { type: 'proxy.again' } as TryAgain };
  return { context: { ...state, tries: state.tries + 1 }, effects: [again] };
}

const ask = (state: ConnectionState, event: ConnectionEvent): Result => {
  const message: Redispatch = { type: 'proxy.redispatch', refused: state.server };
  return { context: state, effects: [{ type: 'send', to: proxyOf(event.self), message }] };
};

function dispatched(state: ConnectionState, event: ConnectionEvent): Result {
  const { server } = event.message as Dispatched;
  if (server === undefined) return close(state, event);
  const effects = state.unanswered.map((message): Effect => ({ type: 'send', to: server, message }));
  return { context: { ...state, server }, effects: [{ type: 'link', to: server }, ...effects] };
}

/** Whether it is one of the two ends that is gone. */
const ofPresent = ({ context, event }: { readonly context: ConnectionState; readonly event: ConnectionEvent }): boolean => {
  if (event.message.type !== 'peer.closed') return false;
  const { address } = event.message;
  return address === context.client || address === context.server;
};

/** One client's connection through the load balancer to one server, until either end is gone. */
export const connectionMachine = setup({
  types: { context: {} as ConnectionState, events: {} as ConnectionEvent, emitted: {} as Effect },
}).createMachine({
  id: 'haproxy/connection',
  context: { client: '', server: '', established: false, unanswered: [], tries: 0 },
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'open', actions: step(start) } } },
    open: {
      on: {
        'http.request': { actions: step(relay) },
        'http.abort': { actions: step(relay) },
        'http.response': { actions: step(relay) },
        'http.chunk': { actions: step(relay) },
        'http.end': { actions: step(relay) },
        'peer.closed': [{ guard: ofPresent, actions: step(close) }],
        'message.undeliverable': { actions: step(refused) },
        'proxy.dead': { actions: step(close) },
        'proxy.again': { actions: step(ask) },
        'proxy.dispatched': { actions: step(dispatched) },
      },
    },
  },
});

import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpClientMessage, HttpInput, HttpRequest, StreamFrame } from '#protocol/rest.ts';

/** Which API server the client talks to. */
export interface ExternalClientInput {
  readonly server: string;
}

/** A program outside of the cluster sends a request. */
export interface SendMessage {
  readonly type: 'client.send';
  readonly request: HttpRequest;
}

/** It sends more on an upgraded connection. */
export interface InputMessage {
  readonly type: 'client.input';
  readonly id: string;
  readonly frames: readonly StreamFrame[];
}

/** It gives one up. */
export interface AbortMessage {
  readonly type: 'client.abort';
  readonly id: string;
}

export interface ExternalClientState {
  readonly server: string;
  /** Requests that are open, by id: `GET /api/v1/pods`. */
  readonly open: SortedMap<string>;
  readonly sent: number;
}

type Message = StartMessage<ExternalClientInput> | SendMessage | InputMessage | AbortMessage | HttpClientMessage | UndeliverableMessage;
type Event = EventOf<Message>;

function handle(state: ExternalClientState, event: Event): Outcome<ExternalClientState> {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return { context: { ...state, server: message.input.server }, effects: [] };
    case 'client.send': {
      const { request } = message;
      const open = state.open.set(request.id, `${request.method} ${request.path}`);
      return { context: { ...state, open, sent: state.sent + 1 }, effects: [{ type: 'send', to: state.server, message: request }] };
    }
    case 'client.input': {
      const { id, frames } = message;
      const input: HttpInput = { type: 'http.input', id, frames };
      return { context: state, effects: state.open.has(id) ? [{ type: 'send', to: state.server, message: input }] : [] };
    }
    case 'client.abort':
      if (!state.open.has(message.id)) return { context: state, effects: [] };
      return {
        context: { ...state, open: state.open.delete(message.id) },
        effects: [{ type: 'send', to: state.server, message: { type: 'http.abort', id: message.id } as never }],
      };
    case 'http.end':
      return { context: { ...state, open: state.open.delete(message.id) }, effects: [] };
    case 'http.response':
      // A stream stays open behind its response.
      return { context: message.body === null ? state : { ...state, open: state.open.delete(message.id) }, effects: [] };
    case 'message.undeliverable':
      return { context: { ...state, open: state.open.delete((message.message as HttpRequest).id) }, effects: [] };
    case 'http.chunk':
      return { context: state, effects: [] };
  }
}

const act = step<ExternalClientState, Event>(handle);

/** A program beyond the cluster (a real kubectl behind the bridge): what it sends and gets passes through this process. */
export const externalClientMachine = setup({
  types: { context: {} as ExternalClientState, events: {} as Event, emitted: {} as Effect },
}).createMachine({
  id: 'external-client',
  context: { server: '', open: SortedMap.empty<string>(), sent: 0 },
  initial: 'connected',
  states: {
    connected: {
      on: {
        'process.start': { actions: act },
        'client.send': { actions: act },
        'client.input': { actions: act },
        'client.abort': { actions: act },
        'http.response': { actions: act },
        'http.chunk': { actions: act },
        'http.end': { actions: act },
        'message.undeliverable': { actions: act },
      },
    },
  },
});

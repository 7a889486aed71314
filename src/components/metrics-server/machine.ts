import { setup } from 'xstate';
import { resources, httpRequest, type ClientConfig } from '#machinery/client.ts';
import { newInformer, type InformerRetry } from '#machinery/informer.ts';
import { informersHeard, informersLost, openInformers, type Informers } from '#machinery/informers.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { NetDial, NetReply } from '#protocol/net.ts';
import type { HttpClientMessage } from '#protocol/rest.ts';
import { answerTo, type Known } from './answers.ts';
import { emptyStore, taken, useOf, type Store } from './scrape.ts';

export interface MetricsInput {
  readonly client: ClientConfig;
}
export interface MetricsState {
  readonly input: MetricsInput;
  readonly informers: Informers<keyof typeof watches>;
  readonly store: Store;
}
interface ScrapeDue {
  readonly type: 'scrape.due';
}
type Message =
  | StartMessage<MetricsInput>
  | HttpClientMessage
  | InformerRetry
  | ScrapeDue
  | NetDial
  | PeerClosedMessage
  | TerminateMessage
  | UndeliverableMessage;
type MetricsEvent = EventOf<Message>;
type Result = Outcome<MetricsState>;

/** --metric-resolution. */
const resolutionMs = 15_000;
/** A container that was not seen for so long is forgotten. */
const keepMs = 4 * resolutionMs;
const scrape = 'scrape ';
const watches = {
  nodes: newInformer({ id: 'nodes', resource: resources.nodes }),
  pods: newInformer({ id: 'pods', resource: resources.pods }),
};
const due: ScrapeDue = { type: 'scrape.due' };
const later: Effect = { type: 'arm', timer: 'scrape', afterMs: resolutionMs, message: due, chatter: true };

function start(state: MetricsState, event: MetricsEvent): Result {
  const { input } = event.message as StartMessage<MetricsInput>;
  const { informers, effects } = openInformers(watches, input.client);
  return { context: { ...state, input, informers }, effects: [...effects, later] };
}

/** scraper.go: every node's kubelet is asked for what its containers have used. */
function scrapeAll(state: MetricsState): Result {
  const ask = [...state.informers.nodes.store.keys()].map((node): Effect => {
    const message = httpRequest(state.input.client, `${scrape}${node}`, { method: 'GET', path: '/metrics/resource' });
    return { type: 'send', to: `${node}/kubelet`, message, chatter: true };
  });
  return { context: state, effects: [...ask, later] };
}

function answered(state: MetricsState, message: HttpClientMessage | InformerRetry, now: number): Result {
  if (message.type === 'http.response' && message.id.startsWith(scrape)) {
    if (message.status !== 200) return { context: state, effects: [] };
    const node = message.id.slice(scrape.length);
    return { context: { ...state, store: taken(state.store, node, String(message.body), now, keepMs) }, effects: [] };
  }
  const heard = informersHeard(state.informers, message, () => state.input.client);
  return heard === undefined
    ? { context: state, effects: [] }
    : { context: { ...state, informers: heard.informers }, effects: heard.effects };
}

/** Whether there is something to tell (metric-storage-ready). */
export const isReady = ({ store }: MetricsState): boolean => [...store.nodes.values()].some((known) => useOf(known) !== undefined);

function asked(state: MetricsState, dial: NetDial, now: number): Result {
  const { nodes, pods } = state.informers;
  const known: Known = { store: state.store, nodes: nodes.store, pods: pods.store, ready: isReady(state), now };
  const outcome: NetReply['outcome'] =
    dial.payload.type === 'http' ? answerTo(dial.payload.path, known) : { type: 'failed', failure: 'refused' };
  const reply: NetReply = { type: 'net.reply', id: dial.id, outcome };
  return { context: state, effects: [{ type: 'send', to: dial.replyTo, message: reply }] };
}

function lost(state: MetricsState, message: PeerClosedMessage | UndeliverableMessage): Result {
  const step = informersLost(state.informers, message, state.input.client.server);
  return step === undefined ? { context: state, effects: [] } : { context: { ...state, informers: step.informers }, effects: step.effects };
}

function serve(state: MetricsState, event: MetricsEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'scrape.due':
      return scrapeAll(state);
    case 'net.dial':
      return asked(state, message, event.now);
    case 'peer.closed':
    case 'message.undeliverable':
      return lost(state, message);
    case 'process.terminate':
      return { context: state, effects: [] };
    default:
      return answered(state, message, event.now);
  }
}

const act = step<MetricsState, MetricsEvent>(serve);

/** metrics-server: asks kubelets what containers use, and serves metrics.k8s.io behind the API server. */
export const metricsMachine = setup({
  types: { context: {} as MetricsState, events: {} as MetricsEvent, emitted: {} as Effect },
}).createMachine({
  id: 'metrics-server',
  context: {
    input: { client: { server: '', credential: { type: 'none' }, userAgent: '' } },
    informers: watches,
    store: emptyStore,
  } as MetricsState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'serving', actions: act } } },
    serving: {
      on: {
        'scrape.due': { actions: act },
        'net.dial': { actions: act },
        'http.response': { actions: act },
        'http.chunk': { actions: act },
        'http.end': { actions: act },
        'informer.retry': { actions: act },
        'peer.closed': { actions: act },
        'message.undeliverable': { actions: act },
      },
    },
  },
});

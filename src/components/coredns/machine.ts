import { setup } from 'xstate';
import { resources, type ClientConfig } from '#machinery/client.ts';
import { byIndex, newInformer, type InformerRetry } from '#machinery/informer.ts';
import { informersHeard, informersLost, openInformers, type Informers } from '#machinery/informers.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { NetDial, NetOutcome, NetReply } from '#protocol/net.ts';
import type { HttpClientMessage } from '#protocol/rest.ts';
import { lookUp, type Zone } from './names.ts';

export interface DnsInput {
  readonly client: ClientConfig;
  readonly domain: string;
}
export interface DnsState {
  readonly input: DnsInput;
  readonly informers: Informers<keyof typeof watches>;
  readonly answered: number;
}
type Message =
  StartMessage<DnsInput> | HttpClientMessage | InformerRetry | NetDial | PeerClosedMessage | TerminateMessage | UndeliverableMessage;
type DnsEvent = EventOf<Message>;
type Result = Outcome<DnsState>;

const serviceLabel = 'kubernetes.io/service-name';
const dnsPort = 53;
const watches = {
  services: newInformer({ id: 'services', resource: resources.services }),
  endpointslices: newInformer({
    id: 'endpointslices',
    resource: resources.endpointslices,
    indexers: { service: (object) => [`${object.metadata.namespace ?? ''}/${object.metadata.labels?.[serviceLabel] ?? ''}`] },
  }),
  namespaces: newInformer({ id: 'namespaces', resource: resources.namespaces }),
};

function start(state: DnsState, event: DnsEvent): Result {
  const { input } = event.message as StartMessage<DnsInput>;
  const { informers, effects } = openInformers(watches, input.client);
  return { context: { ...state, input, informers }, effects };
}

function informed(state: DnsState, message: HttpClientMessage | InformerRetry): Result {
  const heard = informersHeard(state.informers, message, () => state.input.client);
  return heard === undefined
    ? { context: state, effects: [] }
    : { context: { ...state, informers: heard.informers }, effects: heard.effects };
}

const isReady = ({ informers }: DnsState): boolean => Object.values(informers).every((informer) => informer.synced);

/** A question on port 53, or the health and readiness of the server on their own ports. */
function outcomeOf(state: DnsState, dial: NetDial): NetOutcome {
  const { payload, port } = dial;
  if (payload.type === 'http') {
    const known = (port === 8080 && payload.path === '/health') || (port === 8181 && payload.path === '/ready');
    if (!known) return { type: 'failed', failure: 'refused' };
    return { type: 'http', status: port === 8080 || isReady(state) ? 200 : 503, headers: [], body: 'OK' };
  }
  if (payload.type !== 'dns' || port !== dnsPort) return { type: 'failed', failure: 'refused' };
  const { services, endpointslices } = state.informers;
  const zone: Zone = {
    domain: state.input.domain,
    service: (key) => services.store.get(key),
    slices: (key) => byIndex(endpointslices, 'service', key),
  };
  return { type: 'dns', addresses: lookUp(zone, payload.name) ?? [] };
}

function asked(state: DnsState, dial: NetDial): Result {
  const reply: NetReply = { type: 'net.reply', id: dial.id, outcome: outcomeOf(state, dial) };
  return { context: { ...state, answered: state.answered + 1 }, effects: [{ type: 'send', to: dial.replyTo, message: reply }] };
}

function lost(state: DnsState, message: PeerClosedMessage | UndeliverableMessage): Result {
  const step = informersLost(state.informers, message, state.input.client.server);
  return step === undefined ? { context: state, effects: [] } : { context: { ...state, informers: step.informers }, effects: step.effects };
}

function serve(state: DnsState, event: DnsEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'net.dial':
      return asked(state, message);
    case 'peer.closed':
    case 'message.undeliverable':
      return lost(state, message);
    case 'process.terminate':
      return { context: state, effects: [] };
    default:
      return informed(state, message);
  }
}

const act = step<DnsState, DnsEvent>(serve);
const on = {
  'net.dial': { actions: act },
  'http.response': { actions: act },
  'http.chunk': { actions: act },
  'http.end': { actions: act },
  'informer.retry': { actions: act },
  'peer.closed': { actions: act },
  'message.undeliverable': { actions: act },
} as const;

/** CoreDNS with its kubernetes plugin: the names of services and pods. */
export const dnsMachine = setup({
  types: { context: {} as DnsState, events: {} as DnsEvent, emitted: {} as Effect },
}).createMachine({
  id: 'coredns',
  context: {
    input: { client: { server: '', credential: { type: 'none' }, userAgent: '' }, domain: '' },
    informers: watches,
    answered: 0,
  } as DnsState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'listing', actions: act } } },
    listing: { on, always: { guard: ({ context }) => isReady(context), target: 'serving' } },
    serving: { on },
  },
});

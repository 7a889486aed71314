import { setup } from 'xstate';
import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { createNewEvent } from '#machinery/events.ts';
import { resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import { newInformer, type InformerRetry, type InformerState } from '#machinery/informer.ts';
import { informersHeard, informersLost, openInformers, type Informers } from '#machinery/informers.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import { rulesFile, type PacketRules } from '#protocol/net.ts';
import type { HttpClientMessage, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { packetRules } from './rules.ts';

export interface ProxyInput {
  readonly client: ClientConfig;
  readonly node: string;
}
interface SyncDue {
  readonly type: 'proxy.sync';
}
export interface ProxyState {
  readonly input: ProxyInput;
  readonly informers: Informers<keyof typeof watches>;
  /** Something has changed since the rules were last written. */
  readonly pending: boolean;
  readonly rules: PacketRules;
  readonly syncs: number;
}
type Message =
  | StartMessage<ProxyInput>
  | HttpClientMessage
  | HttpRequest
  | InformerRetry
  | SyncDue
  | PeerClosedMessage
  | TerminateMessage
  | UndeliverableMessage;
type ProxyEvent = EventOf<Message>;
type Result = Outcome<ProxyState>;

/** Changes are gathered for a while before the rules are written (the bounded frequency runner's minSyncPeriod). Milliseconds. */
const gatherMs = 30;
/** Slices of headless services, and those that another proxy serves, are none of its business. */
const selector = '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name';

const watches = {
  services: newInformer({ id: 'services', resource: resources.services, labelSelector: selector }),
  endpointslices: newInformer({ id: 'endpointslices', resource: resources.endpointslices, labelSelector: selector }),
  nodes: newInformer({ id: 'nodes', resource: resources.nodes }),
};

function start(state: ProxyState, event: ProxyEvent): Result {
  const { input } = event.message as StartMessage<ProxyInput>;
  const { informers, effects } = openInformers(watches, input.client);
  const subject = { apiVersion: 'v1', kind: 'Node', metadata: { name: input.node } };
  const said = createNewEvent(subject, 'Normal', 'Starting', 'StartKubeProxy', '', 'kube-proxy', event.now, 0, `kube-proxy-${input.node}`);
  return {
    context: { ...state, input, informers },
    effects: [...effects, sendCall(input.client, 'event', said)],
  };
}

const store = (informer: InformerState): readonly KubeObject[] => [...informer.store.values()];

/** Writes the rules anew, once everything has been seen. */
function sync(state: ProxyState): Result {
  const { services, endpointslices, nodes } = state.informers;
  if (!services.synced || !endpointslices.synced || !nodes.synced) return { context: state, effects: [] };
  const rules = packetRules({ services: store(services), slices: store(endpointslices), nodes: store(nodes) }, state.input.node);
  const context: ProxyState = { ...state, pending: false, rules, syncs: state.syncs + 1 };
  if (deepEqual(rules, state.rules)) return { context, effects: [] };
  return { context, effects: [{ type: 'write-file', path: rulesFile, content: rules }] };
}

function informed(state: ProxyState, message: HttpClientMessage | InformerRetry): Result {
  const heard = informersHeard(state.informers, message, () => state.input.client);
  if (heard === undefined) return { context: state, effects: [] };
  const context: ProxyState = { ...state, informers: heard.informers };
  const news = heard.changes.length > 0 || heard.nowSynced;
  if (!news || state.pending) return { context, effects: heard.effects };
  const due: Effect = { type: 'arm', timer: 'sync', afterMs: gatherMs, message: { type: 'proxy.sync' } as SyncDue };
  return { context: { ...context, pending: true }, effects: [...heard.effects, due] };
}

/** `/healthz` and `/livez` of its own port. */
function served(state: ProxyState, event: ProxyEvent): Result {
  const { id } = event.message as HttpRequest;
  const response: HttpResponse = { type: 'http.response', id, status: 200, contentType: 'text/plain', body: 'ok' };
  return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
}

function lost(state: ProxyState, message: PeerClosedMessage | UndeliverableMessage): Result {
  const step = informersLost(state.informers, message, state.input.client.server);
  return step === undefined ? { context: state, effects: [] } : { context: { ...state, informers: step.informers }, effects: step.effects };
}

function serve(state: ProxyState, event: ProxyEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'proxy.sync':
      return sync(state);
    case 'http.request':
      return served(state, event);
    case 'peer.closed':
    case 'message.undeliverable':
      return lost(state, message);
    case 'process.terminate':
      return { context: state, effects: [] };
    default:
      return informed(state, message);
  }
}

const act = step<ProxyState, ProxyEvent>(serve);
const on = {
  'http.request': { actions: act },
  'http.response': { actions: act },
  'http.chunk': { actions: act },
  'http.end': { actions: act },
  'informer.retry': { actions: act },
  'proxy.sync': { actions: act },
  'peer.closed': { actions: act },
  'message.undeliverable': { actions: act },
} as const;
const isSynced = ({ context }: { readonly context: ProxyState }): boolean => context.syncs > 0;

/** kube-proxy: turns Services and EndpointSlices into the packet rules of its host. It carries no traffic itself. */
export const proxyMachine = setup({
  types: { context: {} as ProxyState, events: {} as ProxyEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-proxy',
  context: {
    input: { client: { server: '', credential: { type: 'none' }, userAgent: '' }, node: '' },
    informers: watches,
    pending: false,
    rules: { services: [], routes: [] },
    syncs: 0,
  } as ProxyState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'listing', actions: act } } },
    listing: { on, always: { guard: isSynced, target: 'programming' } },
    programming: { on },
  },
});

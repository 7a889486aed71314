import { setup } from 'xstate';
import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { createNewEvent } from '#machinery/events.ts';
import { resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import {
  allInformersLost,
  handleInformer,
  informerOf,
  isFor,
  newInformer,
  oneInformerLost,
  openInformer,
  type InformerRetry,
  type InformerState,
} from '#machinery/informer.ts';
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
type Watches = Readonly<Record<'services' | 'endpointslices' | 'nodes', InformerState>>;
export interface ProxyState {
  readonly input: ProxyInput;
  readonly informers: Watches;
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
  const effects: Effect[] = [{ type: 'link', to: input.client.server }];
  const opened = Object.entries(watches).map(([name, informer]) => {
    const first = openInformer(informer, input.client);
    effects.push(...first.effects);
    return [name, first.state] as const;
  });
  const subject = { apiVersion: 'v1', kind: 'Node', metadata: { name: input.node } };
  const said = createNewEvent(subject, 'Normal', 'Starting', 'StartKubeProxy', '', 'kube-proxy', event.now, 0, `kube-proxy-${input.node}`);
  return {
    context: { ...state, input, informers: Object.fromEntries(opened) as unknown as Watches },
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
  const plural = (message.type === 'informer.retry' ? message.informer : informerOf(message.id)) as keyof Watches;
  const informer = state.informers[plural];
  if (informer === undefined || !isFor(informer, message)) return { context: state, effects: [] };
  const result = handleInformer(informer, message, state.input.client);
  const context: ProxyState = { ...state, informers: { ...state.informers, [plural]: result.state } };
  const news = result.changes.length > 0 || result.state.synced !== informer.synced;
  if (!news || state.pending) return { context, effects: result.effects };
  const due: Effect = { type: 'arm', timer: 'sync', afterMs: gatherMs, message: { type: 'proxy.sync' } as SyncDue };
  return { context: { ...context, pending: true }, effects: [...result.effects, due] };
}

/** `/healthz` and `/livez` of its own port. */
function served(state: ProxyState, event: ProxyEvent): Result {
  const { id } = event.message as HttpRequest;
  const response: HttpResponse = { type: 'http.response', id, status: 200, contentType: 'text/plain', body: 'ok' };
  return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
}

function unreachable(state: ProxyState, message: UndeliverableMessage): Result {
  const { id } = message.message as HttpRequest;
  const lost = id === undefined ? undefined : oneInformerLost(state.informers, informerOf(id), state.input.client.server);
  return lost === undefined
    ? { context: state, effects: [] }
    : { context: { ...state, informers: lost.informers as Watches }, effects: lost.effects };
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
    case 'peer.closed': {
      const lost = allInformersLost(state.informers, state.input.client.server);
      return { context: { ...state, informers: lost.informers as Watches }, effects: lost.effects };
    }
    case 'message.undeliverable':
      return unreachable(state, message);
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

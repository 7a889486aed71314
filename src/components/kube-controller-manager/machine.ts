import { setup } from 'xstate';
import { createEvent } from '#machinery/events.ts';
import { resourcePath, sendCall, resources, type ClientConfig } from '#machinery/client.ts';
import { authenticationCache, openAuthentication } from '#machinery/authentication.ts';
import { newInformer, openInformer, type Change, type InformerRetry, type InformerSpec } from '#machinery/informer.ts';
import { informersHeard, informersLost } from '#machinery/informers.ts';
import { electionAnswer, electionTick, isElection, newElection, type ElectionStep, type ElectionTick } from '#machinery/leader-election.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type {
  ChildExitedMessage,
  Effect,
  EventOf,
  PeerClosedMessage,
  StartMessage,
  TerminateMessage,
  UndeliverableMessage,
} from '#kernel/types.ts';
import type { HttpClientMessage, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { controllerAccounts } from './accounts.ts';
import type { Caches, ControllerDefinition } from './controller.ts';
import { controllers } from './controllers/index.ts';
import { indexersOf, monitorIndexers, watchedResources } from './informers.ts';
import { discover, discoveryId, followDiscovery, type DiscoveryDue } from './monitors.ts';
import type { ManagerInput, ManagerState } from './state.ts';
import type { DisconnectedMessage, EnqueueMessage } from './worker-state.ts';

type Message =
  | StartMessage<ManagerInput>
  | HttpClientMessage
  | HttpRequest
  | InformerRetry
  | ElectionTick
  | DiscoveryDue
  | PeerClosedMessage
  | ChildExitedMessage
  | UndeliverableMessage
  | TerminateMessage;
type ManagerEvent = EventOf<Message>;
type Result = Outcome<ManagerState>;

const noClient: ClientConfig = { server: '', credential: { type: 'none' }, userAgent: '' };
function start(state: ManagerState, event: ManagerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { client, identity } = event.message.input;
  const context: ManagerState = {
    ...state,
    client,
    controllerAgent: client.userAgent.split('/')[0]!,
    election: newElection('kube-controller-manager', identity, event.message.seed),
  };
  const asks = openAuthentication({ ...client, userAgent: context.controllerAgent });
  const ticked = tick({ ...context, caches: asks.caches }, event);
  return { context: ticked.context, effects: [...asks.effects, ...ticked.effects] };
}

const electionClient = (state: ManagerState): ClientConfig => ({ ...state.client, userAgent: `${state.controllerAgent}/leader-election` });

function elected(state: ManagerState, step_: ElectionStep, event: ManagerEvent): Result {
  const context = { ...state, election: step_.state };
  if (step_.outcome === 'lost') return { context, effects: [...step_.effects, { type: 'exit', code: 1 }] };
  if (step_.outcome !== 'acquired') return { context, effects: step_.effects };
  const { identity, lease } = step_.state;
  const subject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease!.metadata };
  const announce = sendCall(
    state.client,
    'leader-event',
    createEvent(subject, 'Normal', 'LeaderElection', `${identity} became leader`, { component: 'kube-controller-manager' }, event.now, 1),
  );
  const opened = lead(context);
  return { context: opened.context, effects: [...step_.effects, announce, ...opened.effects] };
}

function tick(state: ManagerState, event: ManagerEvent): Result {
  return elected(state, electionTick(state.election, electionClient(state), event.now), event);
}

/** The leader opens its informers and starts its controllers. */
function lead(state: ManagerState): Result {
  if (state.started) return { context: state, effects: [] };
  const effects: Effect[] = [];
  const caches: Record<string, Caches[string]> = { ...state.caches };
  for (const resource of watchedResources) {
    const spec: InformerSpec = { id: resource.plural, resource, indexers: indexersOf(resource.plural) };
    const opened = openInformer(newInformer(spec), informerClient(state, resource.plural));
    caches[resource.plural] = opened.state;
    effects.push(...opened.effects);
  }
  for (const name of controllerAccounts) {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kube-system' } };
    effects.push(sendCall(state.client, 'account', { method: 'POST', path: resourcePath(resources.serviceaccounts, 'kube-system'), body }));
  }
  for (const name of controllers.keys())
    effects.push({ type: 'start', name, definition: 'kube-controller-manager/controller', input: { name } });
  effects.push(...discover(monitorClient(state)));
  return { context: { ...state, caches, started: true }, effects };
}

/** The garbage collector's monitors. */
const monitorClient = (state: ManagerState): ClientConfig => ({
  ...state.client,
  userAgent: `${state.controllerAgent}/metadata-informers`,
});

/** What discovery says: a resource that is gone takes its cache with it, and one that is new gets one. */
function discovered(state: ManagerState, answer: HttpResponse): Result {
  if (answer.status >= 300) return { context: state, effects: [] };
  const { caches, effects } = followDiscovery(state.caches, answer.body, monitorClient(state), monitorIndexers);
  return { context: { ...state, caches }, effects };
}

function informerClient(state: ManagerState, plural: string): ClientConfig {
  if (state.caches[plural]?.spec.discovered !== undefined) return monitorClient(state);
  return {
    ...state.client,
    userAgent: plural === authenticationCache ? state.controllerAgent : `${state.controllerAgent}/shared-informers`,
  };
}

interface Listener {
  readonly name: string;
  readonly controller: ControllerDefinition;
  readonly handler: ControllerDefinition['handlers'][string];
}

const listening = new Map<string, readonly Listener[]>();

/** The controllers that listen to a resource; `discovered`: one that only discovery knows. */
function listenersOf(plural: string, discovered: boolean): readonly Listener[] {
  const id = discovered ? `${plural} (discovered)` : plural;
  let found = listening.get(id);
  if (found === undefined) {
    found = [...controllers].flatMap(([name, controller]) => {
      const handler = controller.handlers[plural] ?? (discovered ? controller.monitors?.(plural) : undefined);
      return handler === undefined ? [] : [{ name, controller, handler }];
    });
    listening.set(id, found);
  }
  return found;
}

/** A change becomes keys for the controllers that it concerns. */
function dispatch(state: ManagerState, plural: string, changes: readonly Change[], self: string): Effect[] {
  const effects: Effect[] = [];
  for (const { name, controller, handler } of listenersOf(plural, state.caches[plural]?.spec.discovered !== undefined)) {
    const batches = new Map<number, Set<string>>();
    for (const change of changes) {
      const found = handler(change, state.caches);
      if (found.length === 0) continue;
      const afterMs = controller.batchMs?.(change) ?? 0;
      const keys = batches.get(afterMs) ?? new Set();
      for (const key of found) keys.add(key);
      batches.set(afterMs, keys);
    }
    if (batches.size === 0) continue;
    const observes = controller.observes?.[plural];
    let observed = observes === undefined ? [] : changes.flatMap((change) => observes(change) ?? []);
    for (const [afterMs, keys] of batches) {
      const message: EnqueueMessage = { type: 'controller.enqueue', keys: [...keys], observed, afterMs };
      effects.push({ type: 'send', to: `${self}/${name}`, message });
      observed = [];
    }
  }
  return effects;
}

function informed(state: ManagerState, message: Message, self: string): Result {
  const heard = informersHeard(state.caches, message, (id) => informerClient(state, id));
  if (heard === undefined) return { context: state, effects: [] };
  const context = { ...state, caches: heard.informers };
  return { context, effects: [...heard.effects, ...(heard.changes.length === 0 ? [] : dispatch(context, heard.id, heard.changes, self))] };
}

/** The API server is gone: the informers open their watches again, the controllers do not wait for answers. */
function lost(state: ManagerState, message: PeerClosedMessage | UndeliverableMessage, self: string): Result {
  const step = informersLost(state.caches, message, state.client.server);
  if (step === undefined) return { context: state, effects: [] };
  const disconnected: DisconnectedMessage = { type: 'controller.disconnected' };
  const told = message.type === 'peer.closed' && state.started ? [...controllers.keys()] : [];
  return {
    context: { ...state, caches: step.informers },
    effects: [...step.effects, ...told.map((name): Effect => ({ type: 'send', to: `${self}/${name}`, message: disconnected }))],
  };
}

function serve(state: ManagerState, event: ManagerEvent): Result {
  const { message } = event;
  if (message.type === 'election.tick') return tick(state, event);
  if (isElection(message))
    return elected(state, electionAnswer(state.election, message as HttpClientMessage, electionClient(state), event.now), event);
  if (message.type === 'http.request') {
    const response: HttpResponse = { type: 'http.response', id: message.id, status: 200, contentType: 'text/plain', body: 'ok' };
    return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
  }
  if (message.type === 'peer.closed' || message.type === 'message.undeliverable') return lost(state, message, event.self);
  if (message.type === 'discovery.due') return { context: state, effects: discover(monitorClient(state)) };
  if (message.type === 'http.response' && message.id === discoveryId) return discovered(state, message);
  return informed(state, message, event.self);
}

const serving = step<ManagerState, ManagerEvent>(serve);
const leads = ({ context }: { readonly context: ManagerState }): boolean => context.started;
const everything = {
  'election.tick': { actions: serving },
  'http.response': { actions: serving },
  'http.chunk': { actions: serving },
  'http.end': { actions: serving },
  'http.request': { actions: serving },
  'informer.retry': { actions: serving },
  'discovery.due': { actions: serving },
  'peer.closed': { actions: serving },
  'message.undeliverable': { actions: serving },
  'process.terminate': { target: '#kube-controller-manager.stopped' },
} as const;

/** The controller manager: waits for its lease, then runs the control loops until it loses it. */
export const managerMachine = setup({
  types: { context: {} as ManagerState, events: {} as ManagerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-controller-manager',
  context: { client: noClient, controllerAgent: '', election: newElection('', '', 0), caches: {}, started: false, events: 0 },
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'candidate', actions: step(start) } } },
    candidate: { on: everything, always: { guard: leads, target: 'leading' } },
    leading: {
      on: everything,
      initial: 'syncing',
      states: {
        syncing: { always: { guard: ({ context }) => Object.values(context.caches).every((cache) => cache.synced), target: 'running' } },
        running: {},
      },
    },
    stopped: { type: 'final' },
  },
});

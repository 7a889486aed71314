import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import { handleInformer, informerLost, informerOf, isFor, type InformerRetry, type InformerStep } from '#machinery/informer.ts';
import { step } from '#kernel/step.ts';
import type { Effect, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { CriOperation, CriRequest, CriResponse } from '#protocol/cri.ts';
import type { HttpClientMessage, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { heartbeat, leased, nodeRead, register, registered, tick } from './node-status.ts';
import { dropReferences, watchReferences, workersOf } from './references.ts';
import { runtimeAnswered, serveRequest } from './server.ts';
import { clientGone, clientSaid, runtimeSaid } from './streams.ts';
import { nameOf, type KubeletEvent, type KubeletInput, type KubeletResult, type KubeletState, type Tick } from './state.ts';
import { addStatic, addStaticPods, mirror, mirrorAnnotation, mirrorChanged, removeStatic, workerInput } from './static-pods.ts';
import { isTerminalPhase } from './status.ts';
import type { Disconnected, PodUpdate, ReferencesChanged } from './worker-state.ts';

const retryMs = 2000;

// ── the runtime, as it was found ────────────────────────────────────────────

function askRuntime(event: KubeletEvent): readonly Effect[] {
  const to = `${nameOf(event)}/container-runtime`;
  const ask = (id: string, operation: CriOperation): Effect => ({
    type: 'send',
    to,
    message: { type: 'cri.request', id, operation } as CriRequest,
  });
  return [ask('sandboxes', { op: 'ListPodSandbox' }), ask('containers', { op: 'ListContainers' })];
}

function start(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { input } = event.message as StartMessage<KubeletInput>;
  return { context: { ...state, input, startedAt: event.now }, effects: askRuntime(event) };
}

/** What the runtime has is known: static pods begin, and the node is registered. */
function listed(state: KubeletState, event: KubeletEvent): KubeletResult {
  const response = event.message as CriResponse;
  if (!('result' in response)) return runtimeAnswered(state, response);
  const { result } = response;
  const context: KubeletState =
    result.op === 'ListPodSandbox'
      ? { ...state, sandboxes: result.sandboxes }
      : result.op === 'ListContainers'
        ? { ...state, containers: result.containers }
        : state;
  if (context === state) return runtimeAnswered(state, response);
  if (context.sandboxes === undefined || context.containers === undefined) return { context, effects: [] };
  const pods = addStaticPods(context, event);
  const node = register(pods.context, event);
  return { context: node.context, effects: [...pods.effects, ...node.effects] };
}

// ── pods from the API server ────────────────────────────────────────────────

function informed(state: KubeletState, result: InformerStep, event: KubeletEvent): KubeletResult {
  let context: KubeletState = { ...state, pods: result.state };
  const effects: Effect[] = [...result.effects];
  for (const { object, type } of result.changes) {
    const next = podChanged(context, object, type === 'delete', event);
    context = next.context;
    effects.push(...next.effects);
  }
  const cleaned = state.pods?.synced === true || !result.state.synced ? { context, effects: [] } : cleanUp(context, event);
  return { context: cleaned.context, effects: [...effects, ...cleaned.effects, ...mirror(cleaned.context)] };
}

function podChanged(state: KubeletState, object: KubeObject, gone: boolean, event: KubeletEvent): KubeletResult {
  const mirrored = object.metadata.annotations?.[mirrorAnnotation];
  const uid = mirrored ?? object.metadata.uid ?? '';
  const worker = state.workers.get(uid);
  if (mirrored !== undefined)
    return { context: state, effects: worker === undefined ? [] : mirrorChanged(state, object, gone, worker, event) };
  if (worker === undefined) return gone ? { context: state, effects: [] } : newPod(state, object, uid);
  const message: PodUpdate = { type: 'pod.update', pod: gone ? undefined : object };
  const told: Effect = { type: 'send', to: `${event.self}/${worker}`, message };
  if (!gone) return { context: state, effects: [told] };
  const dropped = dropReferences({ ...state, workers: state.workers.delete(uid) }, object);
  return { context: dropped.context, effects: [told, ...dropped.effects] };
}

function newPod(state: KubeletState, object: KubeObject, uid: string): KubeletResult {
  const { phase } = (object['status'] ?? {}) as { readonly phase?: string };
  if (isTerminalPhase(phase) && object.metadata.deletionTimestamp === undefined) return { context: state, effects: [] };
  const name = `pod-${state.next}`;
  const watched = watchReferences({ ...state, next: state.next + 1, workers: state.workers.set(uid, name) }, object);
  const begin: Effect = { type: 'start', name, definition: 'kubelet/pod-worker', input: workerInput(state, object, false) };
  return { context: watched.context, effects: [...watched.effects, begin] };
}

/** Sandboxes of pods that are no more are taken away when all pods are known (HandlePodCleanups). */
function cleanUp(state: KubeletState, event: KubeletEvent): KubeletResult {
  const orphans = (state.sandboxes ?? []).filter((item) => !state.workers.has(item.config.podUid) && !finished(state, item.config.podUid));
  const effects = orphans.map(({ id }): Effect => ({
    type: 'send',
    to: `${nameOf(event)}/container-runtime`,
    message: { type: 'cri.request', id: 'orphan', operation: { op: 'RemovePodSandbox', sandbox: id } } as CriRequest,
  }));
  return { context: { ...state, sandboxes: [], containers: [] }, effects };
}

const finished = (state: KubeletState, uid: string): boolean =>
  [...(state.pods?.store.values() ?? [])].some((pod) => pod.metadata.uid === uid);

// ── everything else it watches ──────────────────────────────────────────────

function otherInformed(state: KubeletState, message: HttpClientMessage | InformerRetry, event: KubeletEvent): KubeletResult {
  const id = message.type === 'informer.retry' ? message.informer : informerOf(message.id);
  const informer = state.others.get(id);
  if (informer === undefined || !isFor(informer, message)) return { context: state, effects: [] };
  const result = handleInformer(informer, message, state.input.client);
  const context: KubeletState = { ...state, others: state.others.set(id, result.state) };
  const known = result.changes.length > 0 && id !== 'services';
  const told = known ? workersOf(context, id) : [];
  const changed: ReferencesChanged = { type: 'pod.references' };
  return {
    context,
    effects: [...result.effects, ...told.map((worker): Effect => ({ type: 'send', to: `${event.self}/${worker}`, message: changed }))],
  };
}

/** The connection to the API server broke: every watch has to be opened again. */
function disconnected(state: KubeletState, event: KubeletEvent): KubeletResult {
  if (state.pods === undefined) return { context: state, effects: [] };
  const pods = informerLost(state.pods);
  const message: Disconnected = { type: 'pod.disconnected' };
  const told = [...state.workers.values()].map((worker): Effect => ({ type: 'send', to: `${event.self}/${worker}`, message }));
  const effects: Effect[] = [...pods.effects, ...told];
  let { others } = state;
  for (const [id, informer] of [...state.others]) {
    const lost = informerLost(informer);
    others = others.set(id, lost.state);
    effects.push(...lost.effects);
  }
  return { context: { ...state, pods: pods.state, others }, effects: [...effects, { type: 'link', to: state.input.client.server }] };
}

function unreachable(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { message } = event.message as UndeliverableMessage;
  if (message.type === 'cri.request') {
    const { id } = message as CriRequest;
    if (id === 'sandboxes') return { context: state, effects: [tick('runtime', retryMs)] };
    return runtimeAnswered(state, {
      type: 'cri.response',
      id,
      error: 'rpc error: code = Unavailable desc = connection error',
      code: 'Unknown',
    });
  }
  if (message.type !== 'http.request') return { context: state, effects: [] };
  const { id } = message as HttpRequest;
  if (state.pods !== undefined && isFor(state.pods, { type: 'http.end', id } as HttpClientMessage)) {
    const lost = informerLost(state.pods);
    return { context: { ...state, pods: lost.state }, effects: lost.effects };
  }
  const informer = state.others.get(informerOf(id));
  if (informer === undefined) return { context: state, effects: [] };
  const lost = informerLost(informer);
  return { context: { ...state, others: state.others.set(informerOf(id), lost.state) }, effects: lost.effects };
}

function answered(state: KubeletState, message: HttpClientMessage, event: KubeletEvent): KubeletResult {
  switch (message.id) {
    case 'register':
      return registered(state, message as HttpResponse, event);
    case 'lease':
      return leased(state, message as HttpResponse, event);
    case 'node':
      return nodeRead(state, message as HttpResponse, event);
    default:
      if (state.pods !== undefined && isFor(state.pods, message))
        return informed(state, handleInformer(state.pods, message, state.input.client), event);
      return otherInformed(state, message, event);
  }
}

function ticked(state: KubeletState, event: KubeletEvent): KubeletResult {
  return (event.message as Tick).what === 'runtime' ? { context: state, effects: askRuntime(event) } : heartbeat(state, event);
}

function serve(state: KubeletState, event: KubeletEvent): KubeletResult {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'kubelet.tick':
      return ticked(state, event);
    case 'file.changed': {
      if (message.content === undefined) return removeStatic(state, message.path, event);
      const added = addStatic(state, message.path, message.content, event);
      return { context: added.context, effects: [...added.effects, ...mirror(added.context)] };
    }
    case 'http.request':
      return serveRequest(state, event);
    case 'http.input':
      return clientSaid(state, message, event);
    case 'http.abort':
      return clientGone(state, message, event);
    case 'cri.stream':
      return runtimeSaid(state, message);
    case 'cri.response':
      return listed(state, event);
    case 'cri.event': {
      const worker = state.workers.get(message.podUid);
      return { context: state, effects: worker === undefined ? [] : [{ type: 'send', to: `${event.self}/${worker}`, message }] };
    }
    case 'process.terminate':
      return { context: state, effects: [] };
    case 'peer.closed':
      return disconnected(state, event);
    case 'message.undeliverable':
      return unreachable(state, event);
    case 'informer.retry':
      return state.pods !== undefined && isFor(state.pods, message)
        ? informed(state, handleInformer(state.pods, message, state.input.client), event)
        : otherInformed(state, message, event);
    default:
      return answered(state, message, event);
  }
}

const serving = step<KubeletState, KubeletEvent>(serve);
const on = {
  'kubelet.tick': { actions: serving },
  'file.changed': { actions: serving },
  'http.request': { actions: serving },
  'http.input': { actions: serving },
  'http.abort': { actions: serving },
  'cri.stream': { actions: serving },
  'http.response': { actions: serving },
  'http.chunk': { actions: serving },
  'http.end': { actions: serving },
  'informer.retry': { actions: serving },
  'cri.event': { actions: serving },
  'cri.response': { actions: serving },
  'peer.closed': { actions: serving },
  'message.undeliverable': { actions: serving },
} as const;

/** The kubelet: registers its node, and gives each pod of it a worker. */
export const kubeletMachine = setup({
  types: { context: {} as KubeletState, events: {} as KubeletEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kubelet',
  context: {
    input: {
      client: { server: '', credential: { type: 'none' }, userAgent: '' },
      hostIp: '',
      hollow: false,
      dns: { server: '', domain: '' },
      node: { metadata: {}, spec: {}, status: {} },
    },
    startedAt: 0,
    pods: undefined,
    others: SortedMap.empty(),
    registered: false,
    sandboxes: undefined,
    containers: undefined,
    static: SortedMap.empty<KubeObject>(),
    workers: SortedMap.empty<string>(),
    podCidr: '',
    lease: undefined,
    asked: SortedMap.empty(),
    next: 1,
  } as KubeletState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'registering', actions: serving } } },
    registering: { on, always: { guard: ({ context }) => context.registered, target: 'running' } },
    running: { on },
  },
});

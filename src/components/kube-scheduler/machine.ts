import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { seedRandom, type RandomState } from '#base/random.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Pod } from '#api/types.generated.ts';
import { resourcePath, resources, sendCall, type ClientConfig } from '#machinery/client.ts';
import { createEvent, createNewEvent, subjectOf } from '#machinery/events.ts';
import {
  handleInformer,
  informerLost,
  informerOf,
  isFor,
  newInformer,
  openInformer,
  type Change,
  type InformerRetry,
  type InformerStep,
} from '#machinery/informer.ts';
import { electionAnswer, electionTick, isElection, newElection, type ElectionStep, type ElectionTick } from '#machinery/leader-election.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, Origin, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import { mediaTypes, type HttpClientMessage, type HttpRequest, type HttpResponse } from '#protocol/rest.ts';
import { emptyInfo, withoutPod, withPod } from './node-info.ts';
import { schedule } from './schedule.ts';
import type { QueuedPod, SchedulerInput, SchedulerState } from './state.ts';

interface Flush {
  readonly type: 'scheduler.flush';
}
type Message =
  | StartMessage<SchedulerInput>
  | HttpClientMessage
  | HttpRequest
  | InformerRetry
  | ElectionTick
  | Flush
  | PeerClosedMessage
  | UndeliverableMessage
  | TerminateMessage;
type SchedulerEvent = EventOf<Message>;
type Result = Outcome<SchedulerState>;

const keptDecisions = 100;
const firstBackoffMs = 1_000;
const maxBackoffMs = 10_000;
const asPod = (object: KubeObject): Pod => object as unknown as Pod;
const agent = (state: SchedulerState, name: string): ClientConfig => ({ ...state.client, userAgent: `kube-scheduler/${name}` });

function start(state: SchedulerState, event: SchedulerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { client, identity } = event.message.input;
  const context = {
    ...state,
    client,
    election: newElection('kube-scheduler', identity, event.message.seed),
    random: seedRandom(event.message.seed, 'scheduler'),
  };
  return elected(context, electionTick(context.election, agent(context, 'leader-election'), event.now), event);
}

function elected(state: SchedulerState, result: ElectionStep, event: SchedulerEvent): Result {
  const context = { ...state, election: result.state };
  if (result.outcome === 'lost') return { context, effects: [...result.effects, { type: 'exit', code: 1 }] };
  if (result.outcome !== 'acquired' || context.pods !== undefined) return { context, effects: result.effects };
  const nodes = openInformer(newInformer({ id: 'nodes', resource: resources.nodes }), agent(context, 'scheduler'));
  const pods = openInformer(newInformer({ id: 'pods', resource: resources.pods }), agent(context, 'scheduler'));
  const subject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: result.state.lease!.metadata };
  const announce = sendCall(
    agent(context, 'leader-election'),
    'leader-event',
    createEvent(
      subject,
      'Normal',
      'LeaderElection',
      `${result.state.identity} became leader`,
      { component: 'default-scheduler' },
      event.now,
      1,
    ),
  );
  return {
    context: { ...context, nodes: nodes.state, pods: pods.state },
    effects: [...result.effects, { type: 'link', to: context.client.server }, announce, ...nodes.effects, ...pods.effects],
  };
}

// ── the cache and the queues ────────────────────────────────────────────────

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

function orderOf(pod: KubeObject): string {
  const priority = 3_000_000_000 - (asPod(pod).spec?.priority ?? 0);
  return `${String(priority).padStart(12, '0')} ${pod.metadata.creationTimestamp ?? ''} ${pod.metadata.resourceVersion?.padStart(10, '0') ?? ''} ${keyOf(pod)}`;
}

function placePod(state: SchedulerState, change: Change, origin: Origin): SchedulerState {
  const { object, old, type } = change;
  const key = keyOf(object);
  const finished = ['Succeeded', 'Failed'].includes(asPod(object).status?.phase ?? '');
  const node = asPod(object).spec?.nodeName ?? '';
  const before = (old === undefined ? '' : (asPod(old).spec?.nodeName ?? '')) || (state.assumed.get(key) ?? '');
  let next = state;
  if (type === 'delete' || finished) {
    if (before !== '') next = { ...next, infos: next.infos.set(before, withoutPod(next.infos.get(before) ?? emptyInfo(before), key)) };
    return wake({
      ...next,
      active: drop(next.active, key),
      unschedulable: next.unschedulable.delete(key),
      backoff: next.backoff.delete(key),
      assumed: next.assumed.delete(key),
    });
  }
  if (node !== '') {
    const info = next.infos.get(node) ?? emptyInfo(node);
    if (info.pods.get(key)?.['spec'] === object['spec'] && info.pods.get(key)?.metadata.labels === object.metadata.labels) return next;
    return {
      ...next,
      infos: next.infos.set(node, withPod(info, key, object)),
      assumed: next.assumed.delete(key),
      active: drop(next.active, key),
    };
  }
  const ours = (asPod(object).spec?.schedulerName ?? 'default-scheduler') === 'default-scheduler';
  const gated = (asPod(object).spec?.schedulingGates ?? []).length > 0;
  const known = next.assumed.has(key) || next.unschedulable.has(key) || next.backoff.has(key);
  const specChanged = old !== undefined && old['spec'] !== object['spec'] && JSON.stringify(old['spec']) !== JSON.stringify(object['spec']);
  if (!ours || gated || object.metadata.deletionTimestamp !== undefined || (known && !specChanged)) return next;
  const order = orderOf(object);
  const queued: QueuedPod = { key, attempts: 0, origin, order };
  return { ...next, unschedulable: next.unschedulable.delete(key), active: drop(next.active, key).set(order, queued) };
}

function drop(active: SortedMap<QueuedPod>, key: string): SortedMap<QueuedPod> {
  for (const [order, queued] of active) if (queued.key === key) return active.delete(order);
  return active;
}

/** Something changed that may help: pods that did not fit are looked at again. */
function wake(state: SchedulerState): SchedulerState {
  if (state.unschedulable.size === 0) return state;
  let { active } = state;
  for (const queued of state.unschedulable.values()) active = active.set(queued.order, queued);
  return { ...state, active, unschedulable: SortedMap.empty() };
}

function placeNode(state: SchedulerState, { object, old, type }: Change): SchedulerState {
  const info = state.infos.get(object.metadata.name) ?? emptyInfo(object.metadata.name);
  if (type === 'delete') return { ...state, infos: state.infos.set(info.name, { ...info, node: undefined }) };
  const next = { ...state, infos: state.infos.set(info.name, { ...info, node: object }) };
  const facts = (node: KubeObject): string =>
    JSON.stringify([node.metadata.labels, node['spec'], (node['status'] as { readonly allocatable?: unknown } | undefined)?.allocatable]);
  return old === undefined || facts(old) !== facts(object) ? wake(next) : next;
}

function informed(state: SchedulerState, kind: 'pods' | 'nodes', result: InformerStep, event: SchedulerEvent): Result {
  let context: SchedulerState = { ...state, [kind]: result.state };
  for (const change of result.changes) context = kind === 'pods' ? placePod(context, change, event.origin) : placeNode(context, change);
  const cycles = run(context, event);
  return { context: cycles.context, effects: [...result.effects, ...cycles.effects] };
}

// ── scheduling ──────────────────────────────────────────────────────────────

/** Takes pod after pod from the active queue. */
function run(state: SchedulerState, event: SchedulerEvent): Result {
  if (state.active.size === 0 || state.pods?.synced !== true || state.nodes?.synced !== true) return { context: state, effects: [] };
  let context = state;
  const effects: Effect[] = [];
  const infos = [...context.infos.values()].filter((info) => info.node !== undefined);
  for (let first = context.active.first(); first !== undefined; first = context.active.first()) {
    const [order, queued] = first;
    context = { ...context, active: context.active.delete(order) };
    const pod = context.pods?.store.get(queued.key);
    if (pod === undefined || (asPod(pod).spec?.nodeName ?? '') !== '') continue;
    const current = infos.map((info) => context.infos.get(info.name)!);
    const outcome = schedule(pod, current, context.random);
    const decisions = [
      ...context.decisions.slice(-keptDecisions + 1),
      { pod: queued.key, at: event.now, node: outcome.node, verdicts: outcome.verdicts },
    ];
    context = { ...context, random: outcome.random, decisions, counter: context.counter + 1 };
    const result = outcome.node === '' ? refuse(context, pod, queued, outcome.message, event) : bind(context, pod, queued, outcome.node);
    context = result.context;
    effects.push(...result.effects);
  }
  return { context, effects };
}

function bind(state: SchedulerState, pod: KubeObject, queued: QueuedPod, node: string): Result {
  const info = state.infos.get(node) ?? emptyInfo(node);
  const body = {
    kind: 'Binding',
    apiVersion: 'v1',
    metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
    target: { kind: 'Node', name: node },
  };
  const context = { ...state, infos: state.infos.set(node, withPod(info, queued.key, pod)), assumed: state.assumed.set(queued.key, node) };
  const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'binding');
  return {
    context,
    effects: [sendCall(agent(state, 'scheduler'), `bind ${queued.key}`, { method: 'POST', path, body }, { because: queued.origin })],
  };
}

function refuse(state: SchedulerState, pod: KubeObject, queued: QueuedPod, message: string, event: SchedulerEvent): Result {
  const before = asPod(pod).status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  const condition = {
    lastProbeTime: null,
    lastTransitionTime: formatTime(event.now),
    message,
    observedGeneration: pod.metadata.generation ?? 1,
    reason: 'Unschedulable',
    status: 'False',
    type: 'PodScheduled',
  };
  const client = agent(state, 'scheduler');
  const effects: Effect[] = [
    sendCall(
      client,
      'event',
      createNewEvent(subjectOf(pod), 'Warning', 'FailedScheduling', 'Scheduling', message, 'default-scheduler', event.now, state.counter),
      { because: queued.origin },
    ),
  ];
  if (before?.message !== message || before.status !== 'False') {
    const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, 'status');
    effects.push(
      sendCall(
        client,
        'status',
        { method: 'PATCH', path, contentType: mediaTypes.strategicMergePatch, body: { status: { conditions: [condition] } } },
        { because: queued.origin },
      ),
    );
  }
  return {
    context: { ...state, unschedulable: state.unschedulable.set(queued.key, { ...queued, attempts: queued.attempts + 1 }) },
    effects,
  };
}

/** The answer to a binding: an event, or the pod goes back to the queue. */
function bound(state: SchedulerState, response: HttpResponse, event: SchedulerEvent): Result {
  const key = response.id.slice('bind '.length);
  const pod = state.pods?.store.get(key);
  const node = state.assumed.get(key) ?? (pod === undefined ? '' : (asPod(pod).spec?.nodeName ?? ''));
  if (response.status < 300) {
    if (pod === undefined) return { context: state, effects: [] };
    const note = `Successfully assigned ${key} to ${node}`;
    const effect = sendCall(
      agent(state, 'scheduler'),
      'event',
      createNewEvent(subjectOf(pod), 'Normal', 'Scheduled', 'Binding', note, 'default-scheduler', event.now, state.counter),
    );
    return { context: { ...state, bound: state.bound + 1, counter: state.counter + 1 }, effects: [effect] };
  }
  const infos = node === '' ? state.infos : state.infos.set(node, withoutPod(state.infos.get(node) ?? emptyInfo(node), key));
  const context = { ...state, infos, assumed: state.assumed.delete(key) };
  if (pod === undefined || (asPod(pod).spec?.nodeName ?? '') !== '') return { context, effects: [] };
  const queued: QueuedPod = { key, attempts: 1, origin: event.origin, order: orderOf(pod) };
  const afterMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (queued.attempts - 1));
  return {
    context: { ...context, backoff: context.backoff.set(key, queued) },
    effects: [{ type: 'arm', timer: 'backoff', afterMs, message: { type: 'scheduler.flush' } as Flush }],
  };
}

function serve(state: SchedulerState, event: SchedulerEvent): Result {
  const { message } = event;
  if (message.type === 'election.tick')
    return elected(state, electionTick(state.election, agent(state, 'leader-election'), event.now), event);
  if (isElection(message))
    return elected(state, electionAnswer(state.election, message as HttpClientMessage, agent(state, 'leader-election'), event.now), event);
  if (message.type === 'http.request') {
    const response: HttpResponse = { type: 'http.response', id: message.id, status: 200, contentType: 'text/plain', body: 'ok' };
    return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
  }
  if (message.type === 'scheduler.flush') {
    let { active } = state;
    for (const queued of state.backoff.values()) active = active.set(queued.order, queued);
    return run({ ...state, active, backoff: SortedMap.empty() }, event);
  }
  if (message.type === 'peer.closed') return lostServer(state);
  if (message.type === 'http.response' && message.id.startsWith('bind ')) return bound(state, message, event);
  const kind = message.type === 'informer.retry' ? message.informer : 'id' in message ? informerOf(message.id) : '';
  const informer = kind === 'pods' ? state.pods : kind === 'nodes' ? state.nodes : undefined;
  if (informer === undefined || !isFor(informer, message)) return { context: state, effects: [] };
  return informed(state, kind as 'pods' | 'nodes', handleInformer(informer, message, agent(state, 'scheduler')), event);
}

function lostServer(state: SchedulerState): Result {
  if (state.pods === undefined || state.nodes === undefined) return { context: state, effects: [] };
  const [pods, nodes] = [informerLost(state.pods), informerLost(state.nodes)];
  return {
    context: { ...state, pods: pods.state, nodes: nodes.state },
    effects: [...pods.effects, ...nodes.effects, { type: 'link', to: state.client.server }],
  };
}

const serving = step<SchedulerState, SchedulerEvent>(serve);
const everything = {
  'election.tick': { actions: serving },
  'http.response': { actions: serving },
  'http.chunk': { actions: serving },
  'http.end': { actions: serving },
  'http.request': { actions: serving },
  'informer.retry': { actions: serving },
  'scheduler.flush': { actions: serving },
  'peer.closed': { actions: serving },
  'process.terminate': { target: '#kube-scheduler.stopped' },
} as const;

/** The scheduler: waits for its lease, then gives each pod without a node the best one. */
export const schedulerMachine = setup({
  types: { context: {} as SchedulerState, events: {} as SchedulerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-scheduler',
  context: {
    client: { server: '', credential: { type: 'none' }, userAgent: '' },
    election: newElection('', '', 0),
    pods: undefined,
    nodes: undefined,
    infos: SortedMap.empty(),
    active: SortedMap.empty<QueuedPod>(),
    unschedulable: SortedMap.empty<QueuedPod>(),
    backoff: SortedMap.empty<QueuedPod>(),
    assumed: SortedMap.empty<string>(),
    random: 0 as RandomState,
    decisions: [],
    counter: 0,
    bound: 0,
  } as SchedulerState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'candidate', actions: step(start) } } },
    candidate: { on: everything, always: { guard: ({ context }) => context.pods !== undefined, target: 'scheduling' } },
    scheduling: { on: everything },
    stopped: { type: 'final' },
  },
});

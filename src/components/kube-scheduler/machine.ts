import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { seedRandom, type RandomState } from '#base/random.ts';
import { authenticationCache, openAuthentication } from '#machinery/authentication.ts';
import { sendCall, type ClientConfig } from '#machinery/client.ts';
import { createEvent } from '#machinery/events.ts';
import { newInformer, openInformer, type Change, type InformerRetry, type InformerState } from '#machinery/informer.ts';
import { informersHeard, informersLost, type Heard } from '#machinery/informers.ts';
import { electionAnswer, electionTick, isElection, newElection, type ElectionStep, type ElectionTick } from '#machinery/leader-election.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { HttpClientMessage, HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { answered, bindingFailed, bindReady, openCalls } from './answers.ts';
import { nodeChanged, podChanged, storageChanged } from './cache.ts';
import { agent } from './calls.ts';
import { runCycles } from './cycle.ts';
import { informerSpecs } from './informers.ts';
import { emptyQueues, flush, stuckMs } from './queue.ts';
import { noEvents } from './recorder.ts';
import type { BindTimeout, SchedulerInput, SchedulerState } from './state.ts';

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
  | BindTimeout
  | PeerClosedMessage
  | UndeliverableMessage
  | TerminateMessage;
type SchedulerEvent = EventOf<Message>;
type Result = Outcome<SchedulerState>;

/** The informers first, then the race for the lease (cmd/kube-scheduler/app/server.go, Run). */
function start(state: SchedulerState, event: SchedulerEvent): Result {
  if (event.message.type !== 'process.start') return { context: state, effects: [] };
  const { seed, input } = event.message;
  const { client, identity } = input;
  const asks = openAuthentication({ ...client, userAgent: 'kube-scheduler' });
  const caches: Record<string, InformerState> = { ...asks.caches };
  const effects: Effect[] = [...asks.effects];
  for (const spec of informerSpecs) {
    const opened = openInformer(newInformer(spec), { ...client, userAgent: 'kube-scheduler/scheduler' });
    caches[spec.id] = opened.state;
    effects.push(...opened.effects);
  }
  const context = {
    ...state,
    client,
    caches,
    election: newElection('kube-scheduler', identity, seed),
    random: seedRandom(seed, 'scheduler'),
  };
  const ticked = elected(context, electionTick(context.election, agent(context, 'leader-election'), event.now), event);
  return { context: ticked.context, effects: [...effects, ...ticked.effects] };
}

function elected(state: SchedulerState, result: ElectionStep, event: SchedulerEvent): Result {
  const context = { ...state, election: result.state };
  if (result.outcome === 'lost') return { context, effects: [...result.effects, { type: 'exit', code: 1 }] };
  if (result.outcome !== 'acquired') return { context, effects: result.effects };
  const { identity, lease } = result.state;
  const subject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease!.metadata };
  const announce = sendCall(
    agent(context, 'scheduler'),
    'leader-event',
    createEvent(subject, 'Normal', 'LeaderElection', `${identity} became leader`, { component: 'default-scheduler' }, event.now, 1),
  );
  const cycles = run(context, event);
  return { context: cycles.context, effects: [...result.effects, announce, ...cycles.effects] };
}

/** Only the leader schedules, and only when it knows the cluster. */
function run(state: SchedulerState, event: SchedulerEvent): Result {
  if (state.queues.active.size + state.queues.backoff.size === 0) return { context: state, effects: [] };
  if (!state.election.leading || !informerSpecs.every(({ id }) => state.caches[id]?.synced === true))
    return { context: state, effects: [] };
  const before = state.queues.unschedulable;
  const cycles = runCycles(state, event.now);
  const stuck: Effect[] =
    cycles.context.queues.unschedulable === before
      ? []
      : [{ type: 'arm', timer: 'stuck', afterMs: stuckMs, message: { type: 'scheduler.flush' } as Flush, chatter: true }];
  return { context: cycles.context, effects: [...cycles.effects, ...stuck] };
}

function take(state: SchedulerState, plural: string, change: Change, event: SchedulerEvent): SchedulerState {
  switch (plural) {
    case 'pods':
      return podChanged(state, change, event.now, event.origin);
    case 'nodes':
      return nodeChanged(state, change);
    case 'persistentvolumeclaims':
    case 'persistentvolumes':
    case 'storageclasses':
      return storageChanged(state, change);
    default:
      return state;
  }
}

function informed(state: SchedulerState, heard: Heard, event: SchedulerEvent): Result {
  let context: SchedulerState = { ...state, caches: heard.informers };
  for (const change of heard.changes) context = take(context, heard.id, change, event);
  const ready = heard.id === 'persistentvolumeclaims' ? bindReady(context) : { context, effects: [] };
  const cycles = run(ready.context, event);
  return { context: cycles.context, effects: [...heard.effects, ...ready.effects, ...cycles.effects] };
}

const informerClient = (state: SchedulerState, plural: string): ClientConfig =>
  plural === authenticationCache ? { ...state.client, userAgent: 'kube-scheduler' } : agent(state, 'scheduler');

/** An answer, and then whoever can be scheduled after it. */
function onward(result: Result, event: SchedulerEvent): Result {
  const cycles = run(result.context, event);
  return { context: cycles.context, effects: [...result.effects, ...cycles.effects] };
}

function serve(state: SchedulerState, event: SchedulerEvent): Result {
  const { message } = event;
  if (message.type === 'election.tick')
    return elected(state, electionTick(state.election, agent(state, 'leader-election'), event.now), event);
  if (isElection(message))
    return elected(state, electionAnswer(state.election, message as HttpClientMessage, agent(state, 'leader-election'), event.now), event);
  switch (message.type) {
    case 'http.request': {
      const response: HttpResponse = { type: 'http.response', id: message.id, status: 200, contentType: 'text/plain', body: 'ok' };
      return { context: state, effects: [{ type: 'send', to: event.from, message: response }] };
    }
    case 'scheduler.flush':
      return onward({ context: { ...state, queues: flush(state.queues, event.now) }, effects: [] }, event);
    case 'scheduler.timeout':
      return bindingFailed(
        state,
        message.key,
        'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
        event.now,
        event.origin,
      );
    case 'peer.closed':
    case 'message.undeliverable':
      return lost(state, message, event);
    default:
      return watched(state, event);
  }
}

function watched(state: SchedulerState, event: SchedulerEvent): Result {
  const { message } = event;
  const heard = informersHeard(state.caches, message, (id) => informerClient(state, id));
  if (heard !== undefined) return informed(state, heard, event);
  return message.type === 'http.response'
    ? onward(answered(state, message, event.now, event.origin), event)
    : { context: state, effects: [] };
}

/** Nobody is there: watches are tried again, a request has failed, or all have when the connection broke. */
function lost(state: SchedulerState, message: PeerClosedMessage | UndeliverableMessage, event: SchedulerEvent): Result {
  const step = informersLost(state.caches, message, state.client.server);
  const open = message.type === 'peer.closed' ? openCalls(state) : step === undefined ? [(message.message as HttpRequest).id] : [];
  let context = step === undefined ? state : { ...state, caches: step.informers };
  const effects = [...(step?.effects ?? [])];
  for (const id of open) {
    const failed = answered(context, { type: 'http.response', id, status: 503, contentType: '', body: null }, event.now, event.origin);
    context = failed.context;
    effects.push(...failed.effects);
  }
  return { context, effects };
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
  'scheduler.timeout': { actions: serving },
  'peer.closed': { actions: serving },
  'message.undeliverable': { actions: serving },
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
    caches: {},
    infos: SortedMap.empty(),
    queues: emptyQueues,
    bindings: SortedMap.empty(),
    reserved: SortedMap.empty<string>(),
    nominated: SortedMap.empty<string>(),
    evictions: SortedMap.empty(),
    nextStart: 0,
    random: 0 as RandomState,
    decisions: [],
    reported: noEvents,
    counter: 0,
    bound: 0,
  } as SchedulerState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'candidate', actions: step(start) } } },
    candidate: { on: everything, always: { guard: ({ context }) => context.election.leading, target: 'scheduling' } },
    scheduling: { on: everything },
    stopped: { type: 'final' },
  },
});

import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { seedRandom } from '#base/random.ts';
import { newUid } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import { sendCall } from '#machinery/client.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { EtcdResponse } from '#protocol/etcd.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { askEtcd, disconnected, unconnected } from '../etcd-client.ts';
import { loopback } from '../loopback.ts';
import type { ApiServerState } from '../state.ts';
import { endpointsReconciler, endpointsRemover } from './endpoints.ts';
import { identityLease, leaseCollector, serverName } from './leases.ts';
import type { Answer, Ask, Facts, Loop } from './loop.ts';

/** What a server does while it runs, and, last of all, when it is to end. */
const loops = {
  'identity-lease': identityLease,
  endpoints: endpointsReconciler,
  'lease-collector': leaseCollector,
  leave: endpointsRemover,
} as const satisfies Readonly<Record<string, Loop>>;
type Name = keyof typeof loops;

/** The server has been told to end: it is taken out of the endpoints, and then told so. */
export interface Leave {
  readonly type: 'identity.leave';
}
export interface Left {
  readonly type: 'identity.left';
}
interface Due {
  readonly type: 'identity.due';
  readonly loop: Name;
}

/** A loop at work: what it knew when it began, and the answers so far. */
interface Run {
  readonly facts: Facts;
  readonly answers: readonly Answer[];
  readonly turn: number;
  /** The member of etcd that it asks; '' while it asks the API. */
  readonly member: string;
}

export interface IdentityState {
  readonly name: string;
  readonly holder: string;
  readonly host: string;
  readonly runs: Readonly<Partial<Record<Name, Run>>>;
  readonly turns: number;
  readonly memory: Readonly<Partial<Record<Name, KubeObject>>>;
}

type Message = StartMessage<object> | Leave | Due | HttpResponse | EtcdResponse | UndeliverableMessage | PeerClosedMessage;
type IdentityEvent = EventOf<Message>;
type Result = Outcome<IdentityState>;

/** A loop that comes before the server serves comes again after this. */
const notYetMs = 500;
const giveUpMs = 60_000;
const serverOf = (event: IdentityEvent): ApiServerState => event.parent as ApiServerState;
const parentOf = (self: string): string => self.slice(0, self.lastIndexOf('/'));

const next = (loop: Name, afterMs: number): Effect => ({
  type: 'arm',
  timer: loop,
  afterMs,
  message: { type: 'identity.due', loop } as Due,
  chatter: true,
});

function start(state: IdentityState, event: IdentityEvent): Result {
  const { seed } = event.message as StartMessage<object>;
  const host = event.self.slice(0, event.self.indexOf('/'));
  const name = serverName(host);
  const [uid] = newUid(seedRandom(seed, 'identity'));
  return {
    context: { ...state, name, holder: `${name}_${uid}`, host },
    effects: (Object.keys(loops) as Name[]).filter((loop) => loops[loop].everyMs > 0).map((loop) => next(loop, notYetMs)),
  };
}

/** It is a loop's turn, unless its last one is not over; one that nobody answers any more is given up. */
function due(state: IdentityState, event: IdentityEvent): Result {
  const { loop } = event.message as Due;
  const server = serverOf(event);
  if (server.stopping) return { context: state, effects: [] };
  if (server.caches.size === 0 || server.awaited.length > 0) return { context: state, effects: [next(loop, notYetMs)] };
  const again = next(loop, loops[loop].everyMs);
  const last = state.runs[loop];
  if (last !== undefined && event.now < last.facts.now + giveUpMs) return { context: state, effects: [again] };
  const begun = turn(state, loop, event);
  return { context: begun.context, effects: [again, ...begun.effects] };
}

function turn(state: IdentityState, loop: Name, event: IdentityEvent): Result {
  const { name, holder, host } = state;
  const facts: Facts = { server: serverOf(event), name, holder, host, now: event.now, memory: state.memory[loop] };
  const run: Run = { facts, answers: [], turn: state.turns, member: '' };
  return advance(
    { ...state, turns: state.turns + 1 },
    loop,
    run,
    begin(() => loops[loop].run(facts)),
    event,
  );
}

/** Nothing else goes on beside the leaving. */
const leave = (state: IdentityState, event: IdentityEvent): Result => turn({ ...state, runs: {} }, 'leave', event);

/** Takes a loop to its next question or its end. */
function advance(
  state: IdentityState,
  loop: Name,
  run: Run,
  progress: Progress<Ask, Answer, KubeObject | undefined>,
  event: IdentityEvent,
): Result {
  if (progress.done) {
    const { [loop]: _, ...runs } = state.runs;
    const memory = progress.result === undefined ? {} : { [loop]: progress.result };
    const ends: readonly Effect[] =
      loop === 'leave' ? [{ type: 'send', to: parentOf(event.self), message: { type: 'identity.left' } }] : [];
    return { context: { ...state, runs, memory: { ...state.memory, ...memory } }, effects: ends };
  }
  const { request, answers } = progress;
  const id = `${loop} ${run.turn}.${answers.length}`;
  const keep = (member: string): IdentityState => ({ ...state, runs: { ...state.runs, [loop]: { ...run, answers, member } } });
  if ('call' in request) return { context: keep(''), effects: [sendCall(loopback(parentOf(event.self)), id, request.call)] };
  const asked = askEtcd(serverOf(event).etcd, run.turn, id, request.etcd);
  if (asked === undefined) return answered(keep(''), id, unconnected(id), event);
  return { context: keep(asked[0]?.type === 'link' ? asked[0].to : ''), effects: asked };
}

function answered(state: IdentityState, id: string, answer: Answer, event: IdentityEvent): Result {
  const [loop = '', position = ''] = id.split(' ');
  const run = state.runs[loop as Name];
  if (run === undefined || position !== `${run.turn}.${run.answers.length}`) return { context: state, effects: [] };
  return advance(
    state,
    loop as Name,
    run,
    resume(() => loops[loop as Name].run(run.facts), run.answers, answer),
    event,
  );
}

/** A member of etcd is gone: whatever it was asked has no answer. */
function memberLost(state: IdentityState, event: IdentityEvent): Result {
  const { address } = event.message as PeerClosedMessage;
  let result: Result = { context: state, effects: [] };
  for (const [loop, run] of Object.entries(state.runs)) {
    if (run?.member !== address) continue;
    const id = `${loop} ${run.turn}.${run.answers.length}`;
    const after = answered(result.context, id, disconnected(id), event);
    result = { context: after.context, effects: [...result.effects, ...after.effects] };
  }
  return result;
}

function serve(state: IdentityState, event: IdentityEvent): Result {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'identity.due':
      return due(state, event);
    case 'identity.leave':
      return leave(state, event);
    case 'http.response':
    case 'etcd.response':
      return answered(state, message.id, message, event);
    case 'peer.closed':
      return memberLost(state, event);
    case 'message.undeliverable': {
      const { id = '' } = message.message as { readonly id?: string };
      return answered(state, id, unconnected(id), event);
    }
  }
}

const serving = { actions: step<IdentityState, IdentityEvent>(serve) };

/** How an API server tells that it is there: goroutines that write its leases and the endpoints of the service `kubernetes`. */
export const identityMachine = setup({
  types: { context: {} as IdentityState, events: {} as IdentityEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kube-apiserver/identity',
  context: { name: '', holder: '', host: '', runs: {}, turns: 0, memory: {} },
  initial: 'running',
  states: {
    running: {
      on: {
        'process.start': serving,
        'identity.due': serving,
        'identity.leave': serving,
        'http.response': serving,
        'etcd.response': serving,
        'peer.closed': serving,
        'message.undeliverable': serving,
      },
    },
  },
});

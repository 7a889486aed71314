import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import { sendCall } from '#machinery/client.ts';
import { rulesFile, type NetDial, type NetReply, type PacketRules } from '#protocol/net.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { probes, type Answer, type Ask, type ProbeName, type ProberInput, type ProberState, type Run, type Verdict } from './state.ts';

/** How long a probe waits for one answer. */
const silentMs = 10_000;

interface Due {
  readonly type: 'prober.due';
  readonly probe: ProbeName;
}
interface Waited {
  readonly type: 'prober.waited';
  readonly id: string;
  readonly silent: boolean;
}
type Message =
  StartMessage<ProberInput> | Due | Waited | HttpResponse | NetReply | PeerClosedMessage | UndeliverableMessage | TerminateMessage;
type ProberEvent = EventOf<Message>;
type Stepped = Outcome<ProberState>;

const due = (probe: ProbeName, afterMs: number): Effect => ({
  type: 'arm',
  timer: probe,
  afterMs,
  message: { type: 'prober.due', probe } as Due,
  chatter: true,
});

function start(state: ProberState, event: ProberEvent): Stepped {
  const { client, probes: wanted } = (event.message as StartMessage<ProberInput>).input;
  return { context: { ...state, client, probes: wanted }, effects: wanted.map((probe, index) => due(probe, 100 * index)) };
}

const routineOf =
  (probe: ProbeName, { turn }: Run) =>
  () =>
    probes.value[probe].run(turn);

/** A probe's turn, unless its last one is not over. */
function turn(state: ProberState, event: ProberEvent): Stepped {
  const { probe } = event.message as Due;
  const again = due(probe, probes.value[probe].everyMs);
  if (state.runs[probe] !== undefined) return { context: state, effects: [again] };
  const run: Run = { turn: state.turns + 1, answers: [], since: event.now, asked: '' };
  const begun = advance({ ...state, turns: run.turn }, probe, run, begin(routineOf(probe, run)), event);
  return { context: begun.context, effects: [again, ...begun.effects] };
}

/** Takes a probe to its next question or its verdict. */
function advance(state: ProberState, probe: ProbeName, run: Run, progress: Progress<Ask, Answer, Verdict>, event: ProberEvent): Stepped {
  if (progress.done) {
    const { [probe]: _, ...runs } = state.runs;
    const result = { ...progress.result, at: event.now, ms: event.now - run.since };
    return {
      context: { ...state, runs, results: { ...state.results, [probe]: result } },
      effects: [{ type: 'disarm', timer: `${probe} silent` }],
    };
  }
  const { request, answers } = progress;
  const id = `${probe} ${run.turn}.${answers.length}`;
  const { asked, effects } = ask(state, id, request, event);
  const context = { ...state, runs: { ...state.runs, [probe]: { ...run, answers, asked } } };
  if (effects === undefined) return answered(context, id, { type: 'unreachable', reason: 'no endpoints' }, event);
  const waits = 'waitMs' in request;
  const timer: Effect = {
    type: 'arm',
    timer: `${probe} silent`,
    afterMs: waits ? request.waitMs : silentMs,
    message: { type: 'prober.waited', id, silent: !waits } as Waited,
    chatter: true,
  };
  return { context, effects: [...effects, timer] };
}

/** What a question is as messages; undefined where the host has no rule for the Service, or the rule no endpoints. */
function ask(
  state: ProberState,
  id: string,
  request: Ask,
  event: ProberEvent,
): { readonly asked: string; readonly effects: readonly Effect[] | undefined } {
  if ('waitMs' in request) return { asked: '', effects: [] };
  if ('call' in request) {
    const { server } = state.client;
    return { asked: server, effects: [{ type: 'link', to: server }, sendCall(state.client, id, request.call, { chatter: true })] };
  }
  const rules = event.disk.get(rulesFile) as PacketRules | undefined;
  const rule = rules?.services.find(({ name }) => name === request.dial || name.startsWith(`${request.dial}:`));
  const endpoint = rule?.endpoints[state.turns % rule.endpoints.length];
  if (endpoint === undefined) return { asked: '', effects: undefined };
  const to = `${endpoint.node}/container-runtime`;
  const payload = { type: 'http', method: 'GET', path: request.path, headers: [], body: '' } as const;
  const dial: NetDial = { type: 'net.dial', id, client: event.self, replyTo: event.self, ip: endpoint.ip, port: endpoint.port, payload };
  return { asked: to, effects: [{ type: 'send', to, message: dial, chatter: true }] };
}

function answered(state: ProberState, id: string, answer: Answer, event: ProberEvent): Stepped {
  const [name = '', position = ''] = id.split(' ');
  const probe = name as ProbeName;
  const run = state.runs[probe];
  if (run === undefined || position !== `${run.turn}.${run.answers.length}`) return { context: state, effects: [] };
  return advance(state, probe, run, resume(routineOf(probe, run), run.answers, answer), event);
}

/** The connection is closed: whatever was asked over it gets no answer. */
function closed(state: ProberState, event: ProberEvent): Stepped {
  const { address } = event.message as PeerClosedMessage;
  let result: Stepped = { context: state, effects: [] };
  for (const [probe, run] of Object.entries(state.runs)) {
    if (run === undefined || run.asked !== address) continue;
    const next = answered(result.context, `${probe} ${run.turn}.${run.answers.length}`, { type: 'unreachable', reason: 'EOF' }, event);
    result = { context: next.context, effects: [...result.effects, ...next.effects] };
  }
  return result;
}

function serve(state: ProberState, event: ProberEvent): Stepped {
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      return start(state, event);
    case 'prober.due':
      return turn(state, event);
    case 'prober.waited':
      return answered(state, message.id, { type: message.silent ? 'silent' : 'waited' }, event);
    case 'http.response':
    case 'net.reply':
      return answered(state, message.id, message, event);
    case 'peer.closed':
      return closed(state, event);
    case 'message.undeliverable':
      return answered(
        state,
        (message.message as { readonly id?: string }).id ?? '',
        { type: 'unreachable', reason: message.reason },
        event,
      );
    case 'process.terminate':
      return { context: state, effects: [{ type: 'exit', code: 0 }] };
  }
}

const serving = { actions: step<ProberState, ProberEvent>(serve) };

/** A client that tries again and again whether the cluster still does what it is for. */
export const proberMachine = setup({
  types: { context: {} as ProberState, events: {} as ProberEvent, emitted: {} as Effect },
}).createMachine({
  id: 'prober',
  context: { client: { server: '', credential: { type: 'none' }, userAgent: '' }, probes: [], runs: {}, results: {}, turns: 0 },
  initial: 'probing',
  states: {
    probing: {
      on: {
        'process.start': serving,
        'prober.due': serving,
        'prober.waited': serving,
        'http.response': serving,
        'net.reply': serving,
        'peer.closed': serving,
        'message.undeliverable': serving,
        'process.terminate': serving,
      },
    },
  },
});

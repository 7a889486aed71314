import { toCompactJson } from '#base/go-json.ts';
import { begin, resume, type Progress } from '#base/routine.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Delivered, Effect, Millis } from '#kernel/types.ts';
import type { NetDial, NetReply } from '#protocol/net.ts';
import type { Verdict } from '../gates.ts';
import type { Calling, Gate, RequestState } from '../request-state.ts';
import type { ApiServerState } from '../state.ts';
import type { Asking, WebhookCall, WebhookOutcome } from './asking.ts';

/** A webhook has not answered in the time that its configuration gives it. */
export interface WebhookDeadline {
  readonly type: 'webhook.deadline';
  readonly id: string;
}

interface WithServer extends RequestState {
  readonly server: ApiServerState | undefined;
}
type Happened = Delivered<{ readonly type: string }>;
type Step<State> = (state: State, event: Happened) => Outcome<State>;

const idOf = (answers: readonly unknown[], position: number): string => `webhook ${answers.length} ${position}`;

function ask({ node, ip, port, host, path, body, timeoutMs }: WebhookCall, id: string, server: ApiServerState, self: string): Effect[] {
  const payload = {
    type: 'http',
    method: 'POST',
    path,
    headers: [
      ['Host', host],
      ['User-Agent', 'kube-apiserver-admission'],
      ['Content-Type', 'application/json'],
    ],
    body: toCompactJson(body),
  } as const;
  const dial: NetDial = { type: 'net.dial', id, client: server.options.advertiseAddress, replyTo: self, ip, port, payload };
  const late: WebhookDeadline = { type: 'webhook.deadline', id };
  return [
    { type: 'send', to: `${node}/container-runtime`, message: dial },
    { type: 'arm', timer: id, afterMs: timeoutMs, message: late },
  ];
}

/**
 * A gate that asks webhooks while it decides. It goes on with what it knew when it began, whatever happens to the server
 * meanwhile; so it comes to the same questions again when it is resumed.
 */
export function askingGate<State extends WithServer>(
  gate: Gate,
  decide: (server: ApiServerState, state: State, now: Millis) => Asking<Verdict>,
  decided: (state: State, event: Happened, verdict: Verdict) => Outcome<State>,
): { readonly enter: Step<State>; readonly answered: Step<State>; readonly late: Step<State> } {
  const routine = (state: State, since: Millis) => () => decide(state.server!, { ...state, calling: undefined }, since);

  function go(
    state: State,
    progress: Progress<readonly WebhookCall[], readonly WebhookOutcome[], Verdict>,
    since: Millis,
    event: Happened,
  ): Outcome<State> {
    if (progress.done) return decided({ ...state, calling: undefined }, event, progress.result);
    const { answers, request: calls } = progress;
    const calling: Calling = { gate, since, answers, calls, outcomes: calls.map(() => undefined) };
    const effects = calls.flatMap((call, position) => ask(call, idOf(answers, position), state.server!, event.self));
    return { context: { ...state, calling }, effects };
  }

  /** One outcome; when all are there, the gate goes on. */
  function take(state: State, event: Happened, id: string, outcome: WebhookOutcome): Outcome<State> {
    const { calling } = state;
    const position = calling?.calls.findIndex((_, index) => idOf(calling.answers, index) === id) ?? -1;
    if (calling === undefined || position < 0 || calling.outcomes[position] !== undefined) return { context: state, effects: [] };
    const outcomes = calling.outcomes.with(position, outcome);
    const disarm: Effect = { type: 'disarm', timer: id };
    const complete = outcomes.filter((item) => item !== undefined);
    if (complete.length < outcomes.length) return { context: { ...state, calling: { ...calling, outcomes } }, effects: [disarm] };
    const next = go(state, resume(routine(state, calling.since), calling.answers, complete), calling.since, event);
    return { context: next.context, effects: [disarm, ...next.effects] };
  }

  return {
    enter: (state, event) => {
      const context = { ...state, server: event.parent as ApiServerState };
      return go(context, begin(routine(context, event.now)), event.now, event);
    },
    answered: (state, event) => {
      const { id, outcome } = event.message as NetReply;
      // A connection that nobody refuses is waited for.
      return outcome.type === 'failed' && outcome.failure !== 'refused' ? { context: state, effects: [] } : take(state, event, id, outcome);
    },
    late: (state, event) => take(state, event, (event.message as WebhookDeadline).id, 'deadline'),
  };
}

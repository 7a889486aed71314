import type { Effect } from '#kernel/types.ts';
import type { EtcdOperation, EtcdResult } from '#protocol/etcd.ts';
import { isAlone, respond, settle } from './group.ts';
import { step } from './raft/raft.ts';
import type { Ready } from './raft/state.ts';
import { arm, requestTimeoutMs, type EtcdProcessEvent, type EtcdState, type Reading, type Result, type WaitingRead } from './state.ts';
import { errors, range, write } from './store.ts';

/** A question to the leader that stays unanswered is asked again after so long (v3_server.go readIndexRetryTime). */
const retryMs = 500;

/** What a read comes to, from what is applied here. */
export function serveRead(state: EtcdState, operation: EtcdOperation): EtcdResult | string {
  switch (operation.op) {
    case 'range':
      return range(state.store, operation);
    case 'txn':
      return write(state.store, operation).result;
    case 'member-list':
      return { op: 'members', members: [...state.members.values()] };
    default:
      return { op: 'alarms', alarms: state.alarms };
  }
}

/** A read that must see everything which was answered before it (v3_server.go linearizableReadNotify). */
export function read(state: EtcdState, event: EtcdProcessEvent, request: WaitingRead): Result {
  if (isAlone(state))
    return { context: state, effects: [respond(state, request.client, request.id, serveRead(state, request.operation), 0)] };
  const context = { ...state, nextReads: [...state.nextReads, request] };
  return state.reading === undefined ? askForReads(context, event) : { context, effects: [] };
}

/** One question to the leader for all reads that wait: how far is it committed? (linearizableReadLoop) */
export function askForReads(state: EtcdState, event: EtcdProcessEvent): Result {
  const context = `${state.id} ${state.incarnation}.${state.nextRequest}`;
  const reading: Reading = { context, since: event.now, requests: state.nextReads, index: undefined };
  return ask({ ...state, reading, nextReads: [], nextRequest: state.nextRequest + 1 }, event);
}

function ask(state: EtcdState, event: EtcdProcessEvent): Result {
  const { id, reading } = state;
  if (reading === undefined) return { context: state, effects: [] };
  const ready = step(state.raft, { type: 'raft.MsgReadIndex', from: id, to: id, term: 0, context: reading.context }, event.now);
  const { context, effects } = settle(state, ready, event);
  if (context.reading?.context !== reading.context) return { context, effects };
  return { context, effects: [...effects, arm('reads', retryMs, { type: 'etcd.read-retry' }, false)] };
}

/** Nobody has confirmed anything yet: it is asked again, and given up after as long as any request. */
export function retryReads(state: EtcdState, event: EtcdProcessEvent): Result {
  const { reading } = state;
  if (reading === undefined) return { context: state, effects: [] };
  if (event.now - reading.since < requestTimeoutMs(state.input)) return ask(state, event);
  return failed(state, reading, errors.timeout, event);
}

function failed(state: EtcdState, reading: Reading, error: string, event?: EtcdProcessEvent): Result {
  const effects = reading.requests.map(({ client, id }) => respond(state, client, id, error, 0));
  const context = { ...state, reading: undefined };
  if (event === undefined || context.nextReads.length === 0) return { context, effects };
  const next = askForReads(context, event);
  return { context: next.context, effects: [...effects, ...next.effects] };
}

/** Reads are answered when so much is applied as the leader has confirmed; another leader makes them fail. */
export function readsAnswered(state: EtcdState, answers: Ready['reads'], elected: boolean): Result {
  const { reading } = state;
  if (reading === undefined) return { context: state, effects: [] };
  const index = reading.index ?? answers.find(({ context }) => context === reading.context)?.index;
  const disarmed: Effect = { type: 'disarm', timer: 'reads' };
  if (index !== undefined && state.raft.applied >= index) {
    const effects = reading.requests.map(({ client, id, operation }) => respond(state, client, id, serveRead(state, operation), 0));
    return { context: { ...state, reading: undefined }, effects: [disarmed, ...effects] };
  }
  if (!elected) return { context: index === reading.index ? state : { ...state, reading: { ...reading, index } }, effects: [] };
  const { context, effects } = failed(state, reading, errors.leaderChanged);
  return { context, effects: [disarmed, ...effects] };
}

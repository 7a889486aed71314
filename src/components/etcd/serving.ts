import type { Effect } from '#kernel/types.ts';
import type { EtcdOperation, EtcdRequest, EtcdResponse, EtcdResult } from '#protocol/etcd.ts';
import { grows } from './apply.ts';
import { armLease, armTimeout, respond, submit } from './group.ts';
import { maintenance } from './maintenance.ts';
import { isLearner } from './raft/state.ts';
import { closed } from './watching.ts';
import { read, serveRead } from './reads.ts';
import { addressOf, memberId, type EtcdProcessEvent, type EtcdState, type Result } from './state.ts';
import { dbInUse, errors } from './store.ts';

/** What a file system needs to write a database anew. */
const defragmentMs = 10;

/** A request of a client (server/etcdserver/v3_server.go). */
export function request(state: EtcdState, event: EtcdProcessEvent): Result {
  if (!state.published) return closed(state, event);
  const { id, operation, certificate } = event.message as EtcdRequest;
  const answer = (outcome: EtcdResult | string, context = state, delayMs = 0): Result => ({
    context,
    effects: [respond(context, event.from, id, outcome, delayMs)],
  });
  if (certificate === undefined) return answer('remote error: tls: certificate required');
  const local = operation.op === 'status' || (operation.op === 'range' && operation.serializable === true);
  if (!local && isLearner(state.raft)) return answer(errors.learner);
  const waiting = { client: event.from, id, operation };
  switch (operation.op) {
    case 'range':
    case 'member-list':
    case 'alarms':
      return local ? answer(serveRead(state, operation)) : read(state, event, waiting);
    case 'status':
      return answer(status(state));
    case 'snapshot':
      return answer({
        op: 'snapshot',
        revision: state.store.revision,
        keys: state.store.keys.size,
        sizeBytes: dbSize(state),
        store: state.store,
      });
    case 'defragment':
      return answer({ op: 'done' }, { ...state, allocatedBytes: dbInUse(state.store) }, defragmentMs);
    case 'move-leader':
      return maintenance.value.moveLeader(state, event, operation);
    case 'lease-keep-alive':
      return keepAlive(state, event, operation.lease);
    case 'txn':
      if (!grows(operation) && ![...operation.success, ...operation.failure].some(({ op }) => op === 'delete-range'))
        return read(state, event, waiting);
      break;
    case 'member-add':
    case 'member-remove':
    case 'member-promote': {
      // Whether the group can afford it is known to the leader alone.
      if (operation.op !== 'member-add' && state.raft.role !== 'leader') return forward(state, event);
      const refused = maintenance.value.refusal(state, operation);
      if (refused !== undefined) return answer(refused);
      return submit(state, event, waiting, operation.op === 'member-add' ? memberId(operation.peerUrl) : operation.id);
    }
  }
  return full(state, operation) ? spaceExceeded(state, event, id) : submit(state, event, waiting);
}

export const dbSize = (state: EtcdState): number => Math.max(state.allocatedBytes, dbInUse(state.store));

/** Whether there is no room for a write (storage/quota.go Available). */
function full(state: EtcdState, operation: EtcdOperation): boolean {
  const { quotaBytes } = state.input;
  if (quotaBytes === undefined || !grows(operation)) return false;
  return state.alarms.some(({ alarm }) => alarm === 'NOSPACE') || dbSize(state) + sizeOf(operation) > quotaBytes;
}

/** What a write adds (storage/quota.go costTxn, costPut). */
function sizeOf(operation: EtcdOperation): number {
  if (operation.op === 'put') return operation.key.length + 256 + JSON.stringify(operation.value ?? null).length;
  if (operation.op !== 'txn') return 1024;
  const cost = (list: readonly EtcdOperation[]): number => list.reduce((sum, item) => sum + (item.op === 'put' ? sizeOf(item) : 0), 0);
  return Math.max(cost(operation.success), cost(operation.failure));
}

/** A member without room refuses, and raises the alarm that makes all refuse (api/v3rpc/quota.go check). */
function spaceExceeded(state: EtcdState, event: EtcdProcessEvent, id: string): Result {
  const refused = respond(state, event.from, id, errors.noSpace, 0);
  if (state.alarms.some(({ member, alarm }) => member === state.id && alarm === 'NOSPACE')) return { context: state, effects: [refused] };
  const operation = { op: 'alarm', activate: true, member: state.id, alarm: 'NOSPACE' } as const;
  const raised = submit(state, event, { client: '', id: '', operation });
  return { context: raised.context, effects: [refused, ...raised.effects] };
}

function status(state: EtcdState): EtcdResult {
  const { raft, store, alarms } = state;
  const errorsOf = [
    ...(raft.lead === undefined ? ['etcdserver: no leader'] : []),
    ...alarms.map(({ member, alarm }) => `memberID:${BigInt(`0x${member}`)} alarm:${alarm} `),
  ];
  return {
    op: 'status',
    member: state.id,
    leader: raft.lead ?? '',
    learner: isLearner(raft),
    dbSizeBytes: dbSize(state),
    dbInUseBytes: dbInUse(store),
    quotaBytes: state.input.quotaBytes ?? 0,
    raftIndex: raft.log.commit,
    appliedIndex: raft.applied,
    errors: errorsOf,
    version: '3.6.16',
  };
}

/** Leases are renewed by the leader alone (v3_server.go LeaseRenew). */
function keepAlive(state: EtcdState, event: EtcdProcessEvent, lease: number): Result {
  if (state.raft.role !== 'leader') return forward(state, event);
  const { id } = event.message as EtcdRequest;
  const known = state.leases.get(String(lease));
  const outcome: EtcdResult | string = known === undefined ? errors.noLease : { op: 'lease', lease, ttlSeconds: known.ttlSeconds };
  const answer = respond(state, event.from, id, outcome, 0);
  return { context: state, effects: known === undefined ? [answer] : [answer, armLease(lease, known.ttlSeconds)] };
}

/** Hands a request on to the leader, and its answer back (v3_server.go forwarding over the peers' port). */
function forward(state: EtcdState, event: EtcdProcessEvent): Result {
  const message = event.message as EtcdRequest;
  const to = state.raft.lead === undefined ? undefined : addressOf(state, state.raft.lead);
  if (to === undefined) return { context: state, effects: [respond(state, event.from, message.id, 'etcdserver: no leader', 0)] };
  const key = `forward ${state.incarnation}.${state.nextRequest}`;
  const waiting = state.waiting.set(key, {
    client: event.from,
    id: message.id,
    operation: message.operation,
    since: event.now,
    held: false,
  });
  const effects: Effect[] = [{ type: 'send', to, message: { ...message, id: key } as EtcdRequest }, armTimeout(state, key)];
  return { context: { ...state, waiting, nextRequest: state.nextRequest + 1 }, effects };
}

/** The leader's answer to what was handed on. */
export function forwarded(state: EtcdState, event: EtcdProcessEvent): Result {
  const answer = event.message as EtcdResponse;
  const waiting = state.waiting.get(answer.id);
  if (waiting === undefined) return { context: state, effects: [] };
  const effects: Effect[] = [
    { type: 'send', to: waiting.client, message: { ...answer, id: waiting.id } as EtcdResponse },
    { type: 'disarm', timer: `request ${answer.id}` },
  ];
  return { context: { ...state, waiting: state.waiting.delete(answer.id) }, effects };
}

/** A lease has come to its end at the leader: the group takes it back. */
export function leaseExpired(state: EtcdState, event: EtcdProcessEvent, lease: number): Result {
  if (state.raft.role !== 'leader' || !state.leases.has(String(lease))) return { context: state, effects: [] };
  return submit(state, event, { client: '', id: '', operation: { op: 'lease-revoke', lease } });
}

import type { EtcdEvent, EtcdOperation, EtcdResult } from '#protocol/etcd.ts';
import { maintenance } from './maintenance.ts';
import type { EtcdState } from './state.ts';
import { compact, dbInUse, errors, write } from './store.ts';

/** What an operation comes to when the group has agreed on it: the same on every member. */
export interface Applied {
  readonly context: EtcdState;
  /** A text is etcd's error. */
  readonly outcome: EtcdResult | string;
  readonly events: readonly EtcdEvent[];
}

export type Write = Exclude<
  EtcdOperation,
  { readonly op: 'range' | 'status' | 'member-list' | 'alarms' | 'snapshot' | 'defragment' | 'move-leader' }
>;

export const done = (context: EtcdState, outcome: EtcdResult | string, events: readonly EtcdEvent[] = []): Applied => ({
  context,
  outcome,
  events,
});

/** Whether an operation makes the database larger: what a full one refuses (apply/apply.go applierV3Capped). */
export function grows(operation: EtcdOperation): boolean {
  if (operation.op === 'txn') return [...operation.success, ...operation.failure].some(({ op }) => op === 'put');
  return operation.op === 'put' || operation.op === 'lease-grant';
}

/** Applies one operation (server/etcdserver/apply). */
export function apply(state: EtcdState, operation: Write): Applied {
  if (state.alarms.length > 0 && state.alarms.some(({ alarm }) => alarm === 'NOSPACE') && grows(operation))
    return done(state, errors.noSpace);
  switch (operation.op) {
    case 'put':
    case 'delete-range':
    case 'txn': {
      const { store, result, events } = write(state.store, operation);
      return done(events.length === 0 ? state : { ...state, store }, result, events);
    }
    case 'compact': {
      const store = compact(state.store, operation.revision);
      if (typeof store === 'string') return done(state, store);
      // What is freed stays in the file until it is defragmented.
      return done({ ...state, store, allocatedBytes: Math.max(state.allocatedBytes, dbInUse(state.store)) }, { op: 'compact' });
    }
    case 'lease-grant': {
      const lease = operation.lease ?? state.nextLease;
      const { ttlSeconds } = operation;
      const leases = state.leases.set(String(lease), { ttlSeconds });
      return done({ ...state, leases, nextLease: state.nextLease + 1 }, { op: 'lease', lease, ttlSeconds });
    }
    case 'lease-revoke':
      return revoke(state, operation.lease);
    case 'lease-keep-alive': {
      const known = state.leases.get(String(operation.lease));
      return done(state, known === undefined ? errors.noLease : { op: 'lease', lease: operation.lease, ttlSeconds: known.ttlSeconds });
    }
    case 'alarm': {
      const { member, alarm, activate } = operation;
      const others = state.alarms.filter((known) => known.member !== member || known.alarm !== alarm);
      const alarms = activate ? [...others, { member, alarm }] : others;
      return done({ ...state, alarms }, { op: 'alarms', alarms: [{ member, alarm }] });
    }
    case 'member-publish': {
      const { id, name } = operation;
      const member = state.members.get(id);
      if (member === undefined) return done(state, errors.memberNotFound);
      return done({ ...state, members: state.members.set(id, { ...member, name, started: true }) }, { op: 'done' });
    }
    case 'member-add':
    case 'member-remove':
    case 'member-promote':
      return maintenance.value.changeMembers(state, operation);
  }
}

function revoke(state: EtcdState, lease: number): Applied {
  if (!state.leases.has(String(lease))) return done(state, errors.noLease);
  let { store } = state;
  const events: EtcdEvent[] = [];
  for (const kv of [...store.keys.values()]) {
    if (kv.lease !== lease) continue;
    const written = write(store, { op: 'delete-range', key: kv.key });
    store = written.store;
    events.push(...written.events);
  }
  return done({ ...state, store, leases: state.leases.delete(String(lease)) }, { op: 'lease', lease, ttlSeconds: 0 }, events);
}

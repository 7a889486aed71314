import type { EtcdEvent, EtcdMember, EtcdOperation, EtcdResult } from '#protocol/etcd.ts';
import { memberId, type EtcdState } from './state.ts';
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

const done = (context: EtcdState, outcome: EtcdResult | string, events: readonly EtcdEvent[] = []): Applied => ({
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
      return changeMembers(state, operation);
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

type MemberChange = Extract<EtcdOperation, { readonly op: 'member-add' | 'member-remove' | 'member-promote' }>;

/** The host of a URL: `https://192.168.49.12:2380`. */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/:\d+$/, '');

function changeMembers(state: EtcdState, operation: MemberChange): Applied {
  let { members, removed } = state;
  let added: string | undefined;
  if (operation.op === 'member-add') {
    const { name, peerUrl, learner } = operation;
    added = memberId(peerUrl);
    const member: EtcdMember = {
      id: added,
      name,
      address: `${name}/etcd`,
      peerUrl,
      clientUrl: `https://${hostOf(peerUrl)}:2379`,
      learner,
      started: false,
    };
    members = members.set(added, member);
    removed = removed.filter((id) => id !== added);
  } else if (operation.op === 'member-remove') {
    members = members.delete(operation.id);
    removed = [...removed, operation.id];
  } else {
    const learner = members.get(operation.id);
    if (learner !== undefined) members = members.set(operation.id, { ...learner, learner: false });
  }
  return done({ ...state, members, removed }, { op: 'members', members: [...members.values()], added });
}

/** Why a change of the members is refused before anybody is asked (server.go AddMember, RemoveMember, PromoteMember). */
export function refusal(state: EtcdState, operation: MemberChange): string | undefined {
  const { members, raft } = state;
  if (operation.op === 'member-add') {
    if ([...members.values()].some(({ peerUrl }) => peerUrl === operation.peerUrl)) return errors.peerUrlExists;
    return operation.learner && raft.conf.learners.length > 0 ? errors.tooManyLearners : undefined;
  }
  const member = members.get(operation.id);
  if (member === undefined) return errors.memberNotFound;
  if (operation.op === 'member-promote') {
    if (!member.learner) return errors.notLearner;
    const progress = raft.progress[operation.id];
    // Only the leader knows how far the learner is.
    return raft.role === 'leader' && (progress?.match ?? 0) < raft.log.commit * 0.9 ? errors.learnerNotReady : undefined;
  }
  const active = raft.conf.voters.filter((id) => id !== operation.id && (id === state.id || raft.progress[id]?.active === true));
  const needed = Math.floor((raft.conf.voters.length - 1) / 2) + 1;
  return raft.role === 'leader' && !member.learner && active.length < needed ? errors.notEnoughStarted : undefined;
}

import type { EtcdMember, EtcdOperation, EtcdRequest } from '#protocol/etcd.ts';
import { done, type Applied } from './apply.ts';
import { armTimeout, respond, settle } from './group.ts';
import { step } from './raft/raft.ts';
import { memberId, type EtcdProcessEvent, type EtcdState, type Result } from './state.ts';
import { errors } from './store.ts';

type MemberChange = Extract<EtcdOperation, { readonly op: 'member-add' | 'member-remove' | 'member-promote' }>;

/** The host of a URL: `https://192.168.49.12:2380`. */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/:\d+$/, '');

export function changeMembers(state: EtcdState, operation: MemberChange): Applied {
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

/** Gives the lead to another member (v3_server.go MoveLeader). */
export function moveLeader(
  state: EtcdState,
  event: EtcdProcessEvent,
  operation: Extract<EtcdOperation, { readonly op: 'move-leader' }>,
): Result {
  const { id } = event.message as EtcdRequest;
  const refuse = (text: string): Result => ({ context: state, effects: [respond(state, event.from, id, text, 0)] });
  if (state.raft.role !== 'leader') return refuse(errors.notLeader);
  if (!state.raft.conf.voters.includes(operation.id)) return refuse(errors.badTransferee);
  if (operation.id === state.id) return { context: state, effects: [respond(state, event.from, id, { op: 'done' }, 0)] };
  const key = `${state.incarnation}.${String(state.nextRequest).padStart(9, '0')}`;
  const waiting = state.waiting.set(key, { client: event.from, id, operation, since: event.now, held: false });
  const asked = { ...state, waiting, nextRequest: state.nextRequest + 1 };
  const ready = step(
    asked.raft,
    { type: 'raft.MsgTransferLeader', from: state.id, to: state.id, term: 0, transferee: operation.id },
    event.now,
  );
  const { context, effects } = settle(asked, ready, event);
  return { context, effects: [...effects, armTimeout(state, key)] };
}

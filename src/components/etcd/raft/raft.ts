import type {
  AppendRequest,
  ConfChange,
  ConfState,
  Proposal,
  RaftMessage,
  SnapshotMessage,
  VoteRequest,
  Snapshot,
  Entry,
} from '#protocol/raft.ts';
import { commitTo, emptyLog, findConflictByTerm, isUpToDate, maybeAppend, slice, termAt } from './log.ts';
import {
  appended,
  broadcastAppend,
  broadcastHeartbeat,
  changeProgress,
  heartbeatAnswered,
  readIndex,
  releasePostponed,
  sendAppend,
} from './replication.ts';
import { answerAppend, appendEntry, becomeFollower, campaign, freshProgress, header, maybeCommit, poll, send } from './roles.ts';
import { everybody, majority, type Raft, type Ready, type Work } from './state.ts';

/** Makes one step: `perform` changes the member while it works; what is committed with it is taken into the group's form. */
function during(raft: Raft, now: number, perform: (work: Work) => void): Ready {
  const work: Work = { ...raft, now, messages: [], afterAppend: [], answered: [], restored: undefined, dropped: false };
  perform(work);
  const committed: Entry[] = [];
  // Applying a change of the group may commit more: with fewer members a majority is smaller.
  while (work.applied < work.log.commit) {
    const entries = slice(work.log, work.applied + 1, work.log.commit);
    committed.push(...entries);
    work.applied = work.log.commit;
    for (const entry of entries) if (entry.kind === 'conf-change') applyConfChange(work, entry.data);
  }
  const { now: _now, messages, afterAppend, answered, restored, dropped, ...next } = work;
  return { raft: next, messages, afterAppend, committed, restored, reads: answered, dropped };
}

/** Time has passed (raft.go tickElection, tickHeartbeat). To be called when `nextTick` says. */
export function tick(raft: Raft, now: number): Ready {
  return during(raft, now, (work) => {
    if (work.role !== 'leader') {
      if (now >= work.electionFrom + work.timeoutMs) campaign(work, 'pre-election');
      return;
    }
    if (now >= work.electionFrom + work.timing.electionMs) checkQuorum(work);
    if (work.role !== 'leader' || now < work.heartbeatAt) return;
    work.heartbeatAt = now + work.timing.heartbeatMs;
    broadcastHeartbeat(work, work.reads.at(-1)?.request.context);
  });
}

/** A leader that does not hear from a majority leads no longer; and who was to follow it had its time. */
function checkQuorum(work: Work): void {
  work.electionFrom = work.now;
  work.transferee = undefined;
  const active = work.conf.voters.filter((id) => id === work.id || work.progress[id]?.active === true);
  if (active.length < majority(work.conf)) return becomeFollower(work, work.term, undefined);
  for (const id of everybody(work.conf)) if (id !== work.id) changeProgress(work, id, { active: false });
}

/** The disk has all entries up to `index` of this term: the leader counts itself (raft.go appendEntry). */
export function persisted(raft: Raft, term: number, index: number, now: number): Ready {
  return during(raft, now, (work) => {
    if (term !== work.term || work.role !== 'leader' || index <= work.stable) return;
    work.stable = index;
    if (!maybeCommit(work)) return;
    releasePostponed(work);
    broadcastAppend(work);
  });
}

/** A message to this member could not be delivered (raft.go MsgUnreachable, MsgSnapStatus). */
export function unreachable(raft: Raft, to: string, now: number): Ready {
  return during(raft, now, (work) => {
    const progress = work.progress[to];
    if (work.role !== 'leader' || progress === undefined || progress.state === 'probe') return;
    changeProgress(work, to, { state: 'probe', paused: progress.state === 'snapshot', next: progress.match + 1 });
  });
}

/** Asks the group to take something into its log. */
export function propose(raft: Raft, proposal: Proposal, now: number): Ready {
  return step(raft, { type: 'raft.MsgProp', from: raft.id, to: raft.id, term: 0, proposal }, now);
}

/** Takes in a message from a member, or one's own request (raft.go Step). */
export function step(raft: Raft, message: RaftMessage, now: number): Ready {
  return during(raft, now, (work) => {
    if (message.term !== 0 && message.term !== work.term && !otherTerm(work, message)) return;
    if (message.type === 'raft.MsgVote' || message.type === 'raft.MsgPreVote') return vote(work, message);
    handlers[work.role](work, message);
  });
}

/** A message of another term. True when it is to be handled all the same. */
function otherTerm(work: Work, message: RaftMessage): boolean {
  const { type, from, term } = message;
  if (term < work.term) {
    // A leader that was left behind learns the term from the answer, and who asks for votes learns that it is too late.
    if (type === 'raft.MsgHeartbeat' || type === 'raft.MsgApp') answerAppend(work, from, {});
    else if (type === 'raft.MsgPreVote') send(work, { type: 'raft.MsgPreVoteResp', ...header(work, from), reject: true });
    return false;
  }
  if (type === 'raft.MsgVote' || type === 'raft.MsgPreVote') {
    // Who hears from a leader does not help to replace it.
    const inLease = work.lead !== undefined && work.now - work.electionFrom < work.timing.electionMs;
    if (!message.transfer && inLease) return false;
    if (type === 'raft.MsgPreVote') return true;
  }
  if (type === 'raft.MsgPreVoteResp' && !message.reject) return true;
  const leads = type === 'raft.MsgApp' || type === 'raft.MsgHeartbeat' || type === 'raft.MsgSnap';
  becomeFollower(work, term, leads ? from : undefined);
  return true;
}

/** One vote for each term, and none for who lacks what may be committed. Learners vote too: they may be promoted without knowing. */
function vote(work: Work, message: VoteRequest): void {
  const { from, term } = message;
  const real = message.type === 'raft.MsgVote';
  const may = work.vote === from || (work.vote === undefined && work.lead === undefined) || (!real && term > work.term);
  const type = real ? 'raft.MsgVoteResp' : 'raft.MsgPreVoteResp';
  if (!may || !isUpToDate(work.log, message.index, message.logTerm))
    return send(work, { type, from: work.id, to: from, term: work.term, reject: true });
  // The answer has the term of the question: a pre-candidate ignores what seems to come from the past.
  send(work, { type, from: work.id, to: from, term, reject: false });
  if (!real) return;
  work.electionFrom = work.now;
  work.vote = from;
}

type Handler = (work: Work, message: RaftMessage) => void;

const drop = (work: Work): void => void (work.dropped = true);

const asCandidate: Handler = (work, message) => {
  switch (message.type) {
    case 'raft.MsgProp':
      return drop(work);
    case 'raft.MsgApp':
    case 'raft.MsgHeartbeat':
    case 'raft.MsgSnap':
      becomeFollower(work, message.term, message.from);
      return asFollower(work, message);
    case 'raft.MsgVoteResp':
    case 'raft.MsgPreVoteResp':
      if ((message.type === 'raft.MsgPreVoteResp') === (work.role === 'pre-candidate')) poll(work, message.from, !message.reject);
  }
};

const asFollower: Handler = (work, message) => {
  switch (message.type) {
    case 'raft.MsgProp':
    case 'raft.MsgReadIndex':
    case 'raft.MsgTransferLeader':
      if (work.lead === undefined) return drop(work);
      return send(work, { ...message, to: work.lead });
    case 'raft.MsgApp':
    case 'raft.MsgHeartbeat':
    case 'raft.MsgSnap':
      work.electionFrom = work.now;
      work.lead = message.from;
      if (message.type === 'raft.MsgApp') return takeEntries(work, message);
      if (message.type === 'raft.MsgSnap') return takeSnapshot(work, message);
      work.log = commitTo(work.log, message.commit);
      return send(work, { type: 'raft.MsgHeartbeatResp', ...header(work, message.from), context: message.context });
    case 'raft.MsgTimeoutNow':
      return campaign(work, 'transfer');
    case 'raft.MsgReadIndexResp':
      work.answered.push({ context: message.context, index: message.index });
  }
};

const asLeader: Handler = (work, message) => {
  switch (message.type) {
    case 'raft.MsgProp':
      return takeProposal(work, message.proposal);
    case 'raft.MsgReadIndex':
      return readIndex(work, message);
    case 'raft.MsgAppResp':
      return appended(work, message);
    case 'raft.MsgHeartbeatResp':
      return heartbeatAnswered(work, message);
    case 'raft.MsgTransferLeader':
      return transfer(work, message.transferee);
  }
};

const handlers: Readonly<Record<Raft['role'], Handler>> = {
  follower: asFollower,
  'pre-candidate': asCandidate,
  candidate: asCandidate,
  leader: asLeader,
};

function takeProposal(work: Work, proposal: Proposal): void {
  if (work.progress[work.id] === undefined || work.transferee !== undefined) return drop(work);
  if (proposal.kind === 'conf-change') {
    // One change after the other; what comes too early becomes an empty entry.
    if (work.pendingConfIndex > work.applied) return drop(work);
    work.pendingConfIndex = work.log.last + 1;
  }
  appendEntry(work, proposal);
  broadcastAppend(work);
}

function transfer(work: Work, transferee: string): void {
  if (transferee === work.id || transferee === work.transferee || !work.conf.voters.includes(transferee)) return;
  work.electionFrom = work.now;
  work.transferee = transferee;
  if (work.progress[transferee]?.match === work.log.last) send(work, { type: 'raft.MsgTimeoutNow', ...header(work, transferee) });
  else sendAppend(work, transferee);
}

function takeEntries(work: Work, message: AppendRequest): void {
  const { from, index, logTerm, entries, commit } = message;
  if (index < work.log.commit) return answerAppend(work, from, { index: work.log.commit });
  const log = maybeAppend(work.log, index, logTerm, entries);
  if (log === undefined) {
    const hint = findConflictByTerm(work.log, Math.min(index, work.log.last), logTerm);
    return answerAppend(work, from, { index, reject: true, rejectHint: hint.index, logTerm: hint.term });
  }
  const last = index + entries.length;
  work.log = commitTo(log, Math.min(commit, last));
  // What is sent after the disk has it may be counted; an own entry that was replaced is no longer stable.
  work.stable = work.log.last;
  answerAppend(work, from, { index: last });
}

function takeSnapshot(work: Work, message: SnapshotMessage): void {
  const { snapshot, from } = message;
  const known = everybody(snapshot.conf).includes(work.id);
  if (snapshot.index <= work.log.commit || !known) return answerAppend(work, from, { index: work.log.commit });
  if (termAt(work.log, snapshot.index) === snapshot.term) {
    work.log = commitTo(work.log, snapshot.index);
    return answerAppend(work, from, { index: work.log.commit });
  }
  work.log = emptyLog(snapshot);
  work.stable = snapshot.index;
  work.conf = snapshot.conf;
  work.applied = snapshot.index;
  work.restored = snapshot;
  answerAppend(work, from, { index: work.log.last });
}

const without = (ids: readonly string[], id: string): readonly string[] => ids.filter((other) => other !== id);

/** The group after a change (confchange/confchange.go Simple). */
function changed(conf: ConfState, { change, node }: ConfChange): ConfState {
  const voters = without(conf.voters, node);
  const learners = without(conf.learners, node);
  if (change === 'add-node') return { voters: [...voters, node].sort(), learners };
  if (change === 'add-learner-node') return { voters, learners: [...learners, node].sort() };
  return change === 'remove-node' ? { voters, learners } : conf;
}

/** Takes a committed change in (raft.go applyConfChange, switchToConfig). */
function applyConfChange(work: Work, change: ConfChange): void {
  work.conf = changed(work.conf, change);
  if (work.role !== 'leader') return;
  const { node } = change;
  const known = everybody(work.conf).includes(node);
  // A new member counts as heard of, lest the leader step down before it could answer.
  if (known && work.progress[node] === undefined) changeProgress(work, node, { ...freshProgress(work.log.last), active: true });
  if (!known) work.progress = Object.fromEntries(Object.entries(work.progress).filter(([id]) => id !== node));
  if (!work.conf.voters.includes(work.id)) return becomeFollower(work, work.term, undefined);
  if (work.transferee !== undefined && !work.conf.voters.includes(work.transferee)) work.transferee = undefined;
  if (maybeCommit(work)) broadcastAppend(work);
  else broadcastAppend(work, false);
}

/** A snapshot of what is applied now: what a slow member is sent, and what the log is cut with. */
export function snapshotOf(raft: Raft, data: unknown): Snapshot {
  return { index: raft.applied, term: termAt(raft.log, raft.applied) ?? raft.log.snapshot.term, conf: raft.conf, data };
}

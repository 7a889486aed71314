import { nextInteger } from '#base/random.ts';
import type { AppendResponse, Proposal, RaftMessage } from '#protocol/raft.ts';
import { append, commitTo, lastTerm, termAt } from './log.ts';
import { broadcastAppend, changeProgress } from './replication.ts';
import { everybody, majority, proposalOf, promotable, type Progress, type Work } from './state.ts';

/** Sends a message, or keeps it until the state is on the disk where it promises something about it (raft.go send). */
export function send(work: Work, message: RaftMessage): void {
  const promise = message.type === 'raft.MsgAppResp' || message.type === 'raft.MsgVoteResp' || message.type === 'raft.MsgPreVoteResp';
  (promise ? work.afterAppend : work.messages).push(message);
}

export const header = (work: Work, to: string): { readonly from: string; readonly to: string; readonly term: number } => ({
  from: work.id,
  to,
  term: work.term,
});

/** The answer to a leader's entries. */
export function answerAppend(
  work: Work,
  to: string,
  answer: Partial<Pick<AppendResponse, 'index' | 'reject' | 'rejectHint' | 'logTerm'>>,
): void {
  send(work, { type: 'raft.MsgAppResp', ...header(work, to), index: 0, reject: false, rejectHint: 0, logTerm: 0, ...answer });
}

/** A wait for a leader of a length that nobody can foresee (raft.go resetRandomizedElectionTimeout). */
function resetTimeout(work: Work): void {
  const [part, next] = nextInteger(work.random, work.timing.electionMs);
  work.random = next;
  work.electionFrom = work.now;
  work.timeoutMs = work.timing.electionMs + part;
}

function reset(work: Work, term: number): void {
  if (work.term !== term) {
    work.term = term;
    work.vote = undefined;
  }
  work.lead = undefined;
  resetTimeout(work);
  work.transferee = undefined;
  work.votes = {};
  work.progress = {};
  work.pendingConfIndex = 0;
  work.reads = [];
  work.postponed = [];
}

export function becomeFollower(work: Work, term: number, lead: string | undefined): void {
  reset(work, term);
  work.role = 'follower';
  work.lead = lead;
}

export const freshProgress = (last: number): Progress => ({
  match: 0,
  next: last + 1,
  state: 'probe',
  active: false,
  paused: false,
  sentCommit: 0,
});

/** A leader begins its term with an empty entry: with it everything before is committed (raft.go becomeLeader). */
function becomeLeader(work: Work): void {
  reset(work, work.term);
  work.role = 'leader';
  work.lead = work.id;
  work.heartbeatAt = work.now + work.timing.heartbeatMs;
  work.pendingConfIndex = work.log.last;
  for (const id of everybody(work.conf))
    changeProgress(
      work,
      id,
      id === work.id ? { ...freshProgress(work.log.last), state: 'replicate', active: true } : freshProgress(work.log.last),
    );
  work.stable = Math.min(work.stable, work.log.last);
  appendEntry(work, { kind: 'normal', data: undefined });
  broadcastAppend(work);
}

/** Puts a proposal into the leader's log. Who votes alone has committed it with that. */
export function appendEntry(work: Work, proposal: Proposal): void {
  work.log = append(work.log, proposalOf(proposal, work.log.last + 1, work.term));
  if (work.conf.voters.length === 1 && work.conf.voters[0] === work.id) {
    work.stable = work.log.last;
    maybeCommit(work);
  }
}

/** Commits what a majority has, if it is of this term (section 5.4.2). True when there was something. */
export function maybeCommit(work: Work): boolean {
  const matches = work.conf.voters.map((id) => (id === work.id ? work.stable : (work.progress[id]?.match ?? 0))).sort((a, b) => b - a);
  const index = matches[majority(work.conf) - 1] ?? 0;
  if (index <= work.log.commit || termAt(work.log, index) !== work.term) return false;
  work.log = commitTo(work.log, index);
  return true;
}

export type Campaign = 'pre-election' | 'election' | 'transfer';

/** Stands for election (raft.go hup, campaign). */
export function campaign(work: Work, kind: Campaign): void {
  if (work.role === 'leader' || !promotable(work)) return;
  const pre = kind === 'pre-election';
  if (pre) {
    work.role = 'pre-candidate';
    work.votes = {};
    work.lead = undefined;
    resetTimeout(work);
  } else {
    reset(work, work.term + 1);
    work.vote = work.id;
    work.role = 'candidate';
  }
  for (const id of work.conf.voters) {
    if (id === work.id) continue;
    send(work, {
      type: pre ? 'raft.MsgPreVote' : 'raft.MsgVote',
      from: work.id,
      to: id,
      // A pre-vote asks for the term that would come, and leaves the own one alone.
      term: pre ? work.term + 1 : work.term,
      index: work.log.last,
      logTerm: lastTerm(work.log),
      transfer: kind === 'transfer',
    });
  }
  poll(work, work.id, true);
}

/** Counts a vote, and what it decides (raft.go poll, stepCandidate). */
export function poll(work: Work, from: string, granted: boolean): void {
  if (work.votes[from] === undefined) work.votes = { ...work.votes, [from]: granted };
  const cast = work.conf.voters.map((id) => work.votes[id]);
  const needed = majority(work.conf);
  if (cast.filter((vote) => vote === true).length >= needed) {
    if (work.role === 'pre-candidate') campaign(work, 'election');
    else becomeLeader(work);
  } else if (cast.length - cast.filter((vote) => vote === false).length < needed) becomeFollower(work, work.term, undefined);
}

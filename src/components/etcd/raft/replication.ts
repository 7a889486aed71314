import type { AppendResponse, HeartbeatResponse, ReadIndexMessage } from '#protocol/raft.ts';
import { findConflictByTerm, slice, termAt } from './log.ts';
import { header, maybeCommit, send } from './roles.ts';
import { everybody, majority, type Progress, type Work } from './state.ts';

export function changeProgress(work: Work, id: string, change: Partial<Progress>): void {
  work.progress = { ...work.progress, [id]: { ...work.progress[id]!, ...change } };
}

/** Sends a member what it lacks: entries, or a snapshot where they are compacted (raft.go maybeSendAppend). */
export function sendAppend(work: Work, to: string, sendIfEmpty = true): boolean {
  const progress = work.progress[to];
  if (progress === undefined || progress.paused || progress.state === 'snapshot') return false;
  const index = progress.next - 1;
  const logTerm = termAt(work.log, index);
  if (logTerm === undefined) return sendSnapshot(work, to, progress);
  const entries = slice(work.log, progress.next, work.log.last);
  if (entries.length === 0 && !sendIfEmpty) return false;
  send(work, { type: 'raft.MsgApp', ...header(work, to), index, logTerm, entries, commit: work.log.commit });
  changeProgress(work, to, {
    sentCommit: work.log.commit,
    ...(progress.state === 'replicate' ? { next: progress.next + entries.length } : { paused: entries.length > 0 }),
  });
  return true;
}

function sendSnapshot(work: Work, to: string, progress: Progress): boolean {
  if (!progress.active) return false;
  changeProgress(work, to, { state: 'snapshot' });
  send(work, { type: 'raft.MsgSnap', ...header(work, to), snapshot: work.log.snapshot });
  return true;
}

const others = (work: Work): readonly string[] => everybody(work.conf).filter((id) => id !== work.id);

export function broadcastAppend(work: Work, sendIfEmpty = true): void {
  for (const id of others(work)) sendAppend(work, id, sendIfEmpty);
}

/** Tells everybody that the leader lives, and how much of what they have is committed (raft.go bcastHeartbeat). */
export function broadcastHeartbeat(work: Work, context: string | undefined): void {
  for (const id of others(work)) {
    const commit = Math.min(work.progress[id]?.match ?? 0, work.log.commit);
    send(work, { type: 'raft.MsgHeartbeat', ...header(work, id), commit, context });
  }
}

/** A probe goes back to where the logs may agree (tracker/progress.go MaybeDecrTo). */
function rejected(work: Work, progress: Progress, message: AppendResponse): void {
  const { from } = message;
  const hint = message.logTerm > 0 ? findConflictByTerm(work.log, message.rejectHint, message.logTerm).index : message.rejectHint;
  if (progress.state === 'replicate') {
    if (message.index <= progress.match) return;
    changeProgress(work, from, { state: 'probe', paused: false, next: progress.match + 1 });
  } else {
    if (progress.next - 1 !== message.index) return;
    changeProgress(work, from, { next: Math.max(Math.min(message.index, hint + 1), progress.match + 1), paused: false });
  }
  sendAppend(work, from);
}

/** A member has taken in entries, or could not (raft.go stepLeader, MsgAppResp). */
export function appended(work: Work, message: AppendResponse): void {
  const { from, index } = message;
  const progress = work.progress[from];
  if (progress === undefined) return;
  changeProgress(work, from, { active: true });
  if (message.reject) return rejected(work, work.progress[from]!, message);
  const known = progress.match;
  if (index <= known && !(index === known && progress.state === 'probe')) return;
  const match = Math.max(known, index);
  const recovered = progress.state === 'probe' || (progress.state === 'snapshot' && match >= work.log.offset);
  // Who begins to follow is sent what comes after that which it has; what was sent ahead to who follows stays sent.
  const next = progress.state === 'replicate' ? Math.max(progress.next, match + 1) : match + 1;
  changeProgress(work, from, { match, paused: false, next, ...(recovered ? { state: 'replicate' } : {}) });
  if (maybeCommit(work)) {
    releasePostponed(work);
    broadcastAppend(work);
  } else if (work.progress[from]!.sentCommit < Math.min(work.log.commit, work.progress[from]!.next - 1)) sendAppend(work, from);
  sendAppend(work, from, false);
  if (from === work.transferee && match === work.log.last) send(work, { type: 'raft.MsgTimeoutNow', ...header(work, from) });
}

/** A member lives: it gets what it lacks, and its word counts for the reads that wait. */
export function heartbeatAnswered(work: Work, message: HeartbeatResponse): void {
  const { from, context } = message;
  if (work.progress[from] === undefined) return;
  changeProgress(work, from, { active: true, paused: false });
  const { match, state } = work.progress[from]!;
  if (match < work.log.last || state === 'probe') sendAppend(work, from);
  if (context !== undefined) acknowledge(work, from, context);
}

function acknowledge(work: Work, from: string, context: string): void {
  const at = work.reads.findIndex((read) => read.request.context === context);
  if (at < 0) return;
  const read = work.reads[at]!;
  const acks = read.acks.includes(from) ? read.acks : [...read.acks, from];
  if (acks.filter((id) => work.conf.voters.includes(id)).length < majority(work.conf)) {
    work.reads = work.reads.with(at, { ...read, acks });
    return;
  }
  // A majority has answered after this read came, hence also after those before it.
  for (const { request, index } of work.reads.slice(0, at + 1)) answerRead(work, request, index);
  work.reads = work.reads.slice(at + 1);
}

function answerRead(work: Work, request: ReadIndexMessage, index: number): void {
  const { context, from } = request;
  if (from === work.id) work.answered.push({ context, index });
  else send(work, { type: 'raft.MsgReadIndexResp', ...header(work, from), context, index });
}

/** A read may be answered with what is committed now, once a majority says that nobody else leads (raft.go MsgReadIndex). */
export function readIndex(work: Work, request: ReadIndexMessage): void {
  const { voters } = work.conf;
  if (voters.length === 1 && voters[0] === work.id) return answerRead(work, request, work.log.commit);
  if (termAt(work.log, work.log.commit) !== work.term) {
    work.postponed = [...work.postponed, request];
    return;
  }
  work.reads = [...work.reads, { request, index: work.log.commit, acks: [work.id] }];
  broadcastHeartbeat(work, request.context);
}

/** The first commit of a term lets the reads go on that waited for it. */
export function releasePostponed(work: Work): void {
  if (work.postponed.length === 0 || termAt(work.log, work.log.commit) !== work.term) return;
  const { postponed } = work;
  work.postponed = [];
  for (const request of postponed) readIndex(work, request);
}

import { nextInteger, seedRandom, type RandomState } from '#base/random.ts';
import type { ConfState, Entry, MemberId, Proposal, RaftMessage, ReadIndexMessage, Snapshot } from '#protocol/raft.ts';
import { emptyLog, type RaftLog } from './log.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What a leader knows of a member (tracker/progress.go). */
export interface Progress {
  /** It has everything up to here. */
  readonly match: number;
  /** What it is sent next. */
  readonly next: number;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  /** It was heard of since the last check of the quorum. */
  readonly active: boolean;
  /** A probe is under way: nothing more is sent until it is answered, or the next heartbeat is. */
  readonly paused: boolean;
  /** The highest commit index that it was told of. */
  readonly sentCommit: number;
}

/** A read that waits until a majority has confirmed that the leader still leads (read_only.go). */
export interface PendingRead {
  readonly request: ReadIndexMessage;
  readonly index: number;
  readonly acks: readonly MemberId[];
}

export interface Timing {
  readonly heartbeatMs: number;
  /** The least time without a leader after which a member stands for election; at most twice that. */
  readonly electionMs: number;
}

/** What a member must find again after a crash: it was written before anything that follows from it was sent. */
export interface Stored {
  readonly term: number;
  readonly vote: MemberId | undefined;
  readonly log: RaftLog;
  readonly conf: ConfState;
  readonly applied: number;
}

/** One member's part in the group (etcd-io/raft raft.go): pure data. */
export interface Raft extends Stored {
  readonly id: MemberId;
  readonly timing: Timing;
  readonly role: Role;
  readonly lead: MemberId | undefined;
  /** How far the own log is known to be on the disk. */
  readonly stable: number;
  readonly progress: Readonly<Record<MemberId, Progress>>;
  readonly votes: Readonly<Record<MemberId, boolean>>;
  /** When the wait for a leader (or, as a leader, for its majority) began, and how long it lasts. */
  readonly electionFrom: number;
  readonly timeoutMs: number;
  readonly heartbeatAt: number;
  readonly transferee: MemberId | undefined;
  /** No change of the group is taken in before this entry is applied. */
  readonly pendingConfIndex: number;
  readonly reads: readonly PendingRead[];
  /** Reads that came before the leader had committed anything in its term. */
  readonly postponed: readonly ReadIndexMessage[];
  readonly random: RandomState;
}

/** What is to be done after a step (node.go Ready): first store the state, then send, then apply. */
export interface Ready {
  readonly raft: Raft;
  /** A leader may send these while its disk is still writing; everybody else after it. */
  readonly messages: readonly RaftMessage[];
  /** To be sent when the state is on the disk. */
  readonly afterAppend: readonly RaftMessage[];
  /** To be applied, in this order. */
  readonly committed: readonly Entry[];
  /** Replaces all that was applied before. */
  readonly restored: Snapshot | undefined;
  /** Reads that may be answered when `index` is applied. */
  readonly reads: readonly { readonly context: string; readonly index: number }[];
  /** The proposal was not taken: there is no leader, or it is about to change. */
  readonly dropped: boolean;
}

/** A member while it makes a step. */
export type Work = { -readonly [Key in keyof Raft]: Raft[Key] } & {
  now: number;
  messages: RaftMessage[];
  afterAppend: RaftMessage[];
  answered: { context: string; index: number }[];
  restored: Snapshot | undefined;
  dropped: boolean;
};

export interface RaftOptions {
  readonly id: MemberId;
  readonly seed: number;
  readonly timing: Timing;
  readonly now: number;
}

/** What a member begins with that was given its group: as if one entry had been applied for each member (bootstrap.go). */
export function bootstrap(voters: readonly MemberId[], data: unknown): Stored {
  const conf: ConfState = { voters: [...voters].sort(), learners: [] };
  return { term: 1, vote: undefined, log: emptyLog({ index: voters.length, term: 1, conf, data }), conf, applied: voters.length };
}

/** What a member begins with that is to be told everything by the group that it joins. */
export function joining(): Stored {
  const conf: ConfState = { voters: [], learners: [] };
  return { term: 0, vote: undefined, log: emptyLog({ index: 0, term: 0, conf, data: undefined }), conf, applied: 0 };
}

/** A member that comes (again) into being with what is on its disk (raft.go newRaft). */
export function createRaft(stored: Stored, { id, seed, timing, now }: RaftOptions): Raft {
  const random = seedRandom(seed, 'raft');
  const raft: Raft = {
    ...stored,
    id,
    timing,
    role: 'follower',
    lead: undefined,
    stable: stored.log.last,
    progress: {},
    votes: {},
    electionFrom: now,
    timeoutMs: timing.electionMs,
    heartbeatAt: now,
    transferee: undefined,
    pendingConfIndex: 0,
    reads: [],
    postponed: [],
    random,
  };
  const [part, next] = nextInteger(random, timing.electionMs);
  return { ...raft, timeoutMs: timing.electionMs + part, random: next };
}

export const isLearner = (raft: Pick<Raft, 'conf' | 'id'>): boolean => raft.conf.learners.includes(raft.id);

/** Whether the member may become a leader at all (raft.go promotable). */
export const promotable = (raft: Pick<Raft, 'conf' | 'id'>): boolean => raft.conf.voters.includes(raft.id);

/** Everybody, in the order of the ids. */
export const everybody = ({ voters, learners }: ConfState): readonly MemberId[] =>
  learners.length === 0 ? voters : [...voters, ...learners].sort();

export const majority = (conf: ConfState): number => Math.floor(conf.voters.length / 2) + 1;

/** The next time at which `tick` has to be called; undefined for who has nothing to wait for. */
export function nextTick(raft: Raft): number | undefined {
  if (raft.role === 'leader') {
    const others = raft.conf.voters.length + raft.conf.learners.length > 1;
    return others ? Math.min(raft.heartbeatAt, raft.electionFrom + raft.timing.electionMs) : undefined;
  }
  return promotable(raft) ? raft.electionFrom + raft.timeoutMs : undefined;
}

export const proposalOf = (entry: Proposal, index: number, term: number): Entry => ({ ...entry, index, term });

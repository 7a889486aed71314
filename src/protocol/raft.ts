/**
 * What the members of an etcd group say to each other (etcd-io/raft, raftpb): its message types under its names. Members
 * are named by their ids. Only etcd may import this file.
 */
export type MemberId = string;

/** A change of who belongs to the group, one member at a time. */
export interface ConfChange {
  readonly change: 'add-node' | 'add-learner-node' | 'remove-node' | 'update-node';
  readonly node: MemberId;
  /** What the application keeps of the member. */
  readonly context?: unknown;
}

interface Position {
  readonly index: number;
  readonly term: number;
}
/** One entry of the log. `data` is undefined for the entry that a new leader begins its term with. */
export type Entry =
  | (Position & { readonly kind: 'normal'; readonly data: unknown })
  | (Position & { readonly kind: 'conf-change'; readonly data: ConfChange });

/** An entry that has no place in the log yet. */
export type Proposal = { readonly kind: 'normal'; readonly data: unknown } | { readonly kind: 'conf-change'; readonly data: ConfChange };

/** Who votes, and who only learns. */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
}

/** All that was applied up to an index, instead of the entries up to there. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly conf: ConfState;
  readonly data: unknown;
}

interface Header {
  readonly from: MemberId;
  readonly to: MemberId;
  /** The sender's term; 0 for what is forwarded to the leader. */
  readonly term: number;
}
/** A candidate asks for a vote: `index` and `logTerm` are of its last entry. */
export interface VoteRequest extends Header {
  readonly type: 'raft.MsgVote' | 'raft.MsgPreVote';
  readonly index: number;
  readonly logTerm: number;
  /** The leader itself wants to be followed by this candidate. */
  readonly transfer: boolean;
}
export interface VoteResponse extends Header {
  readonly type: 'raft.MsgVoteResp' | 'raft.MsgPreVoteResp';
  readonly reject: boolean;
}
/** The leader's entries that follow `index` (of `logTerm`). */
export interface AppendRequest extends Header {
  readonly type: 'raft.MsgApp';
  readonly index: number;
  readonly logTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
}
export interface AppendResponse extends Header {
  readonly type: 'raft.MsgAppResp';
  /** What the follower has; where it rejects, what it rejects. */
  readonly index: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly logTerm: number;
}
export interface HeartbeatMessage extends Header {
  readonly type: 'raft.MsgHeartbeat';
  readonly commit: number;
  /** The read that waits for this round, if any. */
  readonly context: string | undefined;
}
export interface HeartbeatResponse extends Header {
  readonly type: 'raft.MsgHeartbeatResp';
  readonly context: string | undefined;
}
export interface SnapshotMessage extends Header {
  readonly type: 'raft.MsgSnap';
  readonly snapshot: Snapshot;
}
export interface ProposalMessage extends Header {
  readonly type: 'raft.MsgProp';
  readonly proposal: Proposal;
}
export interface ReadIndexMessage extends Header {
  readonly type: 'raft.MsgReadIndex';
  readonly context: string;
}
export interface ReadIndexResponse extends Header {
  readonly type: 'raft.MsgReadIndexResp';
  readonly context: string;
  readonly index: number;
}
export interface TransferMessage extends Header {
  readonly type: 'raft.MsgTransferLeader';
  readonly transferee: MemberId;
}
export interface TimeoutNowMessage extends Header {
  readonly type: 'raft.MsgTimeoutNow';
}

export type RaftMessage =
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | HeartbeatMessage
  | HeartbeatResponse
  | SnapshotMessage
  | ProposalMessage
  | ReadIndexMessage
  | ReadIndexResponse
  | TransferMessage
  | TimeoutNowMessage;

import { hexDigest } from '#base/random.ts';
import { SortedMap } from '#base/sorted-map.ts';
import type { Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { EtcdAlarm, EtcdMember, EtcdOperation, EtcdResponse, EtcdServerMessage } from '#protocol/etcd.ts';
import type { RaftMessage } from '#protocol/raft.ts';
import { createRaft, joining, type Raft } from './raft/state.ts';
import { emptyStore, type Store } from './store.ts';

/** A member as a cluster's shape names it. */
export interface MemberInput {
  readonly name: string;
  readonly address: string;
  /** What its URLs are made of; unless given, its name. */
  readonly ip?: string | undefined;
}

/** How a member is started: etcd's flags, as far as they matter. */
export interface EtcdInput {
  readonly name: string;
  readonly ip?: string | undefined;
  /** Time to sync the write-ahead log, in milliseconds. */
  readonly fsyncMs: number;
  /** --initial-cluster: all members, itself included; absent for a member that is alone. */
  readonly members?: readonly MemberInput[] | undefined;
  /** --initial-cluster-state: `existing` for a member that joins a running group (after `etcdctl member add`). */
  readonly initialClusterState?: 'new' | 'existing' | undefined;
  /** --heartbeat-interval and --election-timeout. */
  readonly heartbeatMs?: number | undefined;
  readonly electionMs?: number | undefined;
  /** --quota-backend-bytes; unless given, the database cannot become full. */
  readonly quotaBytes?: number | undefined;
  /** --snapshot-count: after so many applied entries the log is cut. */
  readonly snapshotCount?: number | undefined;
}

export interface Watcher {
  readonly client: string;
  readonly watch: string;
  readonly key: string;
  readonly rangeEnd: string | undefined;
}

export interface Lease {
  readonly ttlSeconds: number;
}

/** A request that the group has to agree on first. */
export interface Waiting {
  readonly client: string;
  readonly id: string;
  readonly operation: EtcdOperation;
  readonly since: number;
  /** There was no leader to propose it to. */
  readonly held: boolean;
}

/** A read that waits until the leader has confirmed how far it must see. */
export interface WaitingRead {
  readonly client: string;
  readonly id: string;
  readonly operation: EtcdOperation;
}

/** The reads that one question to the leader is asked for; those that come meanwhile wait for the next. */
export interface Reading {
  readonly context: string;
  readonly since: number;
  readonly requests: readonly WaitingRead[];
  /** What has to be applied before they are answered, when it is known. */
  readonly index: number | undefined;
}

export interface EtcdState {
  readonly input: EtcdInput;
  readonly name: string;
  readonly id: string;
  readonly incarnation: number;
  /** Whether it has known a leader since it was started: before that it serves nobody. */
  readonly published: boolean;
  /** Whether it has still to make itself known to the group that it joins. */
  readonly unknown: boolean;
  readonly raft: Raft;
  readonly store: Store;
  readonly members: SortedMap<EtcdMember>;
  /** By `<first key>|<client>|<watch>`, so that the watchers of a key are found by prefix. */
  readonly watchers: SortedMap<Watcher>;
  readonly leases: SortedMap<Lease>;
  readonly nextLease: number;
  readonly alarms: readonly EtcdAlarm[];
  /** Ids of former members: nothing of theirs is heard. */
  readonly removed: readonly string[];
  /** Members that could not be reached when they were last sent something. */
  readonly unreachable: readonly string[];
  /** What the database's file has taken at most since it was last defragmented. */
  readonly allocatedBytes: number;
  /** By the number of the request. */
  readonly waiting: SortedMap<Waiting>;
  readonly nextRequest: number;
  readonly reading: Reading | undefined;
  readonly nextReads: readonly WaitingRead[];
  /** When the leader that it knows became known. */
  readonly leaderSince: number;
}

/** Time of the group: a heartbeat or an election is due. */
interface Tick {
  readonly type: 'etcd.tick';
}
/** The write-ahead log is on the disk up to an entry. */
export interface Synced {
  readonly type: 'etcd.synced';
  readonly term: number;
  readonly index: number;
}
/** A request, or the question for reads, takes too long. */
interface RequestTimeout {
  readonly type: 'etcd.timeout';
  readonly request: string;
}
interface ReadRetry {
  readonly type: 'etcd.read-retry';
}
/** A snapshot is no longer under way to a member. */
export interface SnapshotDone {
  readonly type: 'etcd.snapshot-done';
  readonly member: string;
}
interface LeaseTick {
  readonly type: 'etcd.lease-expired';
  readonly lease: number;
}
/** It belongs to the group no longer: it has applied that, or a member has told it. */
interface Removed {
  readonly type: 'etcd.removed';
}
type OwnMessage = Tick | Synced | RequestTimeout | ReadRetry | SnapshotDone | LeaseTick | Removed;
export type EtcdMessage =
  | StartMessage<EtcdInput>
  | EtcdServerMessage
  | EtcdResponse
  | RaftMessage
  | OwnMessage
  | PeerClosedMessage
  | UndeliverableMessage
  | TerminateMessage;
export type EtcdProcessEvent = EventOf<EtcdMessage>;
export type Result = Outcome<EtcdState>;

export const defaults = { heartbeatMs: 100, electionMs: 1000, snapshotCount: 10_000, catchUpEntries: 5000 } as const;

/** How long a member lets a request wait for the group (server/config ReqTimeout): 5 s and two elections. */
export const requestTimeoutMs = ({ electionMs = defaults.electionMs }: EtcdInput): number => 5000 + 2 * electionMs;

/** The peer URL of a member, and the id that follows from it. */
export const peerUrlOf = (host: string): string => `https://${host}:2380`;
export const memberId = (peerUrl: string): string => hexDigest(`etcd ${peerUrl}`, 16).replace(/^0+/, '');

export function memberOf({ name, address, ip = name }: MemberInput, learner = false): EtcdMember {
  const peerUrl = peerUrlOf(ip);
  return { id: memberId(peerUrl), name, address, peerUrl, clientUrl: `https://${ip}:2379`, learner, started: true };
}

/** Where a member is: as the group knows it, else as it was started with. */
export function addressOf(state: EtcdState, id: string): string | undefined {
  return state.members.get(id)?.address;
}

export const arm = (timer: string, afterMs: number, message: OwnMessage, chatter: boolean): Effect => ({
  type: 'arm',
  timer,
  afterMs,
  message,
  chatter,
});

const noGroup = createRaft(joining(), { id: '', seed: 0, timing: { heartbeatMs: 0, electionMs: 1 }, now: 0 });

export const initialState: EtcdState = {
  input: { name: '', fsyncMs: 0 },
  name: '',
  id: '',
  incarnation: 0,
  published: false,
  unknown: false,
  raft: noGroup,
  store: emptyStore,
  members: SortedMap.empty(),
  watchers: SortedMap.empty(),
  leases: SortedMap.empty(),
  nextLease: 1,
  alarms: [],
  removed: [],
  unreachable: [],
  allocatedBytes: 0,
  waiting: SortedMap.empty(),
  nextRequest: 1,
  reading: undefined,
  nextReads: [],
  leaderSince: 0,
};

/**
 * etcd's v3 API (etcdserverpb.KV, Watch, Lease, Cluster, Maintenance) as messages. Values are frozen objects shared by reference
 * instead of protobuf bytes. Only kube-apiserver may import this file, besides etcd itself.
 */
export interface KeyValue {
  readonly key: string;
  readonly value: unknown;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Number of writes since creation, from 1. */
  readonly version: number;
  /** Lease id, 0 for none. */
  readonly lease: number;
}

export type EtcdCompare =
  | { readonly key: string; readonly target: 'mod'; readonly revision: number }
  | { readonly key: string; readonly target: 'version'; readonly version: number };

export interface EtcdRange {
  readonly op: 'range';
  readonly key: string;
  /** Exclusive end; absent for the single key. */
  readonly rangeEnd?: string | undefined;
  readonly limit?: number | undefined;
  /** 0 or absent: the newest. */
  readonly revision?: number | undefined;
  readonly countOnly?: boolean | undefined;
  /** Answer from the local member without asking the leader. */
  readonly serializable?: boolean | undefined;
}
export interface EtcdPut {
  readonly op: 'put';
  readonly key: string;
  readonly value: unknown;
  readonly lease?: number | undefined;
}
export interface EtcdDeleteRange {
  readonly op: 'delete-range';
  readonly key: string;
  readonly rangeEnd?: string | undefined;
}
export interface EtcdTxn {
  readonly op: 'txn';
  readonly compare: readonly EtcdCompare[];
  readonly success: readonly (EtcdRange | EtcdPut | EtcdDeleteRange)[];
  readonly failure: readonly (EtcdRange | EtcdPut | EtcdDeleteRange)[];
}
export type EtcdOperation =
  | EtcdRange
  | EtcdPut
  | EtcdDeleteRange
  | EtcdTxn
  | { readonly op: 'compact'; readonly revision: number }
  | { readonly op: 'lease-grant'; readonly ttlSeconds: number; readonly lease?: number | undefined }
  | { readonly op: 'lease-keep-alive'; readonly lease: number }
  | { readonly op: 'lease-revoke'; readonly lease: number }
  | { readonly op: 'status' }
  | { readonly op: 'member-list' }
  | { readonly op: 'member-add'; readonly name: string; readonly peerUrl: string; readonly learner: boolean }
  | { readonly op: 'member-remove' | 'member-promote'; readonly id: string }
  /** A member that was started makes itself known (server.go publishV3). */
  | { readonly op: 'member-publish'; readonly id: string; readonly name: string }
  | { readonly op: 'move-leader'; readonly id: string }
  | { readonly op: 'alarms' }
  | { readonly op: 'alarm'; readonly activate: boolean; readonly member: string; readonly alarm: 'NOSPACE' | 'CORRUPT' }
  | { readonly op: 'defragment' }
  | { readonly op: 'snapshot' };

/** A member of the group as it is listed. */
export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  /** Where its process is. */
  readonly address: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly learner: boolean;
  /** It has told the group its name: it has been started. */
  readonly started: boolean;
}
export interface EtcdAlarm {
  readonly member: string;
  readonly alarm: 'NOSPACE' | 'CORRUPT';
}
export interface EtcdStatus {
  readonly op: 'status';
  readonly member: string;
  /** The leader's id; '' where none is known. */
  readonly leader: string;
  readonly learner: boolean;
  readonly dbSizeBytes: number;
  readonly dbInUseBytes: number;
  readonly quotaBytes: number;
  readonly raftIndex: number;
  readonly appliedIndex: number;
  readonly errors: readonly string[];
  readonly version: string;
}
/** All keys and revisions at one moment, as a file. */
export interface EtcdSnapshot {
  readonly op: 'snapshot';
  readonly revision: number;
  readonly keys: number;
  readonly sizeBytes: number;
  /** The store itself: for whoever starts a member from it. */
  readonly store: unknown;
}

export interface EtcdRequest {
  readonly type: 'etcd.request';
  readonly id: string;
  /** The client certificate's common name: etcd refuses whoever has none. */
  readonly certificate?: string | undefined;
  readonly operation: EtcdOperation;
}

export interface EtcdHeader {
  readonly member: string;
  /** The store's revision when it answered. */
  readonly revision: number;
  readonly raftTerm: number;
}
export interface EtcdRangeResult {
  readonly op: 'range';
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}
export type EtcdResult =
  | EtcdRangeResult
  | { readonly op: 'put'; readonly previous: KeyValue | undefined }
  | { readonly op: 'delete-range'; readonly deleted: readonly KeyValue[] }
  | { readonly op: 'txn'; readonly succeeded: boolean; readonly responses: readonly EtcdResult[] }
  | { readonly op: 'compact' }
  | { readonly op: 'lease'; readonly lease: number; readonly ttlSeconds: number }
  | EtcdStatus
  | { readonly op: 'members'; readonly members: readonly EtcdMember[]; readonly added?: string | undefined }
  | { readonly op: 'alarms'; readonly alarms: readonly EtcdAlarm[] }
  | { readonly op: 'done' }
  | EtcdSnapshot;

export type EtcdResponse =
  | { readonly type: 'etcd.response'; readonly id: string; readonly header: EtcdHeader; readonly result: EtcdResult }
  /** `error` is etcd's own text: `etcdserver: mvcc: required revision has been compacted`. */
  | { readonly type: 'etcd.response'; readonly id: string; readonly header: EtcdHeader; readonly error: string };

export interface EtcdWatchCreate {
  readonly type: 'etcd.watch-create';
  readonly watch: string;
  readonly key: string;
  readonly rangeEnd?: string | undefined;
  /** The first revision wanted; 0 for what comes from now on. */
  readonly startRevision: number;
  readonly progressNotify?: boolean | undefined;
  readonly certificate?: string | undefined;
}
export interface EtcdWatchCancel {
  readonly type: 'etcd.watch-cancel';
  readonly watch: string;
}
export interface EtcdEvent {
  readonly type: 'PUT' | 'DELETE';
  /** For DELETE only key and modRevision count. */
  readonly kv: KeyValue;
  readonly previous: KeyValue | undefined;
}
export interface EtcdWatchResponse {
  readonly type: 'etcd.watch';
  readonly watch: string;
  readonly revision: number;
  readonly events: readonly EtcdEvent[];
  /** Set where the watch was cancelled because `startRevision` is compacted. */
  readonly compactRevision?: number | undefined;
}

export type EtcdServerMessage = EtcdRequest | EtcdWatchCreate | EtcdWatchCancel;

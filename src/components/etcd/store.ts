import { prefixEnd, SortedMap } from '#base/sorted-map.ts';
import type {
  EtcdCompare,
  EtcdEvent,
  EtcdPut,
  EtcdDeleteRange,
  EtcdRange,
  EtcdRangeResult,
  EtcdResult,
  EtcdTxn,
  KeyValue,
} from '#protocol/etcd.ts';

/**
 * The multi-version store (etcd server/storage/mvcc): the newest value of each key, and every event by revision since
 * the last compaction. All of it is persistent, so a copy is a reference.
 */
export interface Store {
  readonly revision: number;
  readonly compacted: number;
  readonly keys: SortedMap<KeyValue>;
  /** By `revisionKey(revision)`: what happened at that revision, in order. */
  readonly events: SortedMap<readonly EtcdEvent[]>;
}

export const emptyStore: Store = { revision: 1, compacted: 0, keys: SortedMap.empty(), events: SortedMap.empty() };

export const errors = {
  compacted: 'etcdserver: mvcc: required revision has been compacted',
  future: 'etcdserver: mvcc: required revision is a future revision',
  noLease: 'etcdserver: requested lease not found',
  noSpace: 'etcdserver: mvcc: database space exceeded',
  timeout: 'etcdserver: request timed out',
  timeoutLeaderFailure: 'etcdserver: request timed out, possibly due to previous leader failure',
  timeoutConnectionLost: 'etcdserver: request timed out, possibly due to connection lost',
  timeoutTransfer: 'etcdserver: request timed out, leader transfer took too long',
  leaderChanged: 'etcdserver: leader changed',
  notLeader: 'etcdserver: not leader',
  badTransferee: 'etcdserver: bad leader transferee',
  learner: 'etcdserver: rpc not supported for learner',
  memberNotFound: 'etcdserver: member not found',
  peerUrlExists: 'etcdserver: Peer URLs already exists',
  tooManyLearners: 'etcdserver: too many learner members in cluster',
  notLearner: 'etcdserver: can only promote a learner member',
  learnerNotReady: 'etcdserver: can only promote a learner member which is in sync with leader',
  notEnoughStarted: 'etcdserver: re-configuration failed due to not enough started members',
} as const;

/** Revisions as keys that sort as numbers. */
const revisionKey = (revision: number): string => String(revision).padStart(12, '0');

/** A range at the newest or at an old revision; a text is etcd's error. */
export function range(store: Store, request: EtcdRange): EtcdRangeResult | string {
  const revision = request.revision ?? 0;
  if (revision > store.revision) return errors.future;
  if (revision !== 0 && revision < store.compacted) return errors.compacted;
  const keys = revision === 0 || revision === store.revision ? store.keys : keysAt(store, revision);
  if (request.rangeEnd === undefined) {
    const kv = keys.get(request.key);
    return { op: 'range', kvs: kv === undefined ? [] : [kv], more: false, count: kv === undefined ? 0 : 1 };
  }
  const kvs: KeyValue[] = [];
  let count = 0;
  const limit = request.limit ?? 0;
  for (const kv of keys.values(request.key, request.rangeEnd)) {
    count++;
    if (request.countOnly !== true && (limit === 0 || kvs.length < limit)) kvs.push(kv);
  }
  return { op: 'range', kvs, more: kvs.length < count && request.countOnly !== true, count };
}

/** The keys as they were at a revision: the newest ones with all later events taken back. */
function keysAt(store: Store, revision: number): SortedMap<KeyValue> {
  let { keys } = store;
  for (const events of [...store.events.values(revisionKey(revision + 1))].reverse()) {
    for (const event of [...events].reverse()) {
      keys = event.previous === undefined ? keys.delete(event.kv.key) : keys.set(event.kv.key, event.previous);
    }
  }
  return keys;
}

/** A store with the events of one transaction; all of them have one revision. */
interface Writing {
  readonly revision: number;
  keys: SortedMap<KeyValue>;
  events: readonly EtcdEvent[];
}

function put(writing: Writing, request: EtcdPut): EtcdResult {
  const previous = writing.keys.get(request.key);
  const kv: KeyValue = {
    key: request.key,
    value: request.value,
    createRevision: previous?.createRevision ?? writing.revision,
    modRevision: writing.revision,
    version: (previous?.version ?? 0) + 1,
    lease: request.lease ?? 0,
  };
  writing.keys = writing.keys.set(request.key, kv);
  writing.events = [...writing.events, { type: 'PUT', kv, previous }];
  return { op: 'put', previous };
}

function deleteRange(writing: Writing, request: EtcdDeleteRange): EtcdResult {
  const deleted =
    request.rangeEnd === undefined
      ? [writing.keys.get(request.key)].filter((kv) => kv !== undefined)
      : [...writing.keys.values(request.key, request.rangeEnd)];
  for (const kv of deleted) {
    writing.keys = writing.keys.delete(kv.key);
    writing.events = [...writing.events, { type: 'DELETE', kv: { ...kv, value: undefined, modRevision: writing.revision }, previous: kv }];
  }
  return { op: 'delete-range', deleted };
}

function holds(store: Store, compare: EtcdCompare): boolean {
  const kv = store.keys.get(compare.key);
  return compare.target === 'mod' ? (kv?.modRevision ?? 0) === compare.revision : (kv?.version ?? 0) === compare.version;
}

/** Applies a write (apply.go Txn): the new store, the result, and the events that watchers are told of. */
export function write(
  store: Store,
  request: EtcdTxn | EtcdPut | EtcdDeleteRange,
): { readonly store: Store; readonly result: EtcdResult; readonly events: readonly EtcdEvent[] } {
  const writing: Writing = { revision: store.revision + 1, keys: store.keys, events: [] };
  let result: EtcdResult;
  if (request.op === 'txn') {
    const succeeded = request.compare.every((compare) => holds(store, compare));
    const responses = (succeeded ? request.success : request.failure).map((operation): EtcdResult => {
      if (operation.op === 'put') return put(writing, operation);
      if (operation.op === 'delete-range') return deleteRange(writing, operation);
      const found = range({ ...store, keys: writing.keys }, operation);
      return typeof found === 'string' ? { op: 'range', kvs: [], more: false, count: 0 } : found;
    });
    result = { op: 'txn', succeeded, responses };
  } else result = request.op === 'put' ? put(writing, request) : deleteRange(writing, request);
  const { events } = writing;
  if (events.length === 0) return { store, result, events };
  const next: Store = {
    ...store,
    revision: writing.revision,
    keys: writing.keys,
    events: store.events.set(revisionKey(writing.revision), events),
  };
  return { store: next, result, events };
}

/** Forgets all events up to a revision; the newest values stay. */
export function compact(store: Store, revision: number): Store | string {
  if (revision <= store.compacted) return errors.compacted;
  if (revision > store.revision) return errors.future;
  let { events } = store;
  for (const key of [...events.keys('', revisionKey(revision + 1))]) events = events.delete(key);
  return { ...store, compacted: revision, events };
}

/** The size of a record as it would be on the disk; each is measured once. */
const sizes = new WeakMap<KeyValue, number>();
function sizeOf(kv: KeyValue): number {
  let size = sizes.get(kv);
  if (size === undefined) {
    size = 64 + kv.key.length + (kv.value === undefined ? 0 : JSON.stringify(kv.value).length);
    sizes.set(kv, size);
  }
  return size;
}

const eventsSize = (events: readonly EtcdEvent[]): number => events.reduce((sum, { kv }) => sum + sizeOf(kv), 0);

/** The pages of the file that are in use: all revisions since the last compaction, and what is older and still the newest of its key. */
const pagesBytes = 20_480;
const inUse = new WeakMap<Store, number>();
export function dbInUse(store: Store): number {
  let size = inUse.get(store);
  if (size === undefined) {
    size = pagesBytes;
    for (const events of store.events.values()) size += eventsSize(events);
    for (const kv of store.keys.values()) if (kv.modRevision <= store.compacted) size += sizeOf(kv);
    inUse.set(store, size);
  }
  return size;
}

/** What a store takes after a write, where it is known what it took before. */
export function grown(before: Store, after: Store, events: readonly EtcdEvent[]): void {
  const size = inUse.get(before);
  if (size !== undefined && events.length > 0) inUse.set(after, size + eventsSize(events));
}

/** Events of keys in a range since a revision, as one list for each revision. */
export function eventsSince(store: Store, key: string, rangeEnd: string | undefined, startRevision: number): readonly EtcdEvent[] {
  const found: EtcdEvent[] = [];
  for (const events of store.events.values(revisionKey(startRevision)))
    for (const event of events) if (inRange(event.kv.key, key, rangeEnd)) found.push(event);
  return found;
}

export function inRange(candidate: string, key: string, rangeEnd: string | undefined): boolean {
  return rangeEnd === undefined ? candidate === key : candidate >= key && candidate < rangeEnd;
}

/** What a view shows of the keyspace: keys under a prefix as they were at a revision (0: now). */
export interface KeyspaceView {
  readonly revision: number;
  /** The store's own revision now. */
  readonly newest: number;
  readonly compacted: number;
  readonly keys: readonly KeyValue[];
}

export function viewKeys(store: Store, prefix: string, revision: number): KeyspaceView {
  const at = Math.max(store.compacted, Math.min(revision === 0 ? store.revision : revision, store.revision));
  const found = range(store, { op: 'range', key: prefix, rangeEnd: prefixEnd(prefix), revision: at });
  return { revision: at, newest: store.revision, compacted: store.compacted, keys: typeof found === 'string' ? [] : found.kvs };
}

import { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import type { KubeObject } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { FieldTerm, Selector } from '#api/selectors.ts';
import type { WatchEvent } from '#protocol/rest.ts';
import type { Address, Origin } from '#kernel/types.ts';
import { noConnections, type EtcdConnections } from './etcd-client.ts';
import type { LevelState } from './flow/queues.ts';
import type { QuotaWork } from './quota-evaluator.ts';
import type { Compaction, EventLease } from './storage-life.ts';

/** The settings that a kube-apiserver gets as flags. */
export interface ApiServerOptions {
  /** The members of etcd (`--etcd-servers`), in the order in which they are preferred for the watches. */
  readonly etcd: readonly Address[];
  /** `10.96.0.` and the like: the first three parts of the service network. */
  readonly serviceNetwork: string;
  readonly advertiseAddress: string;
  readonly securePort: number;
  /** What `get componentstatuses` asks, besides etcd. */
  readonly components: readonly { readonly name: string; readonly address: Address; readonly port: number }[];
  /** Static tokens (`--token-auth-file`): token → user and groups. */
  readonly tokens: Readonly<Record<string, { readonly user: string; readonly groups: readonly string[] }>>;
  /** Time that a request spends at each gate, in milliseconds. */
  readonly gateMs: number;
}

/** What happened to one object: kept for a while, for watches that begin a little in the past. */
export interface CacheEvent {
  readonly revision: number;
  readonly prefix: string;
  readonly key: string;
  /** Undefined: deleted. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/** An open watch as the server keeps it. */
export interface Watch {
  readonly client: Address;
  readonly id: string;
  /** The request's own process. */
  readonly request: Address;
  readonly namespace: string;
  readonly labels: Selector | undefined;
  readonly fields: readonly FieldTerm[] | undefined;
  /** What is watched, as it was defined when the watch was opened. */
  readonly resource: ResourceDefinition;
  readonly asTable: string | undefined;
  readonly bookmarks: boolean;
  readonly chatter: boolean;
  /** What happened up to this revision its client knows. */
  readonly since: number;
}

export interface ApiServerState {
  readonly options: ApiServerOptions;
  readonly self: Address;
  readonly etcd: EtcdConnections;
  readonly random: RandomState;
  /** Storage prefix → objects by key. */
  readonly caches: SortedMap<SortedMap<KubeObject>>;
  /** The newest revision seen. */
  readonly revision: number;
  /** The newest events, by padded revision and position. */
  readonly recent: SortedMap<CacheEvent>;
  /** Watches from before this revision are answered with 410. */
  readonly oldest: number;
  /** `<prefix>|<bucket>|<request>`: see `bucketsOf`. */
  readonly watches: SortedMap<Watch>;
  /** `<client>|<id>` → the process of a watch, so that clients can close it. */
  readonly streams: SortedMap<Address>;
  readonly nextRequest: number;
  /** What a new server has asked etcd to create and not heard of yet, by key. */
  readonly unwritten: SortedMap<KubeObject>;
  /** `<revision>|<request>`: lists that wait until the caches have come so far. */
  readonly waiting: SortedMap<Address>;
  /** Prefixes whose caches are being filled. */
  readonly awaited: readonly string[];
  /** The lease of new events, and where the compaction of etcd stands. */
  readonly eventLease: EventLease | undefined;
  readonly compaction: Compaction;
  readonly served: number;
  /** It has been told to end, and says so to whoever asks whether it is ready. */
  readonly stopping: boolean;
  /** Requests that wait for the quotas of their namespace, by namespace. */
  readonly quotaWork: SortedMap<QuotaWork>;
  /** `<namespace>/<name>` → a quota as this server wrote it last; the cache may be behind. */
  readonly chargedQuotas: SortedMap<KubeObject>;
  /** Who has and who waits for the seats of each priority level. */
  readonly flows: SortedMap<LevelState>;
}

export const emptyState: ApiServerState = {
  options: { etcd: [], serviceNetwork: '', advertiseAddress: '', securePort: 0, components: [], tokens: {}, gateMs: 0 },
  self: '',
  etcd: noConnections,
  random: 0 as RandomState,
  caches: SortedMap.empty(),
  revision: 0,
  recent: SortedMap.empty(),
  oldest: 0,
  watches: SortedMap.empty(),
  streams: SortedMap.empty(),
  nextRequest: 1,
  unwritten: SortedMap.empty(),
  waiting: SortedMap.empty(),
  awaited: [],
  eventLease: undefined,
  compaction: { time: 0, revision: 0 },
  served: 0,
  stopping: false,
  quotaWork: SortedMap.empty(),
  chargedQuotas: SortedMap.empty(),
  flows: SortedMap.empty(),
};

/** Between a request and its server. */
export interface OpenWatch {
  readonly type: 'watch.open';
  readonly watch: Watch;
  /** Send what exists first: `none`, as plain ADDED events, or as a list that ends with a bookmark. */
  readonly initial: 'none' | 'added' | 'list';
  /** The first revision not wanted; 0 for what comes from now on. */
  readonly since: number;
  readonly origin: Origin;
  /** The priority level in which it had its seat. */
  readonly level: string | undefined;
}
/** A request to a kubelet has become a stream. */
export interface OpenStream {
  readonly type: 'stream.open';
  readonly client: Address;
  readonly id: string;
  readonly request: Address;
}
export interface CloseWatch {
  readonly type: 'watch.close';
  readonly client: Address;
  readonly id: string;
}
export interface BookmarkWatch {
  readonly type: 'watch.bookmark';
  readonly request: Address;
}
/** A list waits until the caches know a revision; the server answers `cache.fresh`. */
export interface AwaitRevision {
  readonly type: 'cache.await';
  readonly revision: number;
}
export interface CacheFresh {
  readonly type: 'cache.fresh';
}

export function cacheOf(state: ApiServerState, prefix: string): SortedMap<KubeObject> {
  return state.caches.get(prefix) ?? SortedMap.empty();
}

/** The objects of one kind in one namespace, from the watch cache. */
export function listCached(state: ApiServerState, prefix: string, namespace = ''): KubeObject[] {
  const cache = cacheOf(state, prefix);
  return namespace === '' ? [...cache.values()] : [...cache.prefixed(`${prefix}/${namespace}/`)].map(([, object]) => object);
}

export function getCached(state: ApiServerState, key: string, prefix: string): KubeObject | undefined {
  return cacheOf(state, prefix).get(key);
}

export type { WatchEvent };

import type { Heap } from '#base/heap.ts';
import type { PersistentVector } from '#base/persistent-vector.ts';
import type { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import type { Address, Input, LinkOptions, Message, Millis, Origin, Packet, Sequence } from './types.ts';

/** A running process. Replaced as a whole whenever anything about it changes. */
export interface ProcessRecord {
  readonly slot: number;
  readonly address: Address;
  readonly host: string;
  readonly definition: string;
  readonly parent: Address | undefined;
  readonly value: string;
  readonly context: unknown;
  readonly incarnation: number;
  readonly startedAt: Millis;
  /** Armed timers by name → the order of their queue entry; an entry with another order is void. */
  readonly timers: SortedMap<number>;
}

interface Queued {
  readonly at: Millis;
  readonly order: number;
}

/** What is to come. `cause` is the event that brought it about. */
export type QueueItem =
  | (Queued & { readonly kind: 'message'; readonly packet: Packet })
  | (Queued & { readonly kind: 'timer'; readonly slot: number; readonly address: Address; readonly timer: string; readonly message: Message; readonly cause: Origin })
  | (Queued & { readonly kind: 'start'; readonly start: ProcessStart; readonly cause: Origin | undefined })
  | (Queued & { readonly kind: 'stop'; readonly address: Address; readonly kill: boolean; readonly cause: Origin })
  | (Queued & { readonly kind: 'input'; readonly input: Input });

/** How a process was started; kept, so that it can be started again. */
export interface ProcessStart {
  readonly address: Address;
  readonly definition: string;
  readonly input: unknown;
  readonly parent: Address | undefined;
}

/** A link between two hosts, and the earliest arrival on it (a link that became faster does not let messages overtake). */
export interface LinkState extends LinkOptions {
  readonly notBefore: Millis;
}

/**
 * The whole world at one moment, as a persistent value: keeping it costs the few nodes that differ from the moments that
 * are kept beside it.
 */
export interface WorldState {
  readonly now: Millis;
  readonly seq: Sequence;
  readonly order: number;
  readonly nextPacket: number;
  readonly nextSlot: number;
  readonly queue: Heap<QueueItem> | undefined;
  readonly processes: PersistentVector<ProcessRecord>;
  readonly addresses: SortedMap<number>;
  readonly starts: SortedMap<ProcessStart>;
  readonly incarnations: SortedMap<number>;
  readonly disks: SortedMap<SortedMap<unknown>>;
  /** Key `a|b` with a < b. */
  readonly links: SortedMap<LinkState>;
  /** `<target>|<watcher>`: who wants to know when target ends. */
  readonly monitors: SortedMap<true>;
  /** `<host>|<prefix>|<watcher>`. */
  readonly fileWatches: SortedMap<Address>;
  /** Packets that are to be lost on arrival. */
  readonly dropped: SortedMap<true>;
  readonly random: RandomState;
  readonly hash: number;
  readonly hash2: number;
}

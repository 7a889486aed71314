import type { QueueImage } from '#base/event-queue.ts';
import type { VectorImage } from '#base/vector.ts';
import type { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import type { DiskFault } from './faults.ts';
import type { Address, Input, LinkOptions, Message, Millis, Origin, Packet, Sequence } from './types.ts';

/** A running process. The world changes it in place as long as no image of the world shows it. */
export interface ProcessRecord {
  /** The epoch of the world's vector in which this record was made: see World.own. */
  readonly owner: object;
  readonly slot: number;
  readonly address: Address;
  readonly host: string;
  readonly definition: string;
  readonly parent: Address | undefined;
  value: string;
  context: unknown;
  readonly incarnation: number;
  readonly startedAt: Millis;
  /** The entries in the queue of its armed timers; their names differ. */
  timers: readonly TimerItem[];
  hadChildren: boolean;
  /** Whose end it wants to hear of. */
  links: readonly Address[];
  /** What others are told when it is ended. */
  wills: readonly Will[];
}

export interface Will {
  readonly key: string;
  readonly to: Address;
  readonly message: Message;
}

interface Queued {
  readonly at: Millis;
  readonly order: number;
}

/** What is to come. `cause` is the event that brought it about. */
export type QueueItem =
  | (Queued & { readonly kind: 'message'; readonly packet: Packet })
  | (Queued & {
      readonly kind: 'timer';
      readonly address: Address;
      readonly timer: string;
      readonly message: Message;
      readonly cause: Origin;
    })
  | (Queued & { readonly kind: 'start'; readonly start: ProcessStart; readonly cause: Origin | undefined })
  | (Queued & { readonly kind: 'stop'; readonly address: Address; readonly kill: boolean; readonly cause: Origin })
  | (Queued & { readonly kind: 'input'; readonly input: Input });

export type TimerItem = Extract<QueueItem, { readonly kind: 'timer' }>;

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

/** Everything of a world but its queue and its processes. */
export interface WorldFacts {
  now: Millis;
  seq: Sequence;
  order: number;
  nextPacket: number;
  nextSlot: number;
  starts: SortedMap<ProcessStart>;
  incarnations: SortedMap<number>;
  disks: SortedMap<SortedMap<unknown>>;
  /** Key `a|b` with a < b. */
  links: SortedMap<LinkState>;
  /** `<target>|<watcher>`: who wants to know when target ends. */
  monitors: SortedMap<true>;
  /** `<host>|<prefix>|<watcher>`. */
  fileWatches: SortedMap<Address>;
  /** Stories of which all is background traffic. */
  quiet: SortedMap<true>;
  /** Hosts that are cut off from all others. */
  isolated: SortedMap<true>;
  /** Process → what is wrong with its disk. */
  devices: SortedMap<DiskFault>;
  /** Process → how much its clock is ahead. */
  clocks: SortedMap<Millis>;
  /** Packets that are to be lost on arrival. */
  dropped: SortedMap<true>;
  random: RandomState;
  hash: number;
  hash2: number;
}

/**
 * The whole world at one moment, as a value: keeping it costs what differs from the moments that are kept beside it.
 */
export interface WorldState extends Readonly<WorldFacts> {
  readonly queue: QueueImage<QueueItem>;
  readonly processes: VectorImage;
}

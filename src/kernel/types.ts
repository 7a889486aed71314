import type { AnyStateMachine } from 'xstate';
import type { SortedMap } from '#base/sorted-map.ts';
import type { DiskFault } from './faults.ts';

/**
 * The contract between the kernel and everything that runs on it. A process is an XState machine; the kernel gives it one
 * event at a time and carries out the effects that it emits. Nothing else reaches a process and nothing else leaves it.
 */

/** Milliseconds of virtual time since the Unix epoch, with a resolution of 0.001. */
export type Millis = number;

/** `host/process` or `host/process/child`: where a process lives and receives its messages. */
export type Address = string;

/** A position in the journal: the number of the event, counted from 1. */
export type Sequence = number;

/** An event as the cause of later ones. */
export interface Origin {
  readonly seq: Sequence;
  /** The input (or the first event) at the root of its causes. */
  readonly story: Sequence;
  readonly chatter: boolean;
}

/** What processes send each other: plain frozen JSON data (or persistent maps of it), told apart by `type`. */
export interface Message {
  readonly type: string;
}

/**
 * The event that a machine receives. `type` repeats the message's, so that XState can select transitions by it.
 */
export interface Delivered<M extends Message> {
  readonly type: M['type'];
  readonly message: M;
  /** Who sent it; a process's own address for its timers, `kernel` for life-cycle messages. */
  readonly from: Address;
  /** The receiver's own address. */
  readonly self: Address;
  readonly now: Millis;
  /** This very event as a cause: what later effects may name as `because`. */
  readonly origin: Origin;
  /**
   * The context of the process that started the receiver, as it is now: what goroutines of one binary share. Read only;
   * undefined for processes without a parent (or whose parent is gone).
   */
  readonly parent: unknown;
  /** Whether a process that the receiver has started still runs. */
  readonly runs: (address: Address) => boolean;
  /** Files of the receiver's host. They outlive every process. Path → content (frozen JSON data or text). */
  readonly disk: SortedMap<unknown>;
}

/** `Delivered` of each member of a union of messages. */
export type EventOf<M extends Message> = M extends Message ? Delivered<M> : never;

/** The first event of every process. */
export interface StartMessage<Input = unknown> {
  readonly type: 'process.start';
  readonly input: Input;
  /** Seed of this process's own chance: differs for each address and incarnation. */
  readonly seed: number;
  /** How often a process has been started at this address, from 1; of a child, that of its parent. */
  readonly incarnation: number;
}

/** SIGTERM: the process should come to its end by itself (the effect `exit`). SIGKILL is not announced. */
export interface TerminateMessage {
  readonly type: 'process.terminate';
}

/** Tells the parent that a child has ended. */
export interface ChildExitedMessage {
  readonly type: 'process.exited';
  readonly child: Address;
  readonly code: number;
}

/** Tells the sender that a message could not be delivered: nobody listens there, or the connection broke. */
export interface UndeliverableMessage {
  readonly type: 'message.undeliverable';
  readonly to: Address;
  /** `connection reset`: it was delivered, and the receiver ended before it had answered. */
  readonly reason: 'connection refused' | 'no route to host' | 'connection reset';
  readonly message: Message;
}

/** Tells a process that linked itself to another that the other has ended. */
export interface PeerClosedMessage {
  readonly type: 'peer.closed';
  readonly address: Address;
}

/** Tells a process that watches files of its host that one was written (or removed: content undefined). */
export interface FileChangedMessage {
  readonly type: 'file.changed';
  readonly path: string;
  readonly content: unknown;
}

interface Caused {
  /** The journal event that is the real cause, where it is not the event being handled (e.g. what queued a key). */
  readonly because?: Origin | undefined;
  /** True for background traffic (leases, heartbeats). Consequences inherit it unless they say false. */
  readonly chatter?: boolean | undefined;
}

/** Everything that a process can do to the world. Emitted by machines (XState `emit`), carried out in order. */
export type Effect =
  | (Caused & {
      readonly type: 'send';
      readonly to: Address;
      readonly message: Message;
      /** Extra time before it leaves (processing), in milliseconds. */
      readonly delayMs?: number | undefined;
    })
  | (Caused & {
      /** Delivers `message` to the process itself after a while. Arming an armed timer replaces it. */
      readonly type: 'arm';
      readonly timer: string;
      readonly afterMs: number;
      readonly message: Message;
    })
  | { readonly type: 'disarm'; readonly timer: string }
  | (Caused & {
      /** Starts a child at `<self>/<name>`; a running child of that name is an error. */
      readonly type: 'start';
      readonly name: string;
      readonly definition: string;
      readonly input: unknown;
    })
  | (Caused & {
      /** Starts a process that is nobody's child, at `<host>/<name>` (a container runtime starting a control-plane binary). */
      readonly type: 'start-process';
      readonly address: Address;
      readonly definition: string;
      readonly input: unknown;
    })
  | (Caused & {
      /** Ends a process and its children: `kill` at once, otherwise by `process.terminate`. */
      readonly type: 'stop-process';
      readonly address: Address;
      readonly kill: boolean;
    })
  /** Ends the process that emits it, and its children; it keeps no state. */
  | { readonly type: 'exit'; readonly code: number }
  /** Asks for `peer.closed` when another process ends (an open connection breaks). Held until this process ends. */
  | { readonly type: 'link'; readonly to: Address }
  /**
   * What another process is told when this one is ended before it ends by itself: its operating system closes its
   * connections. Without a message, what was said under that key is taken back.
   */
  | { readonly type: 'will'; readonly key: string; readonly to: Address; readonly message?: Message | undefined }
  /** Asks for `file.changed` of files of this host whose path starts with `prefix`. */
  | { readonly type: 'watch-files'; readonly prefix: string }
  | { readonly type: 'write-file'; readonly path: string; readonly content: unknown }
  | { readonly type: 'remove-file'; readonly path: string }
  /** A remark for the journal: what views and lessons may ask for. Changes nothing. */
  | { readonly type: 'note'; readonly topic: string; readonly data: unknown };

/** The kinds of process that can be started, by name. One entry for each machine. */
export interface ProcessDefinition {
  /** The name used by `start` effects and in the journal: `kube-apiserver`, `kube-apiserver/request`. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** What the inspector shows of a running one; pure. */
  readonly inspect?: ((context: never, now: Millis) => Inspection) | undefined;
}

/** What a process looks like from outside: generic, so that one view can draw any component. */
export interface Inspection {
  /** One short line for the diagram: `leading`, `3 requests`, `v1.36.3`. */
  readonly summary: string;
  readonly health: 'good' | 'busy' | 'waiting' | 'bad';
  readonly sections: readonly InspectionSection[];
}
export type InspectionSection =
  | { readonly type: 'fields'; readonly title: string; readonly rows: readonly (readonly [label: string, value: string])[] }
  | { readonly type: 'table'; readonly title: string; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** One-way time of a message between two hosts, and what is wrong with the link. */
export interface LinkOptions {
  /** Unless given, what the world's links ordinarily take. */
  readonly latencyMs?: number | undefined;
  /** Share of messages lost, 0 to 1. Lost messages are journalled; the sender is not told. */
  readonly loss?: number | undefined;
  /** A cut link: messages to the other side are answered with `no route to host` after a connect time-out. */
  readonly cut?: boolean | undefined;
}

/** What the world consists of at time zero. */
export interface WorldOptions {
  readonly seed: number;
  readonly epochMs: Millis;
  readonly hosts: readonly { readonly name: string; readonly disk?: Readonly<Record<string, unknown>> | undefined }[];
  readonly definitions: readonly ProcessDefinition[];
  /** Processes started at time zero, in this order. */
  readonly processes: readonly {
    readonly address: Address;
    readonly definition: string;
    readonly input: unknown;
    readonly atMs?: number | undefined;
  }[];
  readonly latency: {
    /** Between processes of one host, in milliseconds. */
    readonly localMs: number;
    /** Between hosts, unless `links` says otherwise. */
    readonly remoteMs: number;
    /** Between a process and its parent or its siblings (memory): 0 in practice. */
    readonly sharedMs: number;
  };
  readonly links?: readonly (LinkOptions & { readonly between: readonly [string, string] })[] | undefined;
}

/** What comes from outside: the only things that make two runs of one world differ. */
export type Input =
  | { readonly type: 'message'; readonly to: Address; readonly message: Message }
  | { readonly type: 'fault.stop'; readonly address: Address; readonly kill: boolean }
  | { readonly type: 'fault.start'; readonly address: Address }
  /** Ends a process at once and starts it again, as `systemctl restart` does. */
  | { readonly type: 'fault.restart'; readonly address: Address }
  /** What is wrong with a link from now on; without options it is again as the world began with it. */
  | { readonly type: 'fault.link'; readonly between: readonly [string, string]; readonly options?: LinkOptions | undefined }
  | { readonly type: 'fault.drop'; readonly messageId: number }
  /** Cuts a host off from all others, or joins it to them again. */
  | { readonly type: 'fault.isolate'; readonly host: string; readonly isolated: boolean }
  /** What is wrong with the disk of a process from now on; without a fault it is well again. */
  | { readonly type: 'fault.disk'; readonly address: Address; readonly fault?: DiskFault | undefined }
  /** How much the clock of a process is ahead of the true time (behind it: negative); 0 sets it right. */
  | { readonly type: 'fault.clock'; readonly address: Address; readonly offsetMs: Millis }
  /** Inputs that are to come by themselves, each after its time. */
  | { readonly type: 'schedule'; readonly steps: readonly { readonly afterMs: Millis; readonly input: Input }[] }
  | { readonly type: 'file'; readonly host: string; readonly path: string; readonly content: unknown }
  /** Starts a process that is nobody's child, on a host there is: one more terminal. */
  | {
      readonly type: 'start-process';
      readonly address: Address;
      readonly definition: string;
      readonly input: unknown;
      /** All that follows from it is background traffic, whatever anybody says. */
      readonly quiet?: boolean | undefined;
    }
  | {
      readonly type: 'add-host';
      readonly host: { readonly name: string; readonly disk?: Readonly<Record<string, unknown>> };
      readonly processes: WorldOptions['processes'];
    };

/** A message on its way, or delivered: one packet of the picture. */
export interface Packet {
  /** Counted from 1 in the order of sending. */
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
  readonly sentAt: Millis;
  readonly arrivesAt: Millis;
  /** The event that caused it. */
  readonly cause: Sequence;
  /** The input or timer at the root of its causes: all packets of one story share it. */
  readonly story: Sequence;
  readonly chatter: boolean;
  readonly fate: 'delivered' | 'lost' | 'refused';
}

/** One event as the journal keeps it. */
export interface JournalEntry {
  readonly seq: Sequence;
  readonly at: Millis;
  readonly kind: 'message' | 'timer' | 'start' | 'stop' | 'input' | 'undeliverable';
  /** The process that handled it; `kernel` for inputs that no process handles. */
  readonly process: Address;
  readonly definition: string;
  readonly from: Address;
  readonly message: Message;
  /** The packet that brought the message, or 0. */
  readonly packet: number;
  readonly cause: Sequence;
  readonly story: Sequence;
  readonly chatter: boolean;
  /** State values before and after, as dotted paths (`running.leading`); equal ones share one string. */
  readonly before: string;
  readonly after: string;
  /** Packets sent by this event (ids are consecutive: first and count). */
  readonly firstPacket: number;
  readonly packetCount: number;
  readonly notes: readonly { readonly topic: string; readonly data: unknown }[];
}

/** A running process, as the world shows it. */
export interface ProcessView {
  readonly address: Address;
  readonly definition: string;
  readonly parent: Address | undefined;
  readonly value: string;
  readonly context: unknown;
  readonly incarnation: number;
  readonly startedAt: Millis;
}

import type { DiskFault } from '#kernel/faults.ts';
import type { LinkOptions, Millis } from '#kernel/types.ts';
import type { Moment } from './moments.ts';

/** What can be done to a cluster from outside. */
export type FaultAction =
  /** `restart` asks what keeps the process running (its kubelet) to do so, or does it itself where nothing does. */
  | { readonly type: 'stop' | 'kill' | 'start' | 'restart'; readonly address: string }
  /** Without options the link is healed: as the cluster's shape made it. */
  | { readonly type: 'link'; readonly between: readonly [string, string]; readonly options?: LinkOptions | undefined }
  | { readonly type: 'drop'; readonly packet: number }
  /** Drops the packets under way that fit: `process` is where they go to. */
  | { readonly type: 'lose'; readonly moment: Moment }
  /** Cuts a host off from all others, or joins it to them again. */
  | { readonly type: 'isolate'; readonly host: string; readonly isolated: boolean }
  /** Without a fault the disk of the process is well again. */
  | { readonly type: 'disk'; readonly address: string; readonly fault?: DiskFault | undefined }
  /** 0 sets the clock of the process right. */
  | { readonly type: 'clock'; readonly address: string; readonly offsetMs: Millis }
  | { readonly type: 'add-node' };

/** Faults that come by themselves, each so long after the schedule was begun: `docs/how-to/schedule-faults.md`. */
export interface FaultSchedule {
  readonly format: 'kube-orrery-faults';
  readonly version: 1;
  readonly faults: readonly { readonly afterMs: Millis; readonly action: FaultAction }[];
}

/** A fault that is in force, besides those of links: what it is about, and what undoes it. */
export interface FaultSummary {
  readonly type: 'isolated' | 'slow-disk' | 'full-disk' | 'clock';
  /** A host, or a process. */
  readonly subject: string;
  /** How slow a disk is, or how far ahead a clock. */
  readonly ms: Millis;
}

/** A link between two hosts (a < b) with something wrong. */
export interface LinkSummary {
  readonly a: string;
  readonly b: string;
  readonly cut: boolean;
  /** Share of messages lost, 0 to 1. */
  readonly loss: number;
  /** Undefined where it is the ordinary one. */
  readonly latencyMs: Millis | undefined;
}

/** One line of what still works, as a client has found it out. */
export interface ProbeSummary {
  readonly what: 'read' | 'write' | 'schedule' | 'heal' | 'serve';
  /** The host from which it is tried. */
  readonly from: string;
  /** Undefined while nothing is known. */
  readonly ok: boolean | undefined;
  /** How long the last turn took, and when it ended. */
  readonly ms: Millis;
  readonly at: Millis;
  /** What is wrong. */
  readonly text: string;
  /** Since when the present turn is at work; undefined between two. */
  readonly since: Millis | undefined;
}

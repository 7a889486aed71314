import type { Millis, Sequence } from '#kernel/types.ts';
import type { InspectTarget, JournalEntrySummary, PacketSummary } from './port.ts';

/** A field of an object: `['status', 'conditions', 0, 'status']`. */
export type FieldPath = readonly (string | number)[];
type ObjectTarget = Extract<InspectTarget, { readonly type: 'object' }>;

/** What the views besides the diagram ask; answered by code that comes while the cluster boots (`session/views`). */
export type ViewQuery =
  /** The messages between components that were sent by the events `from` to what has been played, at most `limit`: the newest. */
  | {
      readonly type: 'ladder';
      readonly from: Sequence;
      /** Only what one input or timer has caused. */
      readonly story?: Sequence | undefined;
      readonly chatter: boolean;
      readonly limit: number;
    }
  /** How the stored objects of two branches differ at a moment; each branch is taken as far as it has been played. */
  | { readonly type: 'compare'; readonly branches: readonly [string, string]; readonly at: Millis }
  /** The informers of all processes beside what etcd holds. */
  | { readonly type: 'caches' }
  /** What waits in the work queues of all control loops. */
  | { readonly type: 'queues' }
  /** The scheduler's last decisions, newest first. */
  | { readonly type: 'schedule' }
  /** Finished requests after the event `from`, newest first. */
  | { readonly type: 'audit'; readonly from: Sequence; readonly limit: number; readonly chatter: boolean }
  /** How much happened in each of `buckets` equal stretches of the run up to the cursor. */
  | { readonly type: 'activity'; readonly buckets: number }
  /** Who wrote a field of an object last (the object, where the path is empty), and why. */
  | { readonly type: 'why-field'; readonly target: ObjectTarget; readonly path: FieldPath }
  /** Why an object is not as one would have it. */
  | { readonly type: 'why-not'; readonly target: ObjectTarget };

/** A message as a rung of the ladder. */
export interface Rung extends PacketSummary {
  /** The event that sent it. */
  readonly seq: Sequence;
  /** The components, `host/process`, between which it is drawn. */
  readonly lanes: readonly [from: string, to: string];
  /** Of requests to an API server and their answers: which exchange. */
  readonly exchange: string | undefined;
}

/** A gate that a request has passed, or not. */
export interface GateMark {
  readonly seq: Sequence;
  readonly at: Millis;
  readonly exchange: string;
  readonly gate: string;
  readonly verdict: string;
  readonly detail: string;
}

/** One field in which two versions of an object differ; undefined where it is not there. */
export interface FieldDifference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

export interface ObjectDifference {
  readonly key: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly target: ObjectTarget | undefined;
  /** Which branch has it alone, or that both have it otherwise. */
  readonly in: 'a' | 'b' | 'both';
  readonly fields: readonly FieldDifference[];
}

export interface CacheSummary {
  readonly process: string;
  readonly resource: string;
  readonly selector: string;
  readonly synced: boolean;
  readonly resourceVersion: string;
  readonly objects: number;
  /** Objects that the cache has at another resourceVersion than etcd, or only one of both has. */
  readonly differing: readonly { readonly key: string; readonly cached: string | undefined; readonly stored: string | undefined }[];
}

export interface QueueItem {
  readonly process: string;
  readonly key: string;
  /** `queued`, `syncing`, `delayed`, or the queue of the scheduler that it is in. */
  readonly state: string;
  /** When it comes back; undefined where it does not wait for a time. */
  readonly due: Millis | undefined;
  readonly failures: number;
  readonly detail: string;
  /** What asked for it. */
  readonly because: Sequence | undefined;
}

export interface ScheduleDecision {
  readonly pod: string;
  readonly at: Millis;
  readonly node: string;
  readonly message: string;
  readonly verdicts: readonly {
    readonly plugin: string;
    readonly node: string;
    readonly status: string;
    readonly reason: string;
    readonly score: number | undefined;
    readonly normalized: number | undefined;
    readonly weighted: number | undefined;
  }[];
}

/** A finished request. `event` is it in the form of audit.k8s.io/v1. */
export interface AuditLine {
  readonly seq: Sequence;
  readonly at: Millis;
  readonly user: string;
  readonly verb: string;
  readonly uri: string;
  readonly code: number;
  readonly ms: number;
  readonly event: object;
}

/** Why something is not so: a code of the text table and its values. */
export interface Reason {
  readonly code: 'unscheduled' | 'plugin' | 'condition' | 'waiting' | 'restarts' | 'noSelector' | 'noPods' | 'podsNotReady' | 'deleting';
  readonly values: Readonly<Record<string, string>>;
}

export interface ViewAnswers {
  readonly ladder: { readonly rungs: readonly Rung[]; readonly gates: readonly GateMark[]; readonly to: Sequence };
  readonly compare: { readonly times: readonly [Millis, Millis]; readonly objects: readonly ObjectDifference[] } | undefined;
  readonly caches: { readonly revision: number; readonly caches: readonly CacheSummary[] };
  readonly queues: readonly QueueItem[];
  readonly schedule: readonly ScheduleDecision[];
  readonly audit: { readonly lines: readonly AuditLine[]; readonly to: Sequence };
  readonly activity: {
    readonly bucketMs: Millis;
    readonly series: readonly {
      readonly id: 'reads' | 'writes' | 'refused' | 'events' | 'revisions';
      readonly counts: readonly number[];
    }[];
  };
  readonly 'why-field':
    | {
        readonly revision: number;
        readonly at: Millis;
        /** The value before that write, and since. */
        readonly before: unknown;
        readonly after: unknown;
        /** As whom it was written: the field's manager. */
        readonly manager: string;
        readonly chain: readonly JournalEntrySummary[];
      }
    | undefined;
  readonly 'why-not': readonly Reason[];
}

import type { Assertion } from './assertions.ts';
import type { Moment } from './moments.ts';
import type { ViewAnswers, ViewQuery } from './view-port.ts';
import type { FaultAction, FaultSummary, LinkSummary, ProbeSummary } from './port-faults.ts';
import type { Inspection, JournalEntry, Millis, Packet, Sequence } from '#kernel/types.ts';

export type { FaultAction, FaultSchedule, FaultSummary, LinkSummary, ProbeSummary } from './port-faults.ts';

/**
 * The one door between a view and a session: commands in, frames out, and queries that are answered once. The page talks
 * to a session in a Web Worker through it, tests and command-line tools to one in the same thread.
 */

/** Which cluster runs. `nodes` counts workers and `masters` nodes of the control plane, where the shape has a variable number. */
export interface ClusterChoice {
  readonly shape: string;
  readonly nodes?: number | undefined;
  readonly masters?: number | undefined;
  readonly seed: number;
}

/**
 * How virtual time passes while playing. `readable` gives every hop of the current story about the same time on screen
 * and passes quickly over waits in which only background traffic happens.
 */
export type Tempo = { readonly mode: 'readable' | 'fastest' } | { readonly mode: 'factor'; readonly factor: number };

export type RunCondition =
  | { readonly type: 'time'; readonly at: Millis }
  | { readonly type: 'status'; readonly code: number }
  | { readonly type: 'verb'; readonly method: string; readonly resource: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'moment'; readonly moment: Moment }
  | { readonly type: 'settled' };

export type SessionCommand =
  /** Starts anew. Unknown shapes are answered with a problem. */
  | { readonly type: 'open'; readonly cluster: ClusterChoice }
  /** Takes up a saved run: replays its inputs and goes to its position. Anything malformed is answered with a problem and changes nothing. */
  | { readonly type: 'restore'; readonly saved: unknown }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'tempo'; readonly tempo: Tempo }
  /** Steps one hop: to the next (or previous) event of the foreground, or of anything when `every`. */
  | { readonly type: 'step'; readonly direction: 1 | -1; readonly every?: boolean | undefined }
  | { readonly type: 'seek'; readonly to: { readonly seq: Sequence } | { readonly time: Millis } | 'head' }
  /** Plays as fast as possible until a new cluster is up, then at the tempo. */
  | { readonly type: 'boot' }
  | { readonly type: 'run-until'; readonly condition: RunCondition }
  /** Plays at the tempo that is set and stops at the event that fits. */
  | { readonly type: 'play-until'; readonly moment: Moment }
  /** A line typed in a terminal. In the past it starts a branch. */
  | { readonly type: 'terminal.line'; readonly terminal: string; readonly line: string }
  | { readonly type: 'terminal.interrupt'; readonly terminal: string }
  /** Ctrl-D. */
  | { readonly type: 'terminal.end'; readonly terminal: string }
  /** Opens a terminal for one of the frame's users. In the past it starts a branch. */
  | { readonly type: 'terminal.open'; readonly user: string }
  /** What the user's editor hands back for `kubectl edit`; undefined when it was closed without saving. */
  | { readonly type: 'terminal.edited'; readonly terminal: string; readonly text: string | undefined }
  | { readonly type: 'terminal.file'; readonly terminal: string; readonly path: string; readonly content: string }
  | { readonly type: 'fault'; readonly action: FaultAction }
  /** Begins a schedule of faults. Anything malformed is answered with a problem and changes nothing. */
  | { readonly type: 'schedule'; readonly schedule: unknown }
  /** Starts or ends the clients that try what still works. */
  | { readonly type: 'probes'; readonly on: boolean }
  | { readonly type: 'branch'; readonly branch: string }
  | { readonly type: 'branch.rename'; readonly branch: string; readonly name: string }
  /** What the inspector shows: kept up to date in the frames until changed. */
  | { readonly type: 'inspect'; readonly target: InspectTarget | undefined };

export type InspectTarget =
  | { readonly type: 'process'; readonly address: string }
  | { readonly type: 'packet'; readonly packet: number }
  | { readonly type: 'gate'; readonly server: string; readonly gate: RequestSummary['gate'] }
  | { readonly type: 'object'; readonly resource: string; readonly namespace: string; readonly name: string };

/** What a component looks like on the diagram. */
export interface ProcessSummary {
  readonly address: string;
  readonly definition: string;
  readonly parent: string | undefined;
  readonly host: string;
  /** Dotted state value: `running.leading`. */
  readonly state: string;
  readonly summary: string;
  readonly health: Inspection['health'];
}

export interface HostSummary {
  readonly name: string;
  readonly role: 'control-plane' | 'load-balancer' | 'worker' | 'client';
  /** Whether it is a machine of the cluster: one that has a kubelet, running or not. */
  readonly node: boolean;
  /** The Node object's condition, where the host is a node. */
  readonly ready: boolean | undefined;
  readonly unschedulable: boolean;
}

/** A Pod as the diagram draws it: from the API's own object and the runtime's truth. */
export interface PodSummary {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** '' while pending. */
  readonly node: string;
  readonly phase: string;
  /** What kubectl's STATUS column says: `ContainerCreating`, `CrashLoopBackOff`. */
  readonly status: string;
  readonly ready: boolean;
  readonly containers: readonly { readonly name: string; readonly state: string; readonly ready: boolean; readonly restarts: number }[];
  readonly static: boolean;
  readonly ownerKind: string;
}

/** A request that is inside the API server now: which gate, since when. */
export interface RequestSummary {
  readonly address: string;
  readonly gate: 'authentication' | 'authorization' | 'mutating' | 'schema' | 'validating' | 'storage' | 'response' | 'watching';
  /** How far it came: the gate that refused it, or storage. */
  readonly reached: RequestSummary['gate'];
  readonly since: Millis;
  readonly method: string;
  readonly path: string;
  readonly user: string;
  readonly story: Sequence;
  readonly chatter: boolean;
  /** The status where it has been decided. */
  readonly status: number | undefined;
  /** Its priority level, and whether it waits for a seat there. */
  readonly level: string;
  readonly queued: boolean;
}

/** An open watch, drawn as a standing line. */
export interface WatchSummary {
  readonly client: string;
  readonly server: string;
  readonly resource: string;
  readonly selector: string;
}

/** A person who may have a terminal, and whom their certificate names. */
export interface UserSummary {
  readonly name: string;
  readonly identity: string;
  readonly groups: readonly string[];
}

/** What a packet is, for its shape and colour. */
export type PacketKind = 'read' | 'write' | 'delete' | 'watch' | 'event' | 'response' | 'error' | 'internal';

export interface PacketSummary {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly sentAt: Millis;
  readonly arrivesAt: Millis;
  readonly kind: PacketKind;
  /** `POST deployments`, `201`, `ADDED Pod web-…`. */
  readonly label: string;
  readonly story: Sequence;
  readonly chatter: boolean;
  readonly lost: boolean;
}

export interface TimelineMark {
  readonly at: Millis;
  readonly seq: Sequence;
  readonly type: 'command' | 'fault' | 'error' | 'note';
  readonly lane: string;
  readonly label: string;
}

/** Activity per lane, in buckets of equal virtual time over the whole run: for the timeline. */
export interface TimelineLane {
  readonly id: string;
  readonly label: string;
  readonly counts: readonly number[];
}

export interface TerminalState {
  readonly id: string;
  readonly user: string;
  readonly prompt: string;
  readonly lines: readonly { readonly text: string; readonly stream: 'in' | 'out' | 'err' }[];
  readonly busy: boolean;
  /** Set while a command waits for an editor. */
  readonly editor: { readonly fileName: string; readonly text: string } | undefined;
  readonly history: readonly string[];
}

export interface BranchSummary {
  readonly id: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly forkedAt: Millis;
  readonly headTime: Millis;
}

/** What the views need for one position of the cursor. Parts that did not change since the last frame are the same references in one thread, and left out over the port (see `FrameDelta`). */
export interface Frame {
  readonly cluster: ClusterChoice;
  readonly branch: string;
  readonly branches: readonly BranchSummary[];
  /** The cursor: all packets with sentAt ≤ time < arrivesAt are under way. */
  readonly time: Millis;
  readonly epoch: Millis;
  readonly seq: Sequence;
  /** How far this branch has been simulated. */
  readonly head: { readonly time: Millis; readonly seq: Sequence };
  readonly playing: boolean;
  readonly tempo: Tempo;
  /** Virtual milliseconds per wall millisecond just now: for interpolation between frames. */
  readonly rate: number;
  readonly hosts: readonly HostSummary[];
  readonly processes: readonly ProcessSummary[];
  readonly pods: readonly PodSummary[];
  readonly requests: readonly RequestSummary[];
  readonly watches: readonly WatchSummary[];
  /** Under way at some time since the last frame, or now. */
  readonly packets: readonly PacketSummary[];
  /** The story that the cursor is in: the last foreground input. */
  readonly story: Sequence;
  /** What the last handled event was, in words for the live transcript: filled by the view from the entry. */
  readonly last: JournalEntrySummary | undefined;
  /** In the order in which they were opened. */
  readonly terminals: readonly TerminalState[];
  readonly users: readonly UserSummary[];
  readonly links: readonly LinkSummary[];
  readonly faults: readonly FaultSummary[];
  /** What still works; nothing where nobody tries. */
  readonly probes: readonly ProbeSummary[];
  readonly timeline: { readonly lanes: readonly TimelineLane[]; readonly marks: readonly TimelineMark[]; readonly bucketMs: Millis };
  readonly inspected: Inspected | undefined;
  /** True when nothing but background traffic is under way. */
  readonly idle: boolean;
}

export type FrameDelta = Partial<Frame> & Pick<Frame, 'time' | 'seq'>;

export interface JournalEntrySummary {
  readonly seq: Sequence;
  readonly at: Millis;
  readonly process: string;
  readonly definition: string;
  readonly from: string;
  readonly messageType: string;
  readonly label: string;
  readonly kind: JournalEntry['kind'];
  readonly before: string;
  readonly after: string;
  readonly story: Sequence;
  readonly chatter: boolean;
}

/** A machine drawn as a chart: states in document order, nested by dots. */
export interface StateChart {
  readonly states: readonly { readonly id: string; readonly type: 'atomic' | 'compound' | 'final'; readonly initial: boolean }[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    readonly event: string;
    readonly guard: string | undefined;
  }[];
}

/** An object that another one belongs to, or that belongs to it. */
export interface RelatedObject {
  readonly kind: string;
  readonly name: string;
  /** How to look at it; undefined for kinds that have no resource here. */
  readonly target: Extract<InspectTarget, { readonly type: 'object' }> | undefined;
}

export type Inspected =
  | {
      readonly type: 'process';
      readonly summary: ProcessSummary;
      readonly inspection: Inspection;
      readonly chart: StateChart;
      /** The last event by which it went from one state to another. */
      readonly lastChange: JournalEntrySummary | undefined;
      readonly recent: readonly JournalEntrySummary[];
    }
  | {
      readonly type: 'packet';
      readonly packet: PacketSummary;
      /** The message as it was sent. */
      readonly message: unknown;
      /** The request this packet belongs to, where it is part of one. */
      readonly request: unknown;
      readonly response: unknown;
      readonly gates: readonly { readonly gate: string; readonly at: Millis; readonly verdict: string; readonly detail: string }[];
      readonly before: unknown;
      readonly after: unknown;
      readonly why: readonly JournalEntrySummary[];
    }
  | {
      readonly type: 'gate';
      readonly server: string;
      readonly gate: RequestSummary['gate'];
      /** What it decided last, newest first. */
      readonly verdicts: readonly {
        readonly seq: Sequence;
        readonly at: Millis;
        readonly client: string;
        readonly verdict: string;
        readonly detail: string;
      }[];
    }
  | {
      readonly type: 'object';
      readonly key: string;
      readonly target: Extract<InspectTarget, { readonly type: 'object' }>;
      /** Undefined where it does not exist at the cursor. */
      readonly object: unknown;
      readonly owners: readonly RelatedObject[];
      /** The objects whose ownerReferences name this one. */
      readonly dependents: readonly RelatedObject[];
      readonly events: readonly {
        readonly name: string;
        readonly type: string;
        readonly reason: string;
        readonly from: string;
        readonly message: string;
        readonly count: number;
      }[];
      readonly history: readonly { readonly revision: number; readonly at: Millis; readonly by: string; readonly object: unknown }[];
    };

/** Questions that are answered once, from the cursor's position. */
export type SessionQuery =
  | ViewQuery
  | { readonly type: 'complete'; readonly terminal: string; readonly line: string; readonly cursor: number }
  /** etcd's keys under a prefix at a revision (0: now). */
  | {
      readonly type: 'keyspace';
      readonly prefix: string;
      readonly revision: number;
      /** Without the values. */ readonly keysOnly?: boolean | undefined;
    }
  | { readonly type: 'packets'; readonly from: Millis; readonly to: Millis; readonly limit: number }
  | { readonly type: 'why'; readonly seq: Sequence }
  /** What to keep so that `restore` takes it up again. */
  | { readonly type: 'save' }
  /** The journal's hash at the cursor: the same seed and inputs give the same one, wherever they run. */
  | { readonly type: 'hash' }
  /** Which claims about the stored objects hold at the cursor. */
  | { readonly type: 'check'; readonly assertions: readonly Assertion[] };

export interface SessionAnswers extends ViewAnswers {
  readonly complete: { readonly replaceFrom: number; readonly candidates: readonly string[] };
  readonly keyspace: {
    readonly revision: number;
    readonly newest: number;
    readonly compacted: number;
    readonly keys: readonly {
      readonly key: string;
      readonly createRevision: number;
      readonly modRevision: number;
      readonly version: number;
      readonly value: unknown;
    }[];
  };
  readonly packets: readonly PacketSummary[];
  readonly why: readonly JournalEntrySummary[];
  readonly save: unknown;
  readonly hash: { readonly seq: Sequence; readonly hash: string };
  readonly check: readonly boolean[];
}

/** What the session tells besides frames: one clear sentence, with a code for the text table and its values. */
export interface Problem {
  readonly code: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A packet as the kernel keeps it; re-exported for views that show bodies. */
export type { Packet };

/** Implemented by the session itself (same thread) and by the page's worker client. */
export interface SessionPort {
  send(command: SessionCommand): void;
  ask<Q extends SessionQuery>(query: Q): Promise<SessionAnswers[Q['type']]>;
  onFrame(listener: (frame: Frame) => void): () => void;
  onProblem(listener: (problem: Problem) => void): () => void;
}

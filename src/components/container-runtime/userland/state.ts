import type { ShellState } from './shell/state.ts';
import type { ImageKind, Listener, NetRequest, SignalName } from './types.ts';

/** Where a file descriptor leads. Files that are read are pipes without a writer: so a shell and its children share the place they are at. */
export type Descriptor =
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly log: boolean }
  | { readonly type: 'null' }
  /** Open for appending; it was emptied when it was opened with `>`. */
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'pipe'; readonly pipe: number; readonly end: 'read' | 'write' };
export type Descriptors = Readonly<Record<number, Descriptor>>;

export interface Pipe {
  readonly id: number;
  /** What has been written and not been read. */
  readonly text: string;
  /** True where the world may still write to it. */
  readonly open: boolean;
}

export type Environment = readonly (readonly [name: string, value: string])[];

/** What a task waits for. */
export type Blocked =
  | { readonly type: 'sleep'; readonly until: number }
  | { readonly type: 'request'; readonly id: number; readonly request: NetRequest }
  /** Input, or its end. */
  | { readonly type: 'read'; readonly pipe: number }
  | { readonly type: 'serve'; readonly listeners: readonly Listener[] }
  /** The end of these tasks. A signal with a trap interrupts `wait`, but not a command in the foreground. */
  | { readonly type: 'children'; readonly pids: readonly number[]; readonly interruptible: boolean }
  | { readonly type: 'forever' };

/** What a task runs: a program with what it remembers, or a shell. */
export type Body =
  { readonly type: 'program'; readonly name: string; readonly memory: unknown } | { readonly type: 'shell'; readonly shell: ShellState };

/** A process in the sense of the operating system. */
export interface Task {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly descriptors: Descriptors;
  readonly body: Body;
  /** Undefined where it can run. */
  readonly blocked: Blocked | undefined;
  /** Signals for which a trap has still to run. */
  readonly pending: readonly SignalName[];
  /** Signals that were ignored by whoever started it. */
  readonly ignored: readonly SignalName[];
  /** Exit codes of children that have ended and have not been asked for. */
  readonly finished: Readonly<Record<number, number>>;
  readonly memoryBytes: number;
  /** Set by `timeout`. */
  readonly deadline: { readonly at: number; readonly signal: SignalName } | undefined;
}

/** A container's process, or one that `exec` started in it, with all its children: plain data. */
export interface Process {
  readonly image: ImageKind;
  readonly tag: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly tty: boolean;
  readonly root: number;
  readonly startedAt: number;
  readonly tasks: readonly Task[];
  readonly pipes: readonly Pipe[];
  readonly nextPid: number;
  readonly nextId: number;
  /** How many turns in a row have used up their steps. */
  readonly busy: number;
  /** Set when the root has ended. */
  readonly exitCode: number | undefined;
}

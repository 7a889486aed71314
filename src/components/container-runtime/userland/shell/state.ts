import type { Descriptors } from '../state.ts';
import type { AndOr, Case, Conditional, For, Loop, Node, Redirection, Sequence, Simple } from './ast.ts';

/** The output of a substitution that has run, and its exit code. */
export interface Substituted {
  readonly text: string;
  readonly status: number;
}

/** What is known of the substitutions of a command's words, in the order in which they are met; and the one that runs. */
export interface Expansion {
  readonly results: readonly Substituted[];
  readonly running: { readonly pid: number; readonly pipe: number } | undefined;
}

/** One level of the shell's stack: a command, and how far it has come. */
export type Frame =
  | { readonly type: 'sequence'; readonly node: Sequence; readonly index: number }
  | { readonly type: 'and-or'; readonly node: AndOr; readonly index: number }
  | { readonly type: 'not' }
  | { readonly type: 'if'; readonly node: Conditional; readonly index: number; readonly phase: 'start' | 'condition' | 'body' }
  | { readonly type: 'loop'; readonly node: Loop; readonly phase: 'start' | 'condition' | 'body'; readonly last: number }
  | {
      readonly type: 'for';
      readonly node: For;
      readonly values: readonly string[] | undefined;
      readonly index: number;
      readonly expansion: Expansion;
    }
  | { readonly type: 'case'; readonly node: Case; readonly expansion: Expansion; readonly chosen: boolean }
  | { readonly type: 'simple'; readonly node: Simple; readonly expansion: Expansion }
  | { readonly type: 'redirect'; readonly redirections: readonly Redirection[]; readonly node: Node; readonly expansion: Expansion }
  /** Puts the descriptors back. */
  | { readonly type: 'restore'; readonly descriptors: Descriptors }
  | { readonly type: 'arithmetic'; readonly node: Extract<Node, { readonly type: 'arithmetic' }>; readonly expansion: Expansion }
  /** A function's body is above it: the arguments and the local variables to put back. */
  | { readonly type: 'call'; readonly parameters: readonly string[]; readonly locals: Saved }
  /** The commands of a file that was read with `.`; `return` ends them. */
  | { readonly type: 'source' }
  /** Variables that were set for one command. */
  | { readonly type: 'unset'; readonly variables: Saved }
  | { readonly type: 'await'; readonly pids: readonly number[] }
  | { readonly type: 'wait'; readonly pids: readonly number[] }
  | { readonly type: 'read'; readonly names: readonly string[]; readonly raw: boolean }
  /** A trap's action is above it: `$?` comes back afterwards. */
  | { readonly type: 'trap'; readonly status: number }
  /** The shell ends with this code. */
  | { readonly type: 'finish'; readonly status: number }
  /** Commands come from standard input; `text` is an unfinished one. */
  | { readonly type: 'input'; readonly text: string; readonly interactive: boolean };

/** Variables as they were; undefined where there was none. */
export type Saved = Readonly<Record<string, Variable | undefined>>;

export interface Variable {
  readonly value: string;
  /** Of an array; the value is the first of them. */
  readonly items?: readonly string[];
  readonly exported: boolean;
  readonly readOnly: boolean;
}

/** A shell between two steps: plain data. */
export interface ShellState {
  readonly dialect: 'sh' | 'bash';
  readonly frames: readonly Frame[];
  /** In the order in which they were set first. */
  readonly variables: Readonly<Record<string, Variable>>;
  readonly functions: Readonly<Record<string, Node>>;
  readonly zero: string;
  readonly parameters: readonly string[];
  readonly status: number;
  /** `$!`; 0 where there is none. */
  readonly lastJob: number;
  /** Children in the background. */
  readonly jobs: readonly number[];
  /** Letters: e, u, x, f. */
  readonly options: string;
  readonly pipefail: boolean;
  readonly traps: Readonly<Record<string, string>>;
  /** `$$`: that of the outermost shell. */
  readonly pid: number;
  /** The last command takes the place of the shell: so it is with `sh -c` and in subshells. */
  readonly replaced: boolean;
  /** Prefix of complaints: the script's name, where there is one. */
  readonly script: string | undefined;
  readonly startedAt: number;
  readonly random: number;
}

import type { SortedMap } from '#base/sorted-map.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { ShellOperation } from './operations.ts';
import type { HereDocument, Word } from './shell-parse.ts';

/** What a terminal is started with. */
export interface TerminalInput {
  readonly user: string;
  readonly client: ClientConfig;
  /** Hosts by their addresses in the network: for clients that are given one. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
}

export interface TerminalLine {
  readonly text: string;
  readonly stream: 'in' | 'out' | 'err';
  /** True where its newline has not come yet. */
  readonly open: boolean;
}

/** A line that is being run: what it was, the answers it has had, and what it waits for. */
export interface Job {
  readonly line: string;
  readonly documents: readonly Word[];
  readonly answers: readonly unknown[];
  readonly operation: ShellOperation | undefined;
  /** The running kubectl's name, where there is one. */
  readonly child: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The number of transcript lines there were when it began. */
  readonly frameAt: number;
  readonly interrupted: boolean;
  /** What is typed goes to the running command: line by line, or key by key where its program has the terminal. */
  readonly reads: 'lines' | 'keys' | undefined;
}

/** A command that is not complete yet: a heredoc that is being typed, or a continued line. */
export interface Pending {
  readonly line: string;
  readonly documents: readonly Word[];
  readonly heredoc: (HereDocument & { readonly lines: readonly string[] }) | undefined;
}

/** The state of a terminal. */
export interface TerminalState {
  readonly user: string;
  readonly client: ClientConfig | undefined;
  readonly hosts: Readonly<Record<string, string>>;
  readonly lines: readonly TerminalLine[];
  /** How many lines have been dropped at the beginning. */
  readonly dropped: number;
  readonly history: readonly string[];
  readonly files: SortedMap<string>;
  /** Variables, and aliases as `alias NAME`. */
  readonly variables: SortedMap<string>;
  readonly next: number;
  readonly job: Job | undefined;
  readonly pending: Pending | undefined;
  readonly editor: { readonly fileName: string; readonly text: string } | undefined;
}

export const prompt = '$';
/** What is kept of the transcript. */
export const keptLines = 5000;
/** Characters. */
export const maxLineLength = 256 * 1024;
export const maxFileLength = 5_000_000;
export const keptHistory = 1000;

import type { NetOutcome, NetPayload } from '#protocol/net.ts';

/** Programs that are processes of their own. */
export const clientPrograms = ['kubectl', 'etcdctl', 'etcdutl'] as const;
export type ClientProgram = (typeof clientPrograms)[number];

/** What a shell line asks its terminal for; answered one at a time (see `#base/routine.ts`). */
export type ShellOperation =
  /** Connects to a port of this computer; answered with a NetOutcome. */
  | { readonly type: 'dial'; readonly port: number; readonly payload: NetPayload }
  /** Runs a kubectl (or another client that is a process); answered with what it came to. With `through` (filters and their arguments), each line of its output passes them at once. */
  | {
      readonly type: 'kubectl';
      readonly program: ClientProgram;
      readonly argv: readonly string[];
      readonly stdin: string | undefined;
      readonly sink: 'screen' | 'collect' | 'lines';
      readonly errors: 'screen' | 'collect' | 'merge';
      readonly through: readonly (readonly string[])[] | undefined;
    }
  | { readonly type: 'print'; readonly stream: 'out' | 'err'; readonly text: string }
  /** Replaces what the line has printed so far (`watch`, `clear`). */
  | { readonly type: 'frame'; readonly text: string }
  | { readonly type: 'clear' }
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'now' }
  | { readonly type: 'edit'; readonly fileName: string; readonly text: string }
  | { readonly type: 'read-file'; readonly path: string }
  | { readonly type: 'list-files' }
  | { readonly type: 'write-file'; readonly path: string; readonly content: string }
  | { readonly type: 'remove-file'; readonly path: string }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'set-variable'; readonly name: string; readonly value: string | undefined }
  | { readonly type: 'history' };

/** What a kubectl came to. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** A part of a shell line: pure, straight-line code. */
export type Shell<Result> = Generator<ShellOperation, Result, unknown>;

export function* print(text: string, stream: 'out' | 'err' = 'out'): Shell<void> {
  if (text !== '') yield { type: 'print', stream, text };
}

export function* readFile(path: string): Shell<string | undefined> {
  return (yield { type: 'read-file', path }) as string | undefined;
}

export function* listFiles(): Shell<readonly string[]> {
  return (yield { type: 'list-files' }) as readonly string[];
}

export function* variable(name: string): Shell<string | undefined> {
  return (yield { type: 'variable', name }) as string | undefined;
}

export function* dial(port: number, payload: NetPayload): Shell<NetOutcome> {
  return (yield { type: 'dial', port, payload }) as NetOutcome;
}

export function* currentTime(): Shell<number> {
  return (yield { type: 'now' }) as number;
}

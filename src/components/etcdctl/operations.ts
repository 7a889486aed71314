import type { Address } from '#kernel/types.ts';
import type { EtcdOperation, EtcdResponse, EtcdWatchCreate } from '#protocol/etcd.ts';

/** What a command asks for; answered one at a time (see `#base/routine.ts`). */
export type Operation =
  | { readonly type: 'print'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'now' }
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'read-file'; readonly path: string }
  | { readonly type: 'write-file'; readonly path: string; readonly content: unknown }
  /** Asks a member; answered with a text where nothing came in time. */
  | {
      readonly type: 'ask';
      readonly to: Address;
      readonly certificate: string | undefined;
      readonly operation: EtcdOperation;
      readonly timeoutMs: number;
    }
  /** Prints what happens until it is interrupted. */
  | { readonly type: 'watch'; readonly to: Address; readonly request: Omit<EtcdWatchCreate, 'type' | 'watch'>; readonly json: boolean };

/** A part of a command: pure, straight-line code. */
export type Command<Result> = Generator<Operation, Result, unknown>;

export function* print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Command<void> {
  yield { type: 'print', stream, text };
}

/** Ends the command with etcdctl's words and exit code. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly code = 1,
  ) {
    super(message);
  }
}

export type Answer = EtcdResponse | 'refused' | 'timeout';

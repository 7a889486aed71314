import type * as CelJs from '@marcbachmann/cel-js';
import { late } from '#base/late.ts';
import type * as Words from './errors.ts';
import type { Library } from './library/types.ts';
import type { rewriteMessages } from './messages.ts';

/** What parses, checks and runs expressions, and the functions that they may call. */
interface Engine extends Pick<typeof CelJs, 'Environment' | 'Optional'> {
  readonly libraries: readonly Library[];
  /** What only mutating policies may use. */
  readonly mutation: Library;
  /** What errors are called. */
  readonly words: typeof Words;
  readonly rewriteMessages: typeof rewriteMessages;
}

/** It comes late: a cluster boots without any expression. */
export const engine = late<Engine>('the CEL library');

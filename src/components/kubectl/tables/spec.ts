import type { Context } from '../context.ts';
import type { FlagSpec } from '../flags.ts';
import type { Command } from '../operations.ts';

/** One command, or a group of them. */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  /** One line of help. */
  readonly about: string;
  /** The arguments, for the usage line. */
  readonly usage?: string | undefined;
  readonly flags?: readonly FlagSpec[] | undefined;
  readonly run?: ((context: Context) => Command<void>) | undefined;
  readonly commands?: readonly CommandSpec[] | undefined;
}

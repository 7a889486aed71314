import { CommandError } from './errors.ts';
import type { Flags } from './flags.ts';

/** How `--dry-run` is meant. Throws for values it cannot have. */
export function dryRunOf(flags: Flags): 'none' | 'client' | 'server' {
  const value = flags.text('dry-run');
  switch (value) {
    case '':
    case 'none':
    case 'false':
      return 'none';
    case 'client':
    case 'server':
      return value;
    case 'unchanged':
      throw new CommandError('--dry-run flag without a value was specified. A value must be set: "none", "server", or "client".');
    default:
      throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }
}

/** Query parameters of a write: who writes, whether it is only tried, and how unknown fields are met. */
export function writeQuery(flags: Flags, manager: string, validation?: string): Readonly<Record<string, string>> {
  return {
    ...(dryRunOf(flags) === 'server' ? { dryRun: 'All' } : {}),
    fieldManager: flags.text('field-manager') === '' ? manager : flags.text('field-manager'),
    ...(validation === undefined ? {} : { fieldValidation: validation }),
  };
}

/** `--validate` as the server's parameter. */
export function validationOf(flags: Flags): string {
  const value = flags.text('validate');
  if (value === 'warn') return 'Warn';
  return value === 'ignore' || value === 'false' ? 'Ignore' : 'Strict';
}

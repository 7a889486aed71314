import { late } from '#base/late.ts';
import type { commandTable } from './command-table.ts';
import type { runCommand } from './run.ts';

/** What kubectl does with a command line. It comes late: hands ask for it, a cluster boots without it. */
export const program = late<{ readonly runCommand: typeof runCommand; readonly commandTable: typeof commandTable }>('kubectl');

import { commandTable } from './command-table.ts';
import { program } from './program.ts';
import { runCommand } from './run.ts';

program.provide({ runCommand, commandTable });

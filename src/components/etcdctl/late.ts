import { runCommand } from './commands.ts';
import { eventText, kvJson } from './format.ts';
import { etcdctlProgram } from './program.ts';

etcdctlProgram.provide({ runCommand, eventText, kvJson });

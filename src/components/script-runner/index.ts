import type { ProcessDefinition } from '#kernel/types.ts';
import { scriptRunnerMachine } from './machine.ts';

export type { ScriptRun, ScriptRunMessage, ScriptRunnerInput, ScriptRunnerState } from './machine.ts';

/** The process that replays a script of kubectl commands. */
export const scriptRunner: ProcessDefinition = { name: 'script-runner', machine: scriptRunnerMachine };

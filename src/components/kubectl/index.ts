import type { ProcessDefinition } from '#kernel/types.ts';
import { inspectKubectl } from './inspect.ts';
import { kubectlMachine } from './machine.ts';

export type { CommandDone, CommandEdit, CommandEdited, CommandInterrupt, CommandOutput, KubectlInput, KubectlState } from './state.ts';
export { commandTable, type CommandSpec } from './command-table.ts';
export { type FlagSpec } from './flags.ts';

/** One kubectl command. */
export const kubectl: ProcessDefinition = { name: 'kubectl', machine: kubectlMachine, inspect: inspectKubectl };

import type { ProcessDefinition } from '#kernel/types.ts';
import { inspectKubectl } from './inspect.ts';
import type { CommandSpec } from './command-table.ts';
import { kubectlMachine } from './machine.ts';
import { program } from './program.ts';

export type { KubectlInput, KubectlState } from './state.ts';
export type { CommandSpec } from './command-table.ts';
export { type FlagSpec } from './flags.ts';

/** Every command that there is, for completion. */
export const commandShapes = (): readonly CommandSpec[] => program.value.commandTable;

/** One kubectl command. */
export const kubectl: ProcessDefinition = { name: 'kubectl', machine: kubectlMachine, inspect: inspectKubectl };

import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { kubectlMachine } from './machine.ts';
import type { KubectlState } from './state.ts';

export type { KubectlInput } from './state.ts';

function inspect(state: KubectlState): Inspection {
  return { summary: `kubectl ${state.input?.argv.join(' ') ?? ''}`, health: 'busy', sections: [] };
}

/** One kubectl command. */
export const kubectl: ProcessDefinition = { name: 'kubectl', machine: kubectlMachine, inspect };

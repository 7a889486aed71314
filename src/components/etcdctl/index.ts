import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { etcdctlMachine } from './machine.ts';
import type { EtcdctlState } from './state.ts';

export type { EtcdctlInput } from './state.ts';

const inspect = ({ input }: EtcdctlState): Inspection => ({
  summary: input.argv.join(' '),
  health: 'busy',
  sections: [{ type: 'fields', title: 'Command', rows: [['line', `${input.program} ${input.argv.join(' ')}`]] }],
});

/** One etcdctl (or etcdutl) command. */
export const etcdctl: ProcessDefinition = { name: 'etcdctl', machine: etcdctlMachine, inspect };

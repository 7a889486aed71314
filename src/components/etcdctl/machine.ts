import { setup } from 'xstate';
import { step } from '#kernel/step.ts';
import type { Effect } from '#kernel/types.ts';
import { etcdctlProgram } from './program.ts';
import type { EtcdctlEvent, EtcdctlState } from './state.ts';

const handling = { actions: step<EtcdctlState, EtcdctlEvent>((state, event) => etcdctlProgram.value(state, event)) };

/** One etcdctl command. */
export const etcdctlMachine = setup({
  types: { context: {} as EtcdctlState, events: {} as EtcdctlEvent, emitted: {} as Effect },
}).createMachine({
  id: 'etcdctl',
  context: { input: { program: 'etcdctl', argv: [], host: '', names: {} }, answers: [], waiting: undefined, asked: 0, refused: false },
  on: {
    'process.start': handling,
    'etcd.response': handling,
    'etcd.watch': handling,
    'message.undeliverable': handling,
    'etcdctl.waited': handling,
    'command.interrupt': handling,
    'process.terminate': handling,
  },
});

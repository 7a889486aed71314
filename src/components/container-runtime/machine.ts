import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { step } from '#kernel/step.ts';
import type { Effect, UndeliverableMessage } from '#kernel/types.ts';
import type { NetDial } from '#protocol/net.ts';
import { apiReplied, dialled, netReplied } from './connections.ts';
import { isDue } from './processes.ts';
import { binaryEnded, perform, pulled } from './serving.ts';
import { fed, hungUp } from './streams.ts';
import { saving, takeUp } from './saved.ts';
import { toolEnded, toolSaid } from './tools.ts';
import { nothing, type RuntimeEvent, type RuntimeResult, type RuntimeState } from './state.ts';

/** A connection went nowhere: the host is not there, or the link is cut. */
function unreachable(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const { message } = event.message as UndeliverableMessage;
  return message.type === 'net.dial'
    ? netReplied(state, event, (message as NetDial).id, { type: 'failed', failure: 'timeout' })
    : nothing(state);
}

function handle(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const { message } = event;
  switch (message.type) {
    case 'process.start': {
      const { input } = message;
      const kubelet = `${event.self.slice(0, event.self.indexOf('/'))}/kubelet`;
      return takeUp({ ...state, input, network: input.podNetwork, kubelet }, event);
    }
    case 'cri.request':
      return perform(state, event);
    case 'cri.input':
      return fed(state, event, message);
    case 'cri.hang-up':
      return hungUp(state, event, message.id);
    case 'runtime.pulled':
      return pulled(state, message);
    case 'runtime.due':
      return isDue(state, event, message);
    case 'net.dial':
      return dialled(state, event);
    case 'net.reply':
      return netReplied(state, event, message.id, message.outcome);
    case 'http.response':
      return apiReplied(state, message);
    case 'peer.closed':
      return binaryEnded(state, event, message.address);
    case 'command.output':
      return toolSaid(state, event.from, message);
    case 'command.done':
      return toolEnded(state, event.from, message.code);
    case 'process.terminate':
      return nothing(state);
    case 'message.undeliverable':
      return unreachable(state, event);
  }
}

/** Containers go on without the runtime: what they are is kept on the host. A hollow node keeps nothing. */
function serve(state: RuntimeState, event: RuntimeEvent): RuntimeResult {
  const result = handle(state, event);
  const saved = result.context.input.hollow ? undefined : saving(state, result.context);
  return saved === undefined ? result : { context: result.context, effects: [...result.effects, saved] };
}

const serving = step<RuntimeState, RuntimeEvent>(serve);

/** A container runtime behind the CRI. */
export const runtimeMachine = setup({
  types: { context: {} as RuntimeState, events: {} as RuntimeEvent, emitted: {} as Effect },
}).createMachine({
  id: 'container-runtime',
  context: {
    input: { podNetwork: '', hostIp: '', cached: [], hollow: false, binaries: [] },
    kubelet: '',
    network: '',
    lastAddress: 1,
    sandboxes: SortedMap.empty(),
    containers: SortedMap.empty(),
    volumes: SortedMap.empty(),
    images: SortedMap.empty<true>(),
    execs: SortedMap.empty(),
    tools: SortedMap.empty(),
    listening: SortedMap.empty(),
    typed: SortedMap.empty<string>(),
    connections: SortedMap.empty(),
    calls: SortedMap.empty(),
    stopping: SortedMap.empty(),
    next: 1,
  } as RuntimeState,
  initial: 'created',
  on: { 'process.terminate': '.stopped' },
  states: {
    stopped: { type: 'final' },
    created: { on: { 'process.start': { target: 'serving', actions: serving } } },
    serving: {
      on: {
        'cri.request': { actions: serving },
        'cri.input': { actions: serving },
        'cri.hang-up': { actions: serving },
        'runtime.pulled': { actions: serving },
        'runtime.due': { actions: serving },
        'net.dial': { actions: serving },
        'net.reply': { actions: serving },
        'http.response': { actions: serving },
        'command.output': { actions: serving },
        'command.done': { actions: serving },
        'peer.closed': { actions: serving },
        'message.undeliverable': { actions: serving },
      },
    },
  },
});

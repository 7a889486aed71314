import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { runtimeMachine } from './machine.ts';
import type { RuntimeState } from './state.ts';

export type { Binary, RuntimeInput } from './state.ts';

function inspect(state: RuntimeState): Inspection {
  const containers = [...state.containers.values()];
  const running = containers.filter((item) => item.status.state === 'running').length;
  return {
    summary: `${running} running`,
    health: 'good',
    sections: [
      {
        type: 'table',
        title: 'Containers',
        columns: ['name', 'image', 'state', 'exit code'],
        rows: containers.map(({ status }) => [
          status.name,
          status.image,
          status.state,
          status.state === 'exited' ? String(status.exitCode) : '',
        ]),
      },
    ],
  };
}

/** The container runtime of a node. */
export const containerRuntime: ProcessDefinition = { name: 'container-runtime', machine: runtimeMachine, inspect };

/** Whether one of a runtime's containers is this control-plane process. @param context the context of a running `container-runtime` */
export function keepsRunning(context: unknown, address: string): boolean {
  return [...(context as RuntimeState).containers.values()].some((container) => container.binary === address);
}

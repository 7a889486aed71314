import type { Input } from '#kernel/types.ts';
import type { World } from '#kernel/world.ts';
import type { Cluster } from '#cluster/types.ts';
import { keepsRunning } from '#components/container-runtime/index.ts';
import { isPacketOf } from './moments.ts';
import type { FaultAction } from './port.ts';

/** What a fault does to the world; nothing where there is nothing for it to do. */
export function faultInputs(action: FaultAction, cluster: Cluster, world: World): readonly Input[] {
  switch (action.type) {
    case 'stop':
    case 'kill':
      return [{ type: 'fault.stop', address: action.address, kill: action.type === 'kill' }];
    case 'start':
      return [{ type: 'fault.start', address: action.address }];
    case 'restart':
      return [
        isSupervised(action.address, world)
          ? { type: 'fault.stop', address: action.address, kill: false }
          : { type: 'fault.restart', address: action.address },
      ];
    case 'link':
      return [{ type: 'fault.link', between: action.between, options: action.options }];
    case 'drop':
      return [{ type: 'fault.drop', messageId: action.packet }];
    case 'lose':
      return world
        .packetsInFlight()
        .filter((packet) => isPacketOf(action.moment, packet))
        .map(({ id }) => ({ type: 'fault.drop', messageId: id }));
    case 'add-node':
      return [cluster.addNode([...world.facts.disks.keys()])];
  }
}

/** Whether a container runtime runs a process as a container, so that a kubelet starts it again when it ends. */
function isSupervised(address: string, world: World): boolean {
  for (const process of world.processes()) {
    if (process.definition === 'container-runtime' && keepsRunning(process.context, address)) return true;
  }
  return false;
}

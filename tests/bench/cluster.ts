import { openCluster } from '#cluster/index.ts';
import { createHistory, type History } from '#kernel/history.ts';

function withRoom<T extends { readonly input: unknown }>(process: T): T {
  const input = process.input as { readonly node: { readonly status: object } };
  const amounts = { cpu: '400', memory: '4000Gi', pods: '1000', 'ephemeral-storage': '0' };
  return {
    ...process,
    input: { ...input, node: { ...input.node, status: { ...input.node.status, allocatable: amounts, capacity: amounts } } },
  };
}

/** A cluster of hollow nodes that have room for anything, booted. */
export function openRoomy(nodes: number): History {
  const { world } = openCluster({ shape: 'oracle', nodes, seed: 1 })!;
  const processes = world.processes.map((process) => (process.definition === 'kubelet' ? withRoom(process) : process));
  const history = createHistory({ ...world, processes });
  history.advance({ untilTime: history.world.now + 30_000 });
  return history;
}

import type { Input } from '#kernel/types.ts';
import type { World } from '#kernel/world.ts';
import type { ProberInput } from '#components/prober/index.ts';
import type { ClientConfig } from '#machinery/client.ts';

/** Where a prober is. */
const proberAt = (host: string): string => `${host}/prober`;

/** The hosts from which a Service is tried: the workers, or the only node there is. */
function nodesOf(world: World, masters: readonly string[]): readonly string[] {
  const nodes = [...world.processes()].filter((process) => process.definition === 'kubelet').map(({ address }) => hostOf(address));
  const workers = nodes.filter((host) => !masters.includes(host));
  return workers.length === 0 ? nodes : workers;
}

const hostOf = (address: string): string => address.slice(0, address.indexOf('/'));

/** The input that starts a prober beside the administrator and on each worker; those that run already go on. */
export function startProbers(
  world: World,
  { admin, masters, client }: { readonly admin: string; readonly masters: readonly string[]; readonly client: ClientConfig },
): Input {
  const asking: ProberInput = { client, probes: ['prepare', 'read', 'write', 'schedule', 'heal'] };
  const connecting: ProberInput = { client, probes: ['serve'] };
  const start = (host: string, input: ProberInput): Input => ({
    type: 'start-process',
    address: proberAt(host),
    definition: 'prober',
    input,
    quiet: true,
  });
  const inputs = [start(admin, asking), ...nodesOf(world, masters).map((host) => start(host, connecting))];
  const missing = inputs.filter((input) => input.type !== 'start-process' || world.process(input.address) === undefined);
  return { type: 'schedule', steps: missing.map((input) => ({ afterMs: 0, input })) };
}

/** The input that ends them all. */
export function stopProbers(world: World): Input {
  const running = [...world.processes()].filter((process) => process.definition === 'prober');
  return { type: 'schedule', steps: running.map(({ address }) => ({ afterMs: 0, input: { type: 'fault.stop', address, kill: true } })) };
}

import type { Input } from '#kernel/types.ts';
import type { World } from '#kernel/world.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { TerminalInput } from '#components/terminal/index.ts';
import { certificateClient } from './parts.ts';

/** A person who may sit down at a terminal: what they are called, and whom their kubeconfig's certificate names. */
export interface ClusterUser {
  readonly name: string;
  readonly identity: string;
  readonly groups: readonly string[];
}

/** What RBAC lets everything do (the group that kubeadm gives its admin). */
const admins = 'system:masters';

/** Users whom nobody has given any right yet: what they may do is for the administrator to say. */
const others: readonly ClusterUser[] = [
  { name: 'bob', identity: 'bob', groups: ['developers'] },
  { name: 'carol', identity: 'carol', groups: ['auditors'] },
];

/** The users of a cluster: its administrator first. */
export function usersWith(name: string, identity: string): readonly ClusterUser[] {
  return [{ name, identity, groups: [admins] }, ...others];
}

/** A user's kubeconfig. */
function kubeconfigOf({ identity, groups }: ClusterUser, server: string, endpoint: string | undefined): ClientConfig {
  return certificateClient(server, identity, groups, endpoint);
}

/** The terminal that is there from the beginning: the administrator's. */
export function firstTerminal(
  users: readonly ClusterUser[],
  server: string,
  hosts: TerminalInput['hosts'],
  endpoint?: string,
): { readonly address: string; readonly definition: 'terminal'; readonly input: TerminalInput } {
  const [admin] = users;
  if (admin === undefined) throw new Error('cluster: a cluster has at least one user');
  return {
    address: `${admin.name}/terminal`,
    definition: 'terminal',
    input: { user: admin.name, client: kubeconfigOf(admin, server, endpoint), hosts },
  };
}

/**
 * The input that opens one more terminal for a user: on a machine of their own, or one more window on the machine they
 * have. Undefined where nobody is called so.
 */
export function openTerminal(
  users: readonly ClusterUser[],
  server: string,
  name: string,
  world: World,
  hosts: TerminalInput['hosts'],
  endpoint?: string,
): Input | undefined {
  const user = users.find((item) => item.name === name);
  if (user === undefined) return undefined;
  const input: TerminalInput = { user: name, client: kubeconfigOf(user, server, endpoint), hosts };
  let address = `${name}/terminal`;
  for (let window = 2; world.process(address) !== undefined; window++) address = `${name}/terminal-${window}`;
  const process = { address, definition: 'terminal', input };
  return world.facts.disks.has(name) ? { type: 'start-process', ...process } : { type: 'add-host', host: { name }, processes: [process] };
}

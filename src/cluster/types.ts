import type { Input, WorldOptions } from '#kernel/types.ts';
import type { World } from '#kernel/world.ts';
import type { ClusterUser } from './users.ts';

/** Which cluster runs: the name of a shape, how many workers and masters (where they vary) and the seed of all chance. */
export interface ClusterOptions {
  readonly shape: string;
  readonly nodes?: number | undefined;
  readonly masters?: number | undefined;
  readonly seed: number;
}

/** A machine of a cluster, as views show it. */
export interface ClusterHost {
  readonly name: string;
  readonly role: 'control-plane' | 'load-balancer' | 'worker' | 'client';
}

/** A cluster ready to be started: what the kernel needs, and what the views must know besides. */
export interface Cluster {
  readonly world: WorldOptions;
  readonly hosts: readonly ClusterHost[];
  /** Who may sit down at a terminal; the first one does so from the beginning. */
  readonly users: readonly ClusterUser[];
  /** How long a new cluster takes until it is up and has come to rest. Milliseconds. */
  readonly upAfterMs: number;
  /** The input that opens one more terminal for a user; undefined where nobody is called so. */
  openTerminal(user: string, world: World): Input | undefined;
  /** The input that starts the clients that try what still works. */
  startProbers(world: World): Input;
  /** The input that adds one more worker; `existing` names the hosts there are. */
  addNode(existing: readonly string[]): Input;
}

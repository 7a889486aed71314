import type { Input, WorldOptions } from '#kernel/types.ts';

/** Which cluster runs: the name of a shape, how many workers (where it varies) and the seed of all chance. */
export interface ClusterOptions {
  readonly shape: string;
  readonly nodes?: number | undefined;
  readonly seed: number;
}

/** A cluster ready to be started: what the kernel needs, and what the views must know besides. */
export interface Cluster {
  readonly world: WorldOptions;
  readonly hosts: readonly { readonly name: string; readonly role: 'control-plane' | 'worker' | 'client' }[];
  /** The users at their terminals. */
  readonly terminals: readonly { readonly address: string; readonly user: string }[];
  /** The input that adds one more worker; `existing` names the hosts there are. */
  addNode(existing: readonly string[]): Input;
}

import type { ClientConfig } from '#machinery/client.ts';
import type { ElectionState } from '#machinery/leader-election.ts';
import type { Caches } from './controller.ts';

export interface ManagerInput {
  readonly client: ClientConfig;
  /** The host, of which its name among the candidates for the lease is made. */
  readonly identity: string;
  /** Settings that controllers read. */
  readonly podNetwork: string;
  readonly clusterCa: string;
}

/** The controller manager: its lease, and the informers that all controllers share. */
export interface ManagerState {
  readonly client: ClientConfig;
  readonly controllerAgent: string;
  readonly election: ElectionState;
  readonly caches: Caches;
  readonly started: boolean;
  readonly events: number;
}

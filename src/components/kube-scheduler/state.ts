import type { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { ElectionState } from '#machinery/leader-election.ts';
import type { InformerState } from '#machinery/informer.ts';
import type { Origin } from '#kernel/types.ts';
import type { NodeInfo } from './node-info.ts';

export interface SchedulerInput {
  readonly client: ClientConfig;
  readonly identity: string;
}

/** What one plugin said of one node. */
export interface PluginVerdict {
  readonly plugin: string;
  readonly node: string;
  readonly status: 'Success' | 'Unschedulable' | 'UnschedulableAndUnresolvable';
  readonly reason: string;
  readonly score: number | undefined;
  readonly normalized: number | undefined;
  readonly weighted: number | undefined;
}
export interface Decision {
  readonly pod: string;
  readonly at: number;
  readonly node: string;
  readonly verdicts: readonly PluginVerdict[];
}

/** A pod in one of the queues. */
export interface QueuedPod {
  readonly key: string;
  readonly attempts: number;
  readonly origin: Origin;
  /** Priority first, then time. */
  readonly order: string;
}

export interface SchedulerState {
  readonly client: ClientConfig;
  readonly election: ElectionState;
  readonly pods: InformerState | undefined;
  readonly nodes: InformerState | undefined;
  readonly infos: SortedMap<NodeInfo>;
  /** By order. */
  readonly active: SortedMap<QueuedPod>;
  readonly unschedulable: SortedMap<QueuedPod>;
  readonly backoff: SortedMap<QueuedPod>;
  /** Pods that were given a node, and which, until the cache says the same. */
  readonly assumed: SortedMap<string>;
  readonly random: RandomState;
  readonly decisions: readonly Decision[];
  readonly counter: number;
  readonly bound: number;
}

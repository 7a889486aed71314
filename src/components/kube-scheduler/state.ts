import type { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { ElectionState } from '#machinery/leader-election.ts';
import type { InformerState } from '#machinery/informer.ts';
import type { Message, Origin } from '#kernel/types.ts';
import type { SeenEvents } from './recorder.ts';
import type { NodeInfo } from './node-info.ts';

export interface SchedulerInput {
  readonly client: ClientConfig;
  readonly identity: string;
}

/** The volumes of a pod were not bound in time. */
export interface BindTimeout extends Message {
  readonly type: 'scheduler.timeout';
  readonly key: string;
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
  /** The node that is to be made free by preemption. */
  readonly nominated: string;
  readonly message: string;
  readonly verdicts: readonly PluginVerdict[];
}

/** A pod in one of the queues (framework/types.go QueuedPodInfo). */
export interface QueuedPod {
  readonly key: string;
  readonly attempts: number;
  readonly origin: Origin;
  /** When it was put into the queue it is in. */
  readonly since: number;
  /** The plugins that refused it. */
  readonly refusedBy: readonly string[];
}

/** internal/queue: who is next, who waits for its back-off, who waits for something to change, who may not yet be looked at. */
export interface Queues {
  /** By order: priority, then time. */
  readonly active: SortedMap<QueuedPod>;
  /** Pod → its place in `active`. */
  readonly orders: SortedMap<string>;
  readonly backoff: SortedMap<QueuedPod>;
  /** Pods whose binding failed: they wait for their back-off even when nobody else is there. */
  readonly failed: SortedMap<QueuedPod>;
  readonly unschedulable: SortedMap<QueuedPod>;
  readonly gated: SortedMap<QueuedPod>;
}

/** A pod that has been given a node and is being bound to it. */
export interface Binding {
  readonly node: string;
  readonly queued: QueuedPod;
  /** Claims that have to be bound first. */
  readonly claims: readonly string[];
  readonly phase: 'volumes' | 'binding';
}

/** A pod that is being taken away for another. */
export interface Eviction {
  readonly preemptor: string;
  readonly preemptorUid: string;
  readonly node: string;
  readonly origin: Origin;
}

export interface SchedulerState {
  readonly client: ClientConfig;
  readonly election: ElectionState;
  readonly caches: Readonly<Record<string, InformerState>>;
  readonly infos: SortedMap<NodeInfo>;
  readonly queues: Queues;
  readonly bindings: SortedMap<Binding>;
  /** Volumes that were promised: volume → claim. */
  readonly reserved: SortedMap<string>;
  /** Pods for which room is being made: pod → node. */
  readonly nominated: SortedMap<string>;
  readonly evictions: SortedMap<Eviction>;
  /** Where the next pod's search for nodes begins, so that all nodes are looked at equally often. */
  readonly nextStart: number;
  readonly random: RandomState;
  readonly decisions: readonly Decision[];
  readonly reported: SeenEvents;
  readonly counter: number;
  readonly bound: number;
}

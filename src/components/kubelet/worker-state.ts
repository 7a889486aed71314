import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { EventLog } from '#machinery/events.ts';
import type { Outcome } from '#kernel/step.ts';
import type { EventOf, Message, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { ContainerStatus, CriContainerEvent, CriResponse, SandboxStatus } from '#protocol/cri.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Tracked } from './containers.ts';
import type { KubeletState } from './state.ts';
import type { PodStatus } from './status.ts';
import type { Ask, Reply, SyncStart } from './sync-pod.ts';

export interface PodWorkerInput {
  readonly pod: KubeObject;
  readonly static: boolean;
  /** What the runtime has of the pod already: a kubelet that starts again finds its containers running. */
  readonly sandbox: SandboxStatus | undefined;
  readonly containers: readonly ContainerStatus[];
}
export interface PodUpdate {
  readonly type: 'pod.update';
  /** Undefined: the pod is gone from the API server. */
  readonly pod: KubeObject | undefined;
}
/** The mirror pod of a static pod, as the API server has it now. */
export interface MirrorUpdate {
  readonly type: 'pod.mirror';
  /** Undefined: there is none. */
  readonly uid: string | undefined;
}
/** A ConfigMap or Secret that the pod names has changed. */
export interface ReferencesChanged {
  readonly type: 'pod.references';
}
/** The connection to the API server broke: what it has not answered it will not answer. */
export interface Disconnected {
  readonly type: 'pod.disconnected';
}
/** Something that was put off is due. */
export interface Due extends Message {
  readonly type: 'pod.due';
  readonly what: 'relist' | 'sync' | 'mount' | 'volumes' | 'refresh' | 'kill' | 'reclaim' | 'status';
}
export interface ProbeDue extends Message {
  readonly type: 'pod.probe';
  readonly container: string;
  readonly probe: ProbeKind;
}
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** A pass that is under way: what it began with, and every answer that it has had. */
export interface Sync {
  readonly start: SyncStart;
  readonly ask: Ask;
  readonly answers: readonly Reply[];
}
/** Successes or failures of a probe in a row. */
export interface ProbeRun {
  readonly passed: boolean;
  readonly count: number;
}

export interface PodWorkerState {
  readonly pod: KubeObject | undefined;
  readonly static: boolean;
  /** Uid of a static pod's mirror pod, to which its status is reported. */
  readonly mirror: string | undefined;
  readonly sandbox: SandboxStatus | undefined;
  readonly containers: readonly Tracked[];
  /** What the runtime has told and the next relist will show. */
  readonly unseen: readonly ContainerStatus[];
  readonly startedAt: number;
  readonly sync: Sync | undefined;
  /** Something happened during the pass: another one follows. */
  readonly again: boolean;
  /** Volumes: the token of the pod's account, failures so far, and whether all is there. */
  readonly token: string | undefined;
  readonly mountFailures: number;
  /** Since when a pass waits for the volumes. */
  readonly mountAsked: number;
  readonly mounted: boolean;
  /** Containers that are being stopped: their last words are awaited. */
  readonly killing: SortedMap<number>;
  readonly probes: SortedMap<ProbeRun>;
  /** The newest status that was generated, and the one that the API server was told. */
  readonly status: PodStatus | undefined;
  readonly reported: PodStatus | undefined;
  readonly reporting: 'idle' | 'reading' | 'patching';
  readonly events: EventLog;
  readonly recorded: number;
  /** The API server has it no more. */
  readonly deleted: boolean;
  readonly life: 'syncing' | 'terminating' | 'terminated' | 'removed';
}

type WorkerMessage =
  | StartMessage<PodWorkerInput>
  | PodUpdate
  | MirrorUpdate
  | ReferencesChanged
  | Disconnected
  | Due
  | ProbeDue
  | CriResponse
  | CriContainerEvent
  | HttpResponse
  | UndeliverableMessage;
export type WorkerEvent = EventOf<WorkerMessage>;
export type WorkerResult = Outcome<PodWorkerState>;

export const kubeletOf = (event: WorkerEvent): KubeletState => event.parent as KubeletState;
export const hostOf = (event: WorkerEvent): string => event.self.slice(0, event.self.indexOf('/'));

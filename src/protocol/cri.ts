/**
 * The Container Runtime Interface (k8s.io/cri-api, runtime.v1) between a kubelet and its node's runtime, as messages.
 * Only kubelet and container-runtime may import this file.
 */
import type { NetOutcome, NetPayload } from './net.ts';

export interface SandboxConfig {
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  readonly attempt: number;
  readonly hostNetwork: boolean;
  readonly hostname: string;
}
/** Where a volume of the pod appears in a container. */
export interface Mount {
  readonly containerPath: string;
  readonly volume: string;
  readonly subPath?: string | undefined;
  readonly readOnly: boolean;
}
/** A file of a volume, by its path inside the volume. */
export type VolumeFile = readonly [path: string, text: string];
/** LinuxContainerConfig: as whom a container runs, and within which limits. */
export interface LinuxConfig {
  readonly user: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
  readonly readOnlyRoot: boolean;
  /** 0 where there is none. */
  readonly memoryLimitBytes: number;
}
export interface ContainerConfig {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly mounts: readonly Mount[];
  /** Single files that the kubelet mounts: `/etc/hosts`, `/etc/resolv.conf`. */
  readonly files: readonly VolumeFile[];
  /** Its CPU quota in thousandths of a core; undefined where it has none. */
  readonly cpuMillis?: number | undefined;
  readonly attempt: number;
  /** Standard input stays open for who attaches; `stdinOnce` ends it when the first of them has gone. */
  readonly stdin?: boolean | undefined;
  readonly stdinOnce?: boolean | undefined;
  readonly tty?: boolean | undefined;
  readonly linux: LinuxConfig;
}
/** What a kubelet's HTTP, TCP or gRPC probe (or hook) dials in a pod. */
export interface Dial {
  readonly kind: 'httpGet' | 'tcpSocket' | 'grpc';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export type CriOperation =
  | { readonly op: 'RunPodSandbox'; readonly config: SandboxConfig }
  | { readonly op: 'StopPodSandbox'; readonly sandbox: string }
  | { readonly op: 'RemovePodSandbox'; readonly sandbox: string }
  | { readonly op: 'ImageStatus'; readonly image: string }
  | { readonly op: 'PullImage'; readonly image: string }
  | { readonly op: 'CreateContainer'; readonly sandbox: string; readonly config: ContainerConfig }
  | { readonly op: 'StartContainer'; readonly container: string }
  /** SIGTERM, then SIGKILL after the time-out. */
  | { readonly op: 'StopContainer'; readonly container: string; readonly timeoutSeconds: number }
  | { readonly op: 'RemoveContainer'; readonly container: string }
  /** `timeoutSeconds` 0: as long as it takes. */
  | {
      readonly op: 'ExecSync';
      readonly container: string;
      readonly command: readonly string[];
      readonly stdin?: string | undefined;
      readonly timeoutSeconds: number;
    }
  /** Stands for the kubelet's own HTTP and TCP probes, which dial the pod's address. */
  | { readonly op: 'Probe'; readonly container: string; readonly dial: Dial; readonly timeoutSeconds: number }
  /** The pod network of this node, once the Node has one. `10.244.1.0/24` */
  | { readonly op: 'UpdateRuntimeConfig'; readonly podCidr: string }
  /** Stands for the kubelet's writes into the volume directory of a pod, which the runtime mounts. */
  | { readonly op: 'WriteVolume'; readonly podUid: string; readonly volume: string; readonly files: readonly VolumeFile[] }
  | { readonly op: 'ListPodSandbox' }
  | { readonly op: 'ListContainers' }
  | { readonly op: 'ListContainerStats' }
  /** Stands for the kubelet's reading of log files; a followed one goes on in `cri.stream`s. */
  | { readonly op: 'ReadLog'; readonly container: string; readonly follow: boolean }
  /** Stand for the runtime's streaming server, which the kubelet connects its client with. */
  | {
      readonly op: 'Exec';
      readonly container: string;
      readonly command: readonly string[];
      readonly stdin: boolean;
      readonly tty: boolean;
    }
  | { readonly op: 'Attach'; readonly container: string }
  /** One connection to a port inside of a pod. */
  | { readonly op: 'PortForward'; readonly container: string; readonly port: number; readonly payload: NetPayload };

/** A line of a container's log. */
export interface LogLine {
  readonly at: number;
  readonly text: string;
}
/** More of what was asked for with this id: output, lines of a log; at its end the exit code of what ran. */
export interface CriStream {
  readonly type: 'cri.stream';
  readonly id: string;
  readonly output?: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[] | undefined;
  readonly lines?: readonly LogLine[] | undefined;
  readonly ended?: { readonly exitCode: number } | undefined;
}
/** Standard input for a command or an attached container; text undefined is its end. */
export interface CriInput {
  readonly type: 'cri.input';
  readonly id: string;
  readonly text: string | undefined;
}
/** Nobody listens any more. */
export interface CriHangUp {
  readonly type: 'cri.hang-up';
  readonly id: string;
}

export interface CriRequest {
  readonly type: 'cri.request';
  readonly id: string;
  readonly operation: CriOperation;
}

export interface ContainerStatus {
  readonly id: string;
  readonly sandbox: string;
  readonly name: string;
  readonly image: string;
  /** The reference that the container was created with. */
  readonly requested: string;
  /** Digest form, as `imageID` shows it. */
  readonly imageRef: string;
  readonly attempt: number;
  readonly state: 'created' | 'running' | 'exited';
  /** Milliseconds since the epoch; 0 where it has not happened. */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message: string;
}
export interface SandboxStatus {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly state: 'ready' | 'not-ready';
  readonly ip: string;
  readonly createdAt: number;
}

/** What a container has used so far, and which pod it belongs to (its labels). */
export interface ContainerStats {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export type CriResult =
  | { readonly op: 'RunPodSandbox'; readonly sandbox: SandboxStatus }
  | { readonly op: 'ImageStatus'; readonly present: boolean; readonly sizeBytes: number }
  | { readonly op: 'PullImage'; readonly imageRef: string; readonly sizeBytes: number }
  | { readonly op: 'CreateContainer' | 'StartContainer' | 'StopContainer'; readonly container: ContainerStatus }
  | { readonly op: 'ExecSync'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  /** `status` is that of HTTP; 0 where something listened and nothing more was asked. */
  | { readonly op: 'Probe'; readonly outcome: 'answered' | 'refused' | 'timeout'; readonly status: number; readonly body: string }
  | { readonly op: 'ListPodSandbox'; readonly sandboxes: readonly SandboxStatus[] }
  | { readonly op: 'ListContainers'; readonly containers: readonly ContainerStatus[] }
  | { readonly op: 'ListContainerStats'; readonly stats: readonly ContainerStats[] }
  | { readonly op: 'ReadLog'; readonly lines: readonly LogLine[] }
  | { readonly op: 'PortForward'; readonly outcome: NetOutcome }
  | { readonly op: 'StopPodSandbox' | 'RemovePodSandbox' | 'RemoveContainer' | 'WriteVolume' | 'UpdateRuntimeConfig' | 'Exec' | 'Attach' };

/** `error` is the runtime's own text, which the kubelet quotes in events and statuses. */
export type CriResponse =
  | { readonly type: 'cri.response'; readonly id: string; readonly result: CriResult }
  | {
      readonly type: 'cri.response';
      readonly id: string;
      readonly error: string;
      readonly code: 'NotFound' | 'Unauthenticated' | 'Unknown';
    };

/** Evented PLEG: the runtime tells of every change of a container's state. */
export interface CriContainerEvent {
  readonly type: 'cri.event';
  readonly podUid: string;
  readonly container: ContainerStatus;
}

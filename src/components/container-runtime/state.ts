import type { SortedMap } from '#base/sorted-map.ts';
import type { Outcome } from '#kernel/step.ts';
import type { EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { CommandDone, CommandOutput } from '#protocol/command.ts';
import type { ContainerConfig, ContainerStatus, CriHangUp, CriInput, CriRequest, LogLine, SandboxStatus } from '#protocol/cri.ts';
import type { NetDial, NetReply } from '#protocol/net.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Need, NetRequest, Process } from './userland/index.ts';

/**
 * A port of a real process: `net` takes connections as they are (`net.dial`), `rest` speaks as the API server does, and
 * `health` says that it is well as long as it runs.
 */
export interface BinaryPort {
  readonly port: number;
  readonly speaks: 'net' | 'rest' | 'health';
}

/** An image whose containers are real processes of this world. */
export interface Binary {
  /** Prefix of the image's name. */
  readonly image: string;
  readonly address: string;
  readonly definition: string;
  readonly input: unknown;
  /** It speaks as the service account whose token is mounted into its container (rest.InClusterConfig). */
  readonly inCluster?: boolean | undefined;
  readonly ports: readonly BinaryPort[];
}

export interface RuntimeInput {
  /** `10.244.0`: the first three parts of the pod addresses of this node, until its Node says otherwise. */
  readonly podNetwork: string;
  readonly hostIp: string;
  /** Images that are on the node already, by prefix. */
  readonly cached: readonly string[];
  /** The fake runtime of hollow nodes: everything is there, starts at once and never ends. */
  readonly hollow: boolean;
  readonly binaries: readonly Binary[];
}

/** A program that runs in a container, and what it waits for. */
export interface Running {
  readonly process: Process;
  readonly need: Need;
}
/** The time for which a container has had a core: what is past, and since when a program of it has not slept. */
export interface CpuUse {
  readonly usedMs: number;
  readonly busySince: number | undefined;
}
export interface Container {
  readonly status: ContainerStatus;
  readonly config: ContainerConfig;
  readonly log: readonly LogLine[];
  /** Whether the last line still goes on. */
  readonly open: boolean;
  /** Files of its own, by absolute path; mounts lie over them. */
  readonly files: SortedMap<string>;
  readonly running: Running | undefined;
  readonly cpu: CpuUse;
  /** Address of the process of this world that it is. */
  readonly binary: string | undefined;
}

/** A command that runs beside a container's own process: who waits for it, and what it has said. */
export interface Exec {
  readonly container: string;
  readonly running: Running;
  readonly stdout: string;
  readonly stderr: string;
  readonly asked: Asked;
  /** Its output is sent as it comes; both streams are one where it has a terminal. */
  readonly streamed: 'no' | 'apart' | 'terminal';
}
/** Who listens to a container: to what its program says (attach), or to its log. */
export interface Listening {
  readonly asked: Asked;
  readonly container: string;
  readonly to: 'output' | 'log';
}
export interface Asked {
  readonly client: string;
  readonly id: string;
}

/** A client program of a real process that runs in its container, as a process of this world: etcdctl beside etcd. */
export interface Tool {
  readonly stdout: string;
  readonly stderr: string;
  readonly asked: Asked;
}

/** A connection that somebody here waits for: a program, or a kubelet's probe. */
export type Caller =
  | { readonly type: 'program'; readonly owner: string; readonly need: number; readonly request: NetRequest }
  | { readonly type: 'probe' | 'forward'; readonly asked: Asked };
export interface Connection {
  readonly caller: Caller;
  /** Address of the pod that it comes from. */
  readonly from: string;
  readonly ip: string;
  /** Names that are still to be tried, while the name server is asked. */
  readonly names: readonly string[];
  readonly server: string;
}

export interface RuntimeState {
  readonly input: RuntimeInput;
  readonly kubelet: string;
  /** First three parts of the pod addresses. */
  readonly network: string;
  /** The last part of the address that was given last (CNI host-local IPAM gives the next free one). */
  readonly lastAddress: number;
  readonly sandboxes: SortedMap<SandboxStatus>;
  readonly containers: SortedMap<Container>;
  /** Files of volumes, by the volume and their path in it. */
  readonly volumes: SortedMap<SortedMap<string>>;
  readonly images: SortedMap<true>;
  readonly execs: SortedMap<Exec>;
  /** By the name of the child process. */
  readonly tools: SortedMap<Tool>;
  readonly listening: SortedMap<Listening>;
  /** Lines that are being typed at terminals, by whom they are for. */
  readonly typed: SortedMap<string>;
  readonly connections: SortedMap<Connection>;
  /** Connections to an API server here that wait for its answer. */
  readonly calls: SortedMap<NetDial>;
  /** Who waits for a container to stop. */
  readonly stopping: SortedMap<Asked>;
  readonly next: number;
}

export interface Pulled {
  readonly type: 'runtime.pulled';
  readonly asked: Asked;
  readonly image: string;
}
/** A program has slept enough (turn), has had its time (kill), or a command took too long (expire). */
export interface Due {
  readonly type: 'runtime.due';
  readonly what: 'turn' | 'kill' | 'expire';
  /** A container's id, or that of a command in one. */
  readonly owner: string;
}
type Message =
  | CommandOutput
  | CommandDone
  | StartMessage<RuntimeInput>
  | CriRequest
  | CriInput
  | CriHangUp
  | Pulled
  | Due
  | NetDial
  | NetReply
  | HttpResponse
  | PeerClosedMessage
  | TerminateMessage
  | UndeliverableMessage;
export type RuntimeEvent = EventOf<Message>;
export type RuntimeResult = Outcome<RuntimeState>;

/** What comes after a result, with its effects behind those of the first. */
export function andThen(result: RuntimeResult, next: (state: RuntimeState) => RuntimeResult): RuntimeResult {
  const { context, effects } = next(result.context);
  return { context, effects: effects.length === 0 ? result.effects : [...result.effects, ...effects] };
}

export const nothing = (context: RuntimeState): RuntimeResult => ({ context, effects: [] });

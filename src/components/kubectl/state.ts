import type { RandomState } from '#base/random.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { SortedMap } from '#base/sorted-map.ts';
import type { NetDial } from '#protocol/net.ts';
import type { HttpResponse, StreamFrame } from '#protocol/rest.ts';
import type { Operation, Unanswered } from './operations.ts';

/** What a kubectl process is started with. */
export interface KubectlInput {
  /** Without `kubectl` itself. */
  readonly argv: readonly string[];
  readonly stdin?: string | undefined;
  /** Files that `-f` and `--from-file` may name. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly client: ClientConfig;
  /** The namespace of the kubeconfig's context. */
  readonly namespace?: string | undefined;
  /** A shell command that edits the file it is given (KUBE_EDITOR), or `interactive` to ask the parent. */
  readonly editor?: string | undefined;
  readonly terminal?: boolean | undefined;
}

/** What is asked at the moment and has been answered so far. */
export interface Waiting {
  readonly operation: Operation;
  /** Request id → index, of calls that are still open. */
  readonly open: readonly string[];
  readonly answers: readonly (HttpResponse | Unanswered | undefined)[];
  /** Whether a connection has been upgraded, and takes input. */
  readonly upgraded?: boolean | undefined;
  /** The folded state of a stream. */
  readonly folded: unknown;
}

/** A port of this computer, and the port of a pod that it leads to. */
export interface ForwardedPort {
  readonly port: number;
  readonly remote: number;
}

/** The state of a kubectl process. */
export interface KubectlState {
  readonly input: KubectlInput | undefined;
  /** Who asks, where it is not the kubeconfig's user. */
  readonly client: ClientConfig | undefined;
  readonly answers: readonly unknown[];
  readonly waiting: Waiting | undefined;
  readonly random: RandomState;
  readonly nextRequest: number;
  /** What has been typed before anybody reads it. */
  readonly typed: readonly StreamFrame[];
  /** Ports of this computer that are this command's. */
  readonly ports: readonly ForwardedPort[];
  /** Connections to them: number → who dialled. */
  readonly dials: SortedMap<NetDial>;
  readonly code: number | undefined;
}

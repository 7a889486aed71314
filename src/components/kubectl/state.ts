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

/** Printed text, sent to the parent as it comes. */
export interface CommandOutput {
  readonly type: 'command.output';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}
/** The end of the command, sent to the parent. */
export interface CommandDone {
  readonly type: 'command.done';
  readonly code: number;
}
/** A file for the parent's workspace. */
export interface CommandFile {
  readonly type: 'command.file';
  readonly path: string;
  readonly content: string;
}
/** Asks the parent for its user's editor. */
export interface CommandEdit {
  readonly type: 'command.edit';
  readonly fileName: string;
  readonly text: string;
}
/** The parent's answer to `command.edit`; text undefined where the editor was closed without saving. */
export interface CommandEdited {
  readonly type: 'command.edited';
  readonly text: string | undefined;
}
/** Tells the parent that what is typed is for this command; `tty` where its program shows the keys. */
export interface CommandReads {
  readonly type: 'command.reads';
  readonly tty: boolean;
}
/** Something has been typed; text undefined is the end of the input. */
export interface CommandInput {
  readonly type: 'command.input';
  readonly text: string | undefined;
}
/** Ctrl-C. */
export interface CommandInterrupt {
  readonly type: 'command.interrupt';
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

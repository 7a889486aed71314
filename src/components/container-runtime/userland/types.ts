import type { SortedMap } from '#base/sorted-map.ts';
import type { Process } from './state.ts';

/**
 * What a step may see of the world; nothing else.
 *
 * `files` maps absolute paths to texts, with mounts already resolved. A directory exists where some file is below it, or
 * where a key ends with `/` (`/shared/` → ''): that is how an empty volume and `mkdir` are told.
 */
export interface ProcessView {
  readonly files: SortedMap<string>;
  /** Virtual time, milliseconds since the epoch. */
  readonly now: number;
  readonly hostname: string;
  readonly ip: string;
  /** Paths that cannot be written below (`/etc/config` of a ConfigMap; `/` for readOnlyRootFilesystem). */
  readonly readOnly?: readonly string[] | undefined;
  /** Below these everybody can write, though something above is read-only (an emptyDir under a read-only root). */
  readonly writable?: readonly string[] | undefined;
  /** Processes of the container, for `ps` and `kill`. */
  readonly others?: readonly ProcessLine[] | undefined;
}

/** A line of `ps`. */
export interface ProcessLine {
  readonly pid: number;
  readonly command: string;
}

/** Which programs an image has. `other` has all of them. */
export type ImageKind = 'busybox' | 'nginx' | 'redis' | 'httpd' | 'debian' | 'other';

export interface ProcessStart {
  readonly argv: readonly string[];
  /** In the order in which the runtime gives it. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly cwd: string;
  readonly image: ImageKind;
  /** The image's tag, from which programs have their versions. */
  readonly tag?: string | undefined;
  /** Its whole standard input; nothing (as from /dev/null) where there is none; `open` where it comes by `feedProcess`. */
  readonly stdin?: string | { readonly open: true } | undefined;
  /** 1 for a container's own process. The commands of `exec` get others, and no special treatment of signals. */
  readonly pid?: number | undefined;
  /** Its input and output are a terminal: a shell shows its prompt. */
  readonly tty?: boolean | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** With the group itself. */
  readonly groups?: readonly number[] | undefined;
}

export type SignalName = 'HUP' | 'INT' | 'QUIT' | 'KILL' | 'USR1' | 'USR2' | 'PIPE' | 'ALRM' | 'TERM' | 'CHLD' | 'CONT' | 'STOP' | 'WINCH';

/** What a program asks the network for. Host names are as the program was given them, but for what /etc/hosts knows. */
export type NetRequest =
  | {
      readonly type: 'http';
      readonly scheme: 'http' | 'https';
      readonly host: string;
      readonly port: number;
      readonly method: string;
      /** With its query. */
      readonly path: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
      readonly timeoutMs: number | undefined;
    }
  | { readonly type: 'dns'; readonly name: string; readonly server: string | undefined }
  /** Connects; where there is data, sends it and gives back what came. */
  | {
      readonly type: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly data: string | undefined;
      readonly timeoutMs: number | undefined;
    };

/** Why there was no answer. `bad-address`: the name does not exist; `no-resolver`: no name server answered. */
export type NetFailure = 'bad-address' | 'no-resolver' | 'refused' | 'timeout' | 'unreachable' | 'reset';

export type NetAnswer =
  | {
      readonly type: 'http';
      readonly address: string;
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  /** `name` is the full name that was found (`db.default.svc.cluster.local`). */
  | { readonly type: 'dns'; readonly server: string; readonly name: string; readonly addresses: readonly string[] }
  | { readonly type: 'tcp'; readonly address: string; readonly data: string }
  /** `address` where the name was found; `server` is the name server that was asked. */
  | { readonly type: 'failed'; readonly failure: NetFailure; readonly address?: string; readonly server?: string };

/** A port on which a process of the container listens. */
export interface Listener {
  readonly port: number;
  readonly protocol: 'http' | 'redis' | 'tcp';
}

/**
 * What a process waits for. Signals, input and requests to its ports may come at any time. `ms`, where it is given with
 * something else, is a time after which it wants to be resumed in any case (without an answer).
 */
export type Need =
  | { readonly type: 'sleep'; readonly ms: number }
  /** One request at a time. The same `id` as in the turn before: it is still under way, and is not to be sent again. */
  | { readonly type: 'request'; readonly id: number; readonly request: NetRequest; readonly ms?: number }
  | { readonly type: 'serve'; readonly listeners: readonly Listener[]; readonly ms?: number }
  /** Only a signal (or input) ends it. */
  | { readonly type: 'wait' }
  | { readonly type: 'exit'; readonly code: number };

export interface Write {
  readonly path: string;
  /** Undefined where the file is removed. A path that ends with `/` is a directory. */
  readonly text: string | undefined;
}

export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** It goes to the log of the container, whoever wrote it (`echo hello > /proc/1/fd/1` of an `exec`). */
  readonly log: boolean;
}

/** What one step came to. Writes and outputs are in order. */
export interface Turn {
  readonly process: Process;
  readonly writes: readonly Write[];
  readonly output: readonly Output[];
  /** Signals for processes of the container that are not of this one (`kubectl exec POD -- kill 1`). */
  readonly signals: readonly { readonly pid: number; readonly signal: SignalName }[];
  /** What its tasks have taken. */
  readonly memoryBytes: number;
  /** Answers that were promised for later. */
  readonly responses: readonly { readonly id: number; readonly response: ServedResponse }[];
  readonly need: Need;
}

/** There was nothing to start. */
export interface StartFailure {
  readonly error: 'not-found' | 'permission-denied';
  readonly program: string;
}

export type ServedRequest =
  | {
      readonly type: 'http';
      readonly port: number;
      readonly client: string;
      readonly method: string;
      readonly path: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  | { readonly type: 'tcp'; readonly port: number; readonly client: string; readonly data: string };

export type ServedResponse =
  | {
      readonly type: 'http';
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  | { readonly type: 'tcp'; readonly data: string }
  /** Nothing listens on the port. */
  | { readonly type: 'refused' }
  /** The answer comes with a later turn: the server has to ask others first. */
  | { readonly type: 'later'; readonly id: number };

/** A turn that also answers a request. */
export interface Served extends Turn {
  readonly response: ServedResponse;
}

import type { Outcome } from '#kernel/step.ts';
import type { EventOf, Message, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { CommandInterrupt } from '#protocol/command.ts';
import type { EtcdResponse, EtcdWatchResponse } from '#protocol/etcd.ts';
import type { Operation } from './operations.ts';

/** What an etcdctl (or etcdutl) is started with. */
export interface EtcdctlInput {
  readonly program: 'etcdctl' | 'etcdutl';
  readonly argv: readonly string[];
  /** The host that 127.0.0.1 is. */
  readonly host: string;
  /** Hosts by their addresses in the network. */
  readonly names: Readonly<Record<string, string>>;
}

export interface EtcdctlState {
  readonly input: EtcdctlInput;
  readonly answers: readonly unknown[];
  readonly waiting: Operation | undefined;
  readonly asked: number;
  /** Why the member could not be reached, as far as it is known. */
  readonly refused: boolean;
}

export interface Waited extends Message {
  readonly type: 'etcdctl.waited';
}

export type EtcdctlEvent = EventOf<
  StartMessage<EtcdctlInput> | EtcdResponse | EtcdWatchResponse | Waited | CommandInterrupt | UndeliverableMessage | TerminateMessage
>;
export type Result = Outcome<EtcdctlState>;

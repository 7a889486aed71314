import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { InformerRetry, InformerState } from '#machinery/informer.ts';
import type { Outcome } from '#kernel/step.ts';
import type {
  ChildExitedMessage,
  EventOf,
  FileChangedMessage,
  PeerClosedMessage,
  StartMessage,
  UndeliverableMessage,
} from '#kernel/types.ts';
import type { CriContainerEvent, CriResponse } from '#protocol/cri.ts';
import type { HttpClientMessage, HttpRequest } from '#protocol/rest.ts';

export interface KubeletInput {
  readonly client: ClientConfig;
  readonly hostIp: string;
  readonly hollow: boolean;
  /** The Node as it registers itself: labels, capacity, addresses, nodeInfo. */
  readonly node: { readonly metadata: object; readonly spec: object; readonly status: object };
}
/** A heartbeat is due. */
export interface Tick {
  readonly type: 'kubelet.tick';
}
export interface KubeletState {
  readonly input: KubeletInput;
  readonly pods: InformerState | undefined;
  readonly registered: boolean;
  /** Static pods by full name → manifest as a Pod. */
  readonly static: SortedMap<KubeObject>;
  readonly workers: SortedMap<string>;
  readonly lease: KubeObject | undefined;
  /** Log requests that wait for the runtime: CRI id → who asked. */
  readonly logs: SortedMap<{ readonly client: string; readonly id: string }>;
  readonly next: number;
}
type Message =
  | StartMessage<KubeletInput>
  | HttpClientMessage
  | HttpRequest
  | InformerRetry
  | Tick
  | CriContainerEvent
  | CriResponse
  | FileChangedMessage
  | ChildExitedMessage
  | PeerClosedMessage
  | UndeliverableMessage;
export type KubeletEvent = EventOf<Message>;
export type KubeletResult = Outcome<KubeletState>;

/** The node's name: the host of its kubelet. */
export const nameOf = (event: KubeletEvent): string => event.self.slice(0, event.self.indexOf('/'));

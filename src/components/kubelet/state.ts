import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { ClientConfig } from '#machinery/client.ts';
import type { InformerRetry, InformerState } from '#machinery/informer.ts';
import type { Outcome } from '#kernel/step.ts';
import type {
  EventOf,
  FileChangedMessage,
  PeerClosedMessage,
  StartMessage,
  TerminateMessage,
  UndeliverableMessage,
} from '#kernel/types.ts';
import type { ContainerStatus, CriContainerEvent, CriOperation, CriResponse, CriStream, SandboxStatus } from '#protocol/cri.ts';
import type { HttpAbort, HttpClientMessage, HttpInput, HttpRequest } from '#protocol/rest.ts';
import { dataOf, type Found, type ReferencedKind } from './environment.ts';

export interface KubeletInput {
  readonly client: ClientConfig;
  readonly hostIp: string;
  readonly hollow: boolean;
  /** What containers are told of the cluster's name server. */
  readonly dns: { readonly server: string; readonly domain: string };
  /** The Node as it registers itself: labels, capacity, addresses, nodeInfo. */
  readonly node: { readonly metadata: object; readonly spec: object; readonly status: object };
}
/** A heartbeat is due, or the runtime is to be asked again what it has. */
export interface Tick {
  readonly type: 'kubelet.tick';
  readonly what: 'heartbeat' | 'runtime';
}
/** Who waits for the runtime, and for what. */
export interface Asked {
  readonly client: string;
  readonly id: string;
  readonly query: HttpRequest['query'];
  /** What the runtime was asked to do. */
  readonly op?: CriOperation['op'] | undefined;
  /** A connection that is forwarded to this container; each of its connections is a question of its own. */
  readonly forwards?: string | undefined;
  /** The number and the port of one of those. */
  readonly connection?: number | undefined;
  readonly port?: number | undefined;
}
export interface KubeletState {
  readonly input: KubeletInput;
  readonly startedAt: number;
  readonly pods: InformerState | undefined;
  /** Services, and each ConfigMap and Secret that a pod here names, by the id of its informer. */
  readonly others: SortedMap<InformerState>;
  readonly registered: boolean;
  /** Undefined until the runtime has told what it has; no pod is looked at before. */
  readonly sandboxes: readonly SandboxStatus[] | undefined;
  readonly containers: readonly ContainerStatus[] | undefined;
  /** Static pods by full name → manifest as a Pod. */
  readonly static: SortedMap<KubeObject>;
  readonly workers: SortedMap<string>;
  /** The pod network of the node, as its Node says. */
  readonly podCidr: string;
  readonly lease: KubeObject | undefined;
  /** Requests that wait for the runtime, or stream: CRI id → who asked. */
  readonly asked: SortedMap<Asked>;
  readonly next: number;
}
type Message =
  | StartMessage<KubeletInput>
  | HttpClientMessage
  | HttpRequest
  | HttpInput
  | HttpAbort
  | InformerRetry
  | Tick
  | CriContainerEvent
  | CriResponse
  | CriStream
  | FileChangedMessage
  | PeerClosedMessage
  | TerminateMessage
  | UndeliverableMessage;
export type KubeletEvent = EventOf<Message>;
export type KubeletResult = Outcome<KubeletState>;

/** The node's name: the host of its kubelet. */
export const nameOf = (event: KubeletEvent): string => event.self.slice(0, event.self.indexOf('/'));

/** The id of the informer of one object that pods name. */
export const referenceId = (kind: ReferencedKind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

/** A ConfigMap or Secret as this kubelet knows it (pkg/kubelet/util/manager, watch based). */
export function findObject(state: KubeletState, kind: ReferencedKind, namespace: string, name: string): Found {
  const informer = state.others.get(referenceId(kind, namespace, name));
  if (informer === undefined || !informer.synced) return 'unknown';
  const object = informer.store.get(`${namespace}/${name}`);
  return object === undefined ? 'missing' : dataOf(kind, object);
}

/** The services of the cluster, for the environment of containers. */
export const servicesOf = (state: KubeletState): readonly KubeObject[] => [...(state.others.get('services')?.store.values() ?? [])];

/**
 * The network between pods: what a host's kernel has been told to do with packets, and one exchange over a connection.
 * Connections are one request and one answer: enough for HTTP, DNS and the small protocols that containers here speak.
 */

/** Where a host keeps its packet rules. They outlive whoever wrote them: services go on when kube-proxy is stopped. */
export const rulesFile = '/proc/net/kube-proxy-rules';

/** Where a computer keeps which process listens on a port of its loopback address. */
export const listenerFile = (port: number): string => `/proc/net/tcp/${port}`;

export interface EndpointRule {
  readonly ip: string;
  readonly port: number;
  readonly node: string;
}
/** One port of a service (KUBE-SVC-… of the nat table): which connections it takes, and where they may go. */
export interface ServiceRule {
  /** `default/web:http` */
  readonly name: string;
  readonly protocol: string;
  /** Cluster, external and load-balancer addresses. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** 0 where there is none. */
  readonly nodePort: number;
  /** Clients keep their endpoint (sessionAffinity: ClientIP). */
  readonly sticky: boolean;
  readonly endpoints: readonly EndpointRule[];
}
/** Which host addresses are on. */
export interface RouteRule {
  /** The beginning of the addresses of a pod network (`10.244.1.`), or a whole address. */
  readonly prefix: string;
  readonly node: string;
}
export interface PacketRules {
  readonly services: readonly ServiceRule[];
  readonly routes: readonly RouteRule[];
}

/** What is sent over a connection. */
export type NetPayload =
  | {
      readonly type: 'http';
      readonly method: string;
      readonly path: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  | { readonly type: 'dns'; readonly name: string }
  | { readonly type: 'tcp'; readonly data: string };

export type NetOutcome =
  | {
      readonly type: 'http';
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  /** No address: the name does not exist (NXDOMAIN). */
  | { readonly type: 'dns'; readonly addresses: readonly string[] }
  | { readonly type: 'tcp'; readonly data: string }
  | { readonly type: 'failed'; readonly failure: 'refused' | 'timeout' | 'unreachable' };

/** A connection to an address of the host that receives this. */
export interface NetDial {
  readonly type: 'net.dial';
  readonly id: string;
  /** Address of the client's pod or host, and the process that waits for the answer. */
  readonly client: string;
  readonly replyTo: string;
  readonly ip: string;
  readonly port: number;
  readonly payload: NetPayload;
}
export interface NetReply {
  readonly type: 'net.reply';
  readonly id: string;
  readonly outcome: NetOutcome;
}

import type { Address, Effect, Message, Origin } from '#kernel/types.ts';
import type { EtcdOperation, EtcdRequest, EtcdResponse } from '#protocol/etcd.ts';

/**
 * The server's connections to the members of etcd (etcd client/v3: gRPC's round_robin balancer over all endpoints). Requests
 * go to the connected members in turn; the watches are one stream, which is at one member at a time.
 */
export interface EtcdConnections {
  readonly endpoints: readonly Address[];
  /** Members that are not connected → how often connecting has failed since. */
  readonly broken: Readonly<Record<Address, number>>;
  /** The member that the watches are at; '' while there is none. */
  readonly stream: Address;
}

/** A member that could not be reached may be there again. */
export interface EtcdReconnect extends Message {
  readonly type: 'etcd.reconnect';
  readonly endpoint: Address;
}

export const noConnections: EtcdConnections = { endpoints: [], broken: {}, stream: '' };

/** Connections to members of which none is connected yet. */
export const connectionsTo = (endpoints: readonly Address[]): EtcdConnections => ({
  endpoints,
  broken: Object.fromEntries(endpoints.map((endpoint) => [endpoint, 0])),
  stream: '',
});

const certificate = 'kube-apiserver-etcd-client';

/** A request as the API server sends it: with its client certificate. */
export const etcdRequest = (id: string, operation: EtcdOperation): EtcdRequest => ({ type: 'etcd.request', id, certificate, operation });

const connected = ({ endpoints, broken }: EtcdConnections): readonly Address[] =>
  endpoints.filter((endpoint) => broken[endpoint] === undefined);

/** The member whose turn it is; undefined where none is connected. */
export function memberFor(connections: EtcdConnections, turn: number): Address | undefined {
  const members = connected(connections);
  return members[turn % members.length];
}

/** The first member that is connected: where the watches go. */
export const firstMember = (connections: EtcdConnections): Address | undefined => connected(connections)[0];

// ── errors ──────────────────────────────────────────────────────────────────

const unavailable = (text: string): string => `rpc error: code = Unavailable desc = ${text}`;

/** What a request comes to that found no connection: an answer with gRPC's words. */
export const unconnected = (id: string): EtcdResponse =>
  noAnswer(
    id,
    unavailable('connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"'),
  );
/** What a request comes to whose connection broke before its answer. */
export const disconnected = (id: string): EtcdResponse => noAnswer(id, unavailable('error reading from server: EOF'));

function noAnswer(id: string, error: string): EtcdResponse {
  return { type: 'etcd.response', id, header: { member: '', revision: 0, raftTerm: 0 }, error };
}

/** Errors with the code Unavailable (etcd api/v3/v3rpc/rpctypes/error.go). */
const unavailableErrors =
  /^rpc error: code = Unavailable|^etcdserver: (?:no leader|leader changed|not capable|request timed out|server stopped|server is likely overloaded|too many requests)/;

/** How long it waits before it asks again, and how often it does so where nothing is connected (etcd: 25 ms, 100 times). */
export const retryMs = 250;
const maxRetries = 10;

const reads = (operation: EtcdOperation): boolean => ['range', 'status', 'lease-keep-alive'].includes(operation.op);

/**
 * Whether a request that failed is asked again (client/v3/retry_interceptor.go): reads whenever a member was not available,
 * and everything whose time ran out at the member and not here. @param failures how often it has failed already
 */
export function asksAgain(operation: EtcdOperation, answer: EtcdResponse, failures: number): boolean {
  if (!('error' in answer)) return false;
  if (answer.error === 'context deadline exceeded') return true;
  const lasting = answer.error.startsWith('rpc error');
  return reads(operation) && unavailableErrors.test(answer.error) && (!lasting || failures < maxRetries);
}

// ── connecting ──────────────────────────────────────────────────────────────

/** gRPC's back-off between attempts to connect (backoff.DefaultConfig), without its jitter. */
const baseMs = 1000;
const factor = 1.6;
const maxMs = 120_000;

/** How a member is asked whether it is there: the answer's id names it. */
const probeId = (endpoint: Address): string => `connect ${endpoint}`;
export const probed = (id: string): Address | undefined => (id.startsWith('connect ') ? id.slice('connect '.length) : undefined);

/** Tries to connect to a member. */
export function connect(endpoint: Address): Effect {
  return { type: 'send', to: endpoint, message: etcdRequest(probeId(endpoint), { op: 'status' }), chatter: true };
}

function later(endpoint: Address, afterMs: number): Effect {
  const message: EtcdReconnect = { type: 'etcd.reconnect', endpoint };
  return { type: 'arm', timer: `etcd ${endpoint}`, afterMs, message, chatter: true };
}

/** A member that has not answered yet is tried again. */
export const tryLater = (endpoint: Address): Effect => later(endpoint, baseMs);

/** A member could not be reached, or its connection broke: it is tried again, at once for the first time. */
export function broke(
  connections: EtcdConnections,
  endpoint: Address,
): { readonly connections: EtcdConnections; readonly effects: readonly Effect[] } {
  const failures = connections.broken[endpoint];
  const broken = { ...connections.broken, [endpoint]: failures === undefined ? 0 : failures + 1 };
  const afterMs = failures === undefined ? 0 : Math.min(maxMs, baseMs * factor ** failures);
  return {
    connections: { ...connections, broken, stream: connections.stream === endpoint ? '' : connections.stream },
    effects: [later(endpoint, afterMs)],
  };
}

/** A member has answered. */
export function mended(connections: EtcdConnections, endpoint: Address): EtcdConnections {
  const { [endpoint]: _, ...broken } = connections.broken;
  return { ...connections, broken };
}

/** A request to whichever member's turn it is, with the connection watched; undefined where none is connected. */
export function askEtcd(
  connections: EtcdConnections,
  turn: number,
  id: string,
  operation: EtcdOperation,
  because?: Origin,
): readonly Effect[] | undefined {
  const to = memberFor(connections, turn);
  if (to === undefined) return undefined;
  return [
    { type: 'link', to },
    { type: 'send', to, message: etcdRequest(id, operation), because },
  ];
}

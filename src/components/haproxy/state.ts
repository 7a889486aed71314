import { SortedMap } from '#base/sorted-map.ts';
import type { Address, Message, Millis } from '#kernel/types.ts';

/** How a load balancer is started: whom it hands connections to. */
export interface ProxyInput {
  readonly servers: readonly Address[];
}

/** A server as the health check sees it (`inter 2s fall 3 rise 2`). */
export interface Server {
  readonly address: Address;
  readonly up: boolean;
  /** Checks in a row that said the opposite of `up`. */
  readonly contrary: number;
  /** Since when nothing at all has been heard of it; undefined while it is heard. */
  readonly silentSince: Millis | undefined;
  /** Connections that it has. */
  readonly sessions: number;
}

export interface ProxyState {
  readonly servers: readonly Server[];
  /** Client → the process of its connection. */
  readonly connections: SortedMap<Address>;
  /** The process of a connection → the server that it is at. */
  readonly places: SortedMap<Address>;
  readonly next: number;
  readonly turn: number;
  readonly check: number;
  /** Servers whose answer to the present check is still to come. */
  readonly unanswered: readonly Address[];
}

export const emptyState: ProxyState = {
  servers: [],
  connections: SortedMap.empty(),
  places: SortedMap.empty(),
  next: 1,
  turn: 0,
  check: 0,
  unanswered: [],
};

/** How a connection is started. */
export interface ConnectionInput {
  readonly client: Address;
  readonly server: Address;
}

/** A connection whose server does not take it asks for another one (`option redispatch`). */
export interface Redispatch extends Message {
  readonly type: 'proxy.redispatch';
  readonly refused: Address;
}
/** The other server; undefined where there is none. */
export interface Dispatched extends Message {
  readonly type: 'proxy.dispatched';
  readonly server: Address | undefined;
}
/** Nothing is heard any more from the other end. */
export interface Dead extends Message {
  readonly type: 'proxy.dead';
}

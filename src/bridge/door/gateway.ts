import type { JournalEntry } from '#kernel/types.ts';
import type { HttpChunk, HttpClientMessage, HttpRequest, HttpResponse, StreamFrame } from '#protocol/rest.ts';
import type { Session } from '#session/session.ts';

/** Who hears what becomes of a request. */
export interface Exchange {
  response(response: HttpResponse): void;
  chunk(chunk: HttpChunk): void;
  /** The server ends a stream. */
  end(): void;
  /** Nobody answers: the API server is down, or the way to it is cut. */
  unreachable(reason: string): void;
}

/** A request that is open. */
export interface Connection {
  /** Gives it up. */
  abort(): void;
  /** Sends more on an upgraded connection. */
  send(frames: readonly StreamFrame[]): void;
}

const host = 'outside';
const address = `${host}/client`;

/**
 * Carries requests of real clients into a session and answers out of it. Requests are inputs of the run; what comes back
 * is read from the journal. Time passes only through `pass`.
 */
export class Gateway {
  private readonly open = new Map<string, Exchange>();
  private next = 1;

  constructor(
    private readonly session: Session,
    server: string,
  ) {
    session.input({ type: 'add-host', host: { name: host }, processes: [{ address, definition: 'external-client', input: { server } }] });
    this.pass(1);
  }

  send(request: Omit<HttpRequest, 'type' | 'id'>, exchange: Exchange): Connection {
    const id = `external-${this.next++}`;
    this.open.set(id, exchange);
    this.input({ type: 'client.send', request: { type: 'http.request', id, ...request } });
    return {
      abort: () => {
        if (this.open.delete(id)) this.input({ type: 'client.abort', id });
      },
      send: (frames) => {
        if (this.open.has(id)) this.input({ type: 'client.input', id, frames });
      },
    };
  }

  /** Lets virtual time pass, in milliseconds. */
  pass(ms: number): void {
    this.session.runUntil((entry) => {
      if (entry.process === address) this.hear(entry);
      return false;
    }, ms);
  }

  private input(message: { readonly type: string; readonly [field: string]: unknown }): void {
    this.session.input({ type: 'message', to: address, message });
  }

  private hear(entry: JournalEntry): void {
    if (entry.kind === 'undeliverable') {
      const { message, reason } = entry.message as unknown as { readonly message: HttpRequest; readonly reason: string };
      this.finish(message.id)?.unreachable(reason);
      return;
    }
    const message = entry.message as HttpClientMessage;
    if (message.type === 'http.response') (message.body === null ? this.open.get(message.id) : this.finish(message.id))?.response(message);
    else if (message.type === 'http.chunk') this.open.get(message.id)?.chunk(message);
    else if (message.type === 'http.end') this.finish(message.id)?.end();
  }

  private finish(id: string): Exchange | undefined {
    const exchange = this.open.get(id);
    this.open.delete(id);
    return exchange;
  }
}

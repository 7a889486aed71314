import type http from 'node:http';
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { HttpChunk, HttpRequest, HttpResponse, StreamFrame } from '#protocol/rest.ts';
import { SpdySession, type SpdyStream } from '../spdy/session.ts';
import { ForwardedConnection } from './forwarded.ts';
import type { Connection, Exchange, Gateway } from './gateway.ts';

/** As a kubelet: `streamingConnectionIdleTimeout`. */
const idleMs = 4 * 3600 * 1000;
const maxMessage = 1024 * 1024;
/** Bytes that a client may leave unread before it is dropped. */
const maxUnread = 16 * 1024 * 1024;
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
const forwardProtocol = 'portforward.k8s.io';
const remoteProtocol = 'v4.channel.k8s.io';

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: maxMessage,
  handleProtocols: (offered) => protocols.find((name) => offered.has(name)) ?? false,
});

/** The streams of one upgraded connection, towards the client. */
interface Client {
  take(frame: StreamFrame): void;
  end(): void;
}

/** What an upgrade asks for, and how it is refused. */
export interface Upgrade {
  readonly incoming: http.IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly request: Omit<HttpRequest, 'type' | 'id'>;
  /** Answers in HTTP, and closes. */
  readonly refuse: (response: Pick<HttpResponse, 'status' | 'body'>) => void;
}

/** exec, attach and port-forward of a real client: WebSocket with v5 and v4 of the channel protocol, or SPDY/3.1. */
export function openStreams(gateway: Gateway, upgrade: Upgrade): void {
  const { incoming, socket, request, refuse } = upgrade;
  const spdy = /^spdy\/3\.1$/i.test(String(incoming.headers.upgrade ?? ''));
  const offered = String(incoming.headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
  if (!spdy && !protocols.some((name) => offered.includes(name)))
    return refuse(badRequest(`this server speaks ${protocols.join(' and ')} over WebSocket, not ${offered.join(', ') || 'nothing'}`));
  let client: Client | undefined;
  socket.setTimeout(idleMs, () => socket.destroy());
  const exchange: Exchange = {
    response(response) {
      if (response.status !== 101) return refuse(response);
      const begin = (made: Client): void => void (client = made);
      if (spdy) beginSpdy(upgrade, connection, begin);
      else sockets.handleUpgrade(incoming, socket, upgrade.head, (ws) => begin(overWebSocket(ws, request, connection)));
    },
    chunk(chunk: HttpChunk) {
      if (socket.writableLength > maxUnread) socket.destroy();
      for (const frame of chunk.frames ?? []) client?.take(frame);
    },
    end: () => client?.end(),
    unreachable: () => void socket.destroy(),
  };
  const connection = gateway.send(request, exchange);
  socket.on('close', () => connection.abort());
  socket.on('error', () => socket.destroy());
}

const badRequest = (message: string): Pick<HttpResponse, 'status' | 'body'> => ({
  status: 400,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'BadRequest', code: 400 },
});

const isForward = ({ path }: Pick<HttpRequest, 'path'>): boolean => path.endsWith('/portforward');

/** A terminal gets its lines as a terminal's driver writes them (ONLCR). */
const lined = (text: string, { query }: Pick<HttpRequest, 'query'>): string =>
  query['tty'] === 'true' || query['tty'] === '1' ? text.replace(/\r?\n/g, '\r\n') : text;

// ── WebSocket ───────────────────────────────────────────────────────────────

function overWebSocket(ws: WebSocket, request: Omit<HttpRequest, 'type' | 'id'>, connection: Connection): Client {
  return isForward(request) ? forwardOverWebSocket(ws, request, connection) : runOverWebSocket(ws, request, connection);
}

const send = (ws: WebSocket, channel: number, data: Buffer | string): void =>
  ws.send(Buffer.concat([Buffer.from([channel]), typeof data === 'string' ? Buffer.from(data) : data]), { binary: true });

const bytesOf = (data: RawData): Buffer => (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data));

/** remotecommand over WebSocket: the first byte of a message is its channel. */
function runOverWebSocket(ws: WebSocket, request: Omit<HttpRequest, 'type' | 'id'>, connection: Connection): Client {
  const decoder = new StringDecoder('utf8');
  ws.on('message', (data) => {
    const bytes = bytesOf(data);
    if (bytes[0] === channels.stdin) connection.send([{ stream: 'stdin', text: decoder.write(bytes.subarray(1)) }]);
    else if (bytes[0] === channels.close && bytes[1] === channels.stdin) connection.send([{ stream: 'stdin-end' }]);
  });
  ws.on('error', () => ws.terminate());
  return {
    take(frame) {
      if (frame.stream === 'stdout' || frame.stream === 'stderr') send(ws, channels[frame.stream], lined(frame.text, request));
      else if (frame.stream === 'error') send(ws, channels.error, JSON.stringify(frame.status));
    },
    end: () => ws.close(1000),
  };
}

/** portforward over WebSocket as other clients speak it: for each port a channel for data and one for errors, opened by its number. */
function forwardOverWebSocket(ws: WebSocket, { query }: Omit<HttpRequest, 'type' | 'id'>, connection: Connection): Client {
  const ports = (query['ports'] ?? '').split(',').map(Number);
  const wires = ports.map((port, index) => {
    const opening = Buffer.alloc(2);
    opening.writeUInt16LE(port);
    send(ws, 2 * index, opening);
    send(ws, 2 * index + 1, opening);
    return new ForwardedConnection({
      dial: (payload) => connection.send([{ stream: 'dial', connection: index, port, payload }]),
      write: (bytes) => send(ws, 2 * index, bytes),
      refuse: () => send(ws, 2 * index + 1, refusedText(port)),
      end: () => ws.close(1000),
    });
  });
  ws.on('message', (data) => {
    const bytes = bytesOf(data);
    const channel = bytes[0] ?? 0;
    if (channel % 2 === 0) wires[channel / 2]?.receive(bytes.subarray(1));
  });
  ws.on('error', () => ws.terminate());
  return {
    take: (frame) => {
      if (frame.stream === 'answer') wires[frame.connection]?.answer(frame.outcome);
    },
    end: () => ws.close(1000),
  };
}

const refusedText = (port: number): string =>
  `failed to execute portforward in network namespace: failed to connect to localhost:${port} inside namespace: dial tcp4 127.0.0.1:${port}: connect: connection refused`;

// ── SPDY ────────────────────────────────────────────────────────────────────

function beginSpdy({ socket, head, request }: Upgrade, connection: Connection, begin: (client: Client) => void): void {
  const protocol = isForward(request) ? forwardProtocol : remoteProtocol;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  const made = isForward(request) ? new ForwardOverSpdy(connection) : new RunOverSpdy(socket, request, connection);
  const session = new SpdySession(socket, (stream) => made.opened(stream));
  begin(made);
  if (head.length > 0) session.receive(head);
  socket.on('data', (bytes: Buffer) => session.receive(bytes));
}

/** remotecommand over SPDY: a stream for each of stdin, stdout, stderr, error and resize. */
class RunOverSpdy implements Client {
  private readonly streams = new Map<string, SpdyStream>();
  private readonly early: StreamFrame[] = [];
  private over = false;

  constructor(
    private readonly socket: Socket,
    private readonly request: Omit<HttpRequest, 'type' | 'id'>,
    private readonly connection: Connection,
  ) {}

  /** Output waits for its stream: clients open them one by one. */
  opened(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype') ?? '';
    this.streams.set(type, stream);
    if (type === 'stdin') {
      const decoder = new StringDecoder('utf8');
      stream.listener = (data) =>
        this.connection.send([data === undefined ? { stream: 'stdin-end' } : { stream: 'stdin', text: decoder.write(data) }]);
    }
    for (const frame of this.early.splice(0)) this.take(frame);
    if (this.over) this.end();
  }

  take(frame: StreamFrame): void {
    const stream = this.streams.get(frame.stream);
    if (stream === undefined) this.early.push(frame);
    else if (frame.stream === 'error') stream.write(Buffer.from(JSON.stringify(frame.status)));
    else if (frame.stream === 'stdout' || frame.stream === 'stderr') stream.write(Buffer.from(lined(frame.text, this.request)));
  }

  end(): void {
    this.over = true;
    if (this.early.length > 0) return;
    for (const stream of this.streams.values()) stream.end();
    this.socket.end();
  }
}

/** portforward over SPDY: each connection is a pair of streams, for data and for errors, with one request id. */
class ForwardOverSpdy implements Client {
  private readonly wires = new Map<number, ForwardedConnection>();
  private next = 1;
  private readonly errors = new Map<string, SpdyStream>();

  constructor(private readonly connection: Connection) {}

  opened(stream: SpdyStream): void {
    const id = stream.headers.get('requestid') ?? '';
    const port = Number(stream.headers.get('port'));
    if (stream.headers.get('streamtype') === 'error') {
      this.errors.set(id, stream);
      return;
    }
    const number = this.next++;
    const done = (): void => {
      stream.end();
      this.errors.get(id)?.end();
      this.errors.delete(id);
      this.wires.delete(number);
    };
    const wire = new ForwardedConnection({
      dial: (payload) => this.connection.send([{ stream: 'dial', connection: number, port, payload }]),
      write: (bytes) => stream.write(bytes),
      refuse: () => {
        this.errors.get(id)?.write(Buffer.from(refusedText(port)));
        done();
      },
      end: done,
    });
    this.wires.set(number, wire);
    stream.listener = (data) => wire.receive(data);
  }

  take(frame: StreamFrame): void {
    if (frame.stream === 'answer') this.wires.get(frame.connection)?.answer(frame.outcome);
  }

  /** Connections that are open end with their socket. */
  end(): void {
    this.wires.clear();
  }
}

import { STATUS_CODES, type default as http } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { timingSafeEqual } from 'node:crypto';
import type { Credential, HttpChunk, HttpResponse } from '#protocol/rest.ts';
import type { ServerCertificate } from './certificate.ts';
import type { Exchange, Gateway } from './gateway.ts';
import { openStreams } from './streams.ts';
import { readBody, toRequest, type Refusal } from './request.ts';

export interface DoorOptions {
  /** The token of this start, which stands for `credential`. Service accounts bring tokens of their own. */
  readonly token: string;
  readonly credential: Credential;
  /** kubectl sends no token over plain HTTP, so the door speaks HTTPS. */
  readonly certificate: ServerCertificate;
}

const maxConnections = 256;
const localHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/**
 * The door for real clients: HTTPS on the loopback address, in front of a session's API server. It refuses foreign `Host`
 * and `Origin` headers (a page of another site must not reach it) and requests without a token.
 */
export function createDoor(gateway: Gateway, options: DoorOptions): https.Server {
  const server = https.createServer(options.certificate, (incoming, outgoing) => {
    serve(gateway, options, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.maxConnections = maxConnections;
  server.on('upgrade', (incoming, socket, head) => upgrade(gateway, options, incoming, socket as Socket, head));
  return server;
}

async function serve(gateway: Gateway, options: DoorOptions, incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
  const credential = admit(incoming, options);
  if ('code' in credential) return refuse(outgoing, credential);
  const body = await readBody(incoming);
  if ('code' in body) return refuse(outgoing, body);
  const request = toRequest(incoming, body, credential);
  if ('code' in request) return refuse(outgoing, request);
  const streams = request.query['watch'] === 'true' || request.query['watch'] === '1' || request.query['follow'] === 'true';
  const connection = gateway.send(request, exchangeFor(outgoing, streams));
  outgoing.on('close', () => connection.abort());
}

function admit({ headers }: http.IncomingMessage, { token, credential }: DoorOptions): Credential | Refusal {
  if (!localHost.test(headers.host ?? ''))
    return { code: 403, reason: 'Forbidden', message: 'this door opens for 127.0.0.1 and localhost only' };
  if (headers.origin !== undefined && !localHost.test(headers.origin.replace(/^https?:\/\//, '')))
    return { code: 403, reason: 'Forbidden', message: 'requests of other sites are refused' };
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
  return same(given, token) ? credential : { type: 'token', token: given };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function exchangeFor(outgoing: http.ServerResponse, streams: boolean): Exchange {
  return {
    response(response) {
      head(outgoing, response);
      const last = !streams || response.status >= 400;
      if (response.body !== null) outgoing.write(bytesOf(response));
      if (last) outgoing.end();
      // A client of a watch waits for the headers, not for the first event.
      else outgoing.flushHeaders();
    },
    chunk: (chunk) => void outgoing.write(textOf(chunk)),
    end: () => void outgoing.end(),
    unreachable: () => void outgoing.destroy(),
  };
}

function head(outgoing: http.ServerResponse, { status, contentType, warnings, retryAfter, headers = {} }: HttpResponse): void {
  outgoing.statusCode = status;
  outgoing.setHeader('Content-Type', contentType);
  outgoing.setHeader('Cache-Control', 'no-cache, private');
  if (warnings !== undefined)
    outgoing.setHeader(
      'Warning',
      warnings.map((text) => `299 - ${JSON.stringify(text)}`),
    );
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  if (retryAfter !== undefined) outgoing.setHeader('Retry-After', String(retryAfter));
}

function bytesOf({ contentType, body }: HttpResponse): Buffer | string {
  if (typeof body !== 'string') return `${JSON.stringify(body)}\n`;
  return /protobuf/.test(contentType) ? Buffer.from(body, 'latin1') : body;
}

const textOf = ({ events = [], text = '' }: HttpChunk): string => events.map((event) => `${JSON.stringify(event)}\n`).join('') + text;

function statusOf({ code, reason, message }: Refusal): string {
  return `${JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })}\n`;
}

function refuse(outgoing: http.ServerResponse, refusal: Refusal): void {
  outgoing.writeHead(refusal.code, { 'Content-Type': 'application/json', Connection: 'close' });
  outgoing.end(statusOf(refusal));
}

/** A connection that is to become streams passes the same checks; a refusal is an answer in HTTP. */
function upgrade(gateway: Gateway, options: DoorOptions, incoming: http.IncomingMessage, socket: Socket, head: Buffer): void {
  const answer = (code: number, body: string): void =>
    void socket.end(
      `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  socket.on('error', () => socket.destroy());
  const credential = admit(incoming, options);
  if ('code' in credential) return answer(credential.code, statusOf(credential));
  const request = toRequest(incoming, Buffer.alloc(0), credential);
  if ('code' in request) return answer(request.code, statusOf(request));
  openStreams(gateway, {
    incoming,
    socket,
    head,
    request: { ...request, upgrade: true },
    refuse: ({ status, body }) => answer(status < 400 ? 400 : status, `${typeof body === 'string' ? body : JSON.stringify(body)}\n`),
  });
}

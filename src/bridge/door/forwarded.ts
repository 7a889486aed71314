import { STATUS_CODES } from 'node:http';
import type { NetOutcome, NetPayload } from '#protocol/net.ts';

/** Bytes of one request; as much as the API server takes itself. */
const maxRequest = 3 * 1024 * 1024;
const httpLine = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/;
const headEnd = '\r\n\r\n';

interface Exchanged {
  readonly payload: NetPayload;
  readonly length: number;
  readonly closes: boolean;
}

/** The first request in what has come, where it is complete. What is no HTTP is sent as it is. */
function requestIn(bytes: Buffer): Exchanged | 'incomplete' | 'too large' {
  if (bytes.length > maxRequest) return 'too large';
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, 16_384));
  const line = httpLine.exec(start);
  if (line === null) {
    const mayBecome = /^[A-Z]{1,7}(?: \S*(?: [HTP/.\d\r]*)?)?$/.test(start) && !start.includes('\n');
    if (mayBecome) return 'incomplete';
    return { payload: { type: 'tcp', data: bytes.toString('utf8') }, length: bytes.length, closes: false };
  }
  const end = bytes.indexOf(headEnd);
  if (end < 0) return 'incomplete';
  const headers = bytes
    .toString('latin1', line[0].length, end)
    .split('\r\n')
    .filter((text) => text.includes(':'))
    .map((text): readonly [string, string] => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1).trim()]);
  const header = (name: string): string => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  const bodyLength = Number(header('content-length') || '0');
  const length = end + headEnd.length + bodyLength;
  if (!(bodyLength >= 0) || length > maxRequest) return 'too large';
  if (bytes.length < length) return 'incomplete';
  const body = bytes.toString('utf8', end + headEnd.length, length);
  const closes = /close/i.test(header('connection')) || line[0].includes('HTTP/1.0');
  return { payload: { type: 'http', method: line[1]!, path: line[2]!, headers, body }, length, closes };
}

function bytesOf(outcome: NetOutcome, payload: NetPayload): Buffer {
  if (outcome.type === 'tcp') return Buffer.from(outcome.data);
  if (outcome.type !== 'http') return Buffer.alloc(0);
  const { status, headers, body } = outcome;
  const own = headers.filter(([name]) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  const lines = [...own, ['Content-Length', String(Buffer.byteLength(body))] as const].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  return Buffer.from(payload.type === 'http' && payload.method === 'HEAD' ? head : head + body);
}

/** Where what a connection comes to goes. */
export interface Wire {
  dial(payload: NetPayload): void;
  write(bytes: Buffer): void;
  /** Nobody takes the connection in the pod. */
  refuse(): void;
  end(): void;
}

/** One TCP connection that a client forwards into a pod, as requests and answers: one at a time, in order. */
export class ForwardedConnection {
  private bytes: Buffer = Buffer.alloc(0);
  private asked: Exchanged | undefined;
  private ended = false;

  constructor(private readonly wire: Wire) {}

  /** More of the client; undefined is its end. */
  receive(data: Buffer | undefined): void {
    if (data === undefined) this.ended = true;
    else this.bytes = Buffer.concat([this.bytes, data]);
    this.goOn();
  }

  answer(outcome: NetOutcome): void {
    const { asked } = this;
    if (asked === undefined) return;
    this.asked = undefined;
    if (outcome.type === 'failed') return this.wire.refuse();
    this.wire.write(bytesOf(outcome, asked.payload));
    if (asked.closes) this.wire.end();
    else this.goOn();
  }

  private goOn(): void {
    if (this.asked !== undefined) return;
    const next = this.bytes.length === 0 ? 'incomplete' : requestIn(this.bytes);
    if (next === 'too large' || (next === 'incomplete' && this.ended)) return this.wire.end();
    if (next === 'incomplete') return;
    this.bytes = this.bytes.subarray(next.length);
    this.asked = next;
    this.wire.dial(next.payload);
  }
}

import type { Duplex } from 'node:stream';
import zlib from 'node:zlib';
import { dictionary } from './dictionary.ts';

/** Frames of SPDY/3.1 that matter here. Flow control is not used by its clients here (moby/spdystream). */
const types = { syn: 1, reply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const version = 3;
const fin = 1;
const headLength = 8;
/** Bytes; clients send far smaller frames. */
const maxFrame = 1024 * 1024;
const maxStreams = 256;
const maxHeaders = 64;

/** One stream that a client has opened. */
export interface SpdyStream {
  readonly headers: ReadonlyMap<string, string>;
  /** Called for each piece of data, and with undefined at its end. */
  listener: (data: Buffer | undefined) => void;
  write(data: Buffer): void;
  end(): void;
}

/** The server's side of a SPDY/3.1 connection in which only the client opens streams, as Kubernetes uses it. */
export class SpdySession {
  private buffer: Buffer = Buffer.alloc(0);
  private readonly inflate = zlib.createInflate({ dictionary, flush: zlib.constants.Z_SYNC_FLUSH });
  private readonly deflate = zlib.createDeflate({ dictionary, flush: zlib.constants.Z_SYNC_FLUSH });
  private readonly streams = new Map<number, SpdyStream>();
  private busy: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: Duplex,
    private readonly opened: (stream: SpdyStream) => void,
  ) {
    const fail = (): void => void socket.destroy();
    this.inflate.on('error', fail);
    this.deflate.on('error', fail);
    socket.on('error', fail);
  }

  /** Takes bytes of the client. */
  receive(bytes: Buffer): void {
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    while (this.buffer.length >= headLength) {
      const length = this.buffer.readUIntBE(5, 3);
      if (length > maxFrame) return void this.socket.destroy();
      if (this.buffer.length < headLength + length) return;
      const frame = this.buffer.subarray(0, headLength + length);
      this.buffer = this.buffer.subarray(headLength + length);
      // Header blocks share one compression: frames are taken one after the other.
      this.busy = this.busy.then(() => this.take(frame)).catch(() => void this.socket.destroy());
    }
  }

  private async take(frame: Buffer): Promise<void> {
    const first = frame.readUInt32BE(0);
    const body = frame.subarray(headLength);
    const ends = (frame[4]! & fin) !== 0;
    if (first >>> 31 === 0) {
      const stream = this.streams.get(first);
      if (body.length > 0) stream?.listener(body);
      if (ends) stream?.listener(undefined);
      return;
    }
    if (body.length < 4) return;
    const type = first & 0xffff;
    if (type === types.syn) await this.syn(body, ends);
    else if (type === types.ping) this.socket.write(frame);
    else if (type === types.reset) this.reset(body.readUInt32BE(0));
    else if (type === types.goAway) this.socket.end();
  }

  private async syn(body: Buffer, ends: boolean): Promise<void> {
    if (body.length < 10 || this.streams.size >= maxStreams) return void this.socket.destroy();
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = parseHeaders(await pass(this.inflate, body.subarray(10)));
    const reply = await pass(this.deflate, Buffer.alloc(4));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(id);
    this.control(types.reply, Buffer.concat([head, reply]));
    const stream: SpdyStream = {
      headers,
      listener: () => undefined,
      write: (data) => this.data(id, data, 0),
      end: () => this.data(id, Buffer.alloc(0), fin),
    };
    this.streams.set(id, stream);
    this.opened(stream);
    if (ends) stream.listener(undefined);
  }

  private reset(id: number): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    stream?.listener(undefined);
  }

  private data(id: number, data: Buffer, flags: number): void {
    if (this.socket.destroyed || !this.streams.has(id)) return;
    const head = Buffer.alloc(headLength);
    head.writeUInt32BE(id);
    head.writeUInt32BE(data.length, 4);
    head[4] = flags;
    this.socket.write(Buffer.concat([head, data]));
    if (flags === fin) this.forgetLater(id);
  }

  /** What the client still sends on a stream that is over here is dropped. */
  private forgetLater(id: number): void {
    const stream = this.streams.get(id)!;
    const { listener } = stream;
    stream.listener = (data) => {
      if (data === undefined) this.streams.delete(id);
      else listener(data);
    };
  }

  private control(type: number, body: Buffer): void {
    const head = Buffer.alloc(headLength);
    head.writeUInt16BE(0x8000 | version);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(body.length, 4);
    this.socket.write(Buffer.concat([head, body]));
  }
}

/** Bytes through a compression that goes on. */
async function pass(through: zlib.Inflate | zlib.Deflate, bytes: Buffer): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => through.write(bytes, (error) => (error ? reject(error) : resolve())));
  const parts: Buffer[] = [];
  for (let part = through.read() as Buffer | null; part !== null; part = through.read() as Buffer | null) parts.push(part);
  return Buffer.concat(parts);
}

function parseHeaders(block: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = (): string => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    return block.toString('utf8', at - length, at);
  };
  const count = block.readUInt32BE(0);
  if (count > maxHeaders) throw new Error('too many headers');
  for (let index = 0; index < count; index++) headers.set(text().toLowerCase(), text());
  return headers;
}

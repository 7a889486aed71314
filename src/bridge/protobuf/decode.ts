import data from './messages.generated.json' with { type: 'json' };

/**
 * Decodes what Kubernetes clients send as `application/vnd.kubernetes.protobuf` to the JSON that they mean. Answers need no
 * encoder: these clients accept JSON too. Models apimachinery/pkg/runtime/serializer/protobuf and the JSON of the Go types:
 * fields that Go leaves out where they are empty are left out here.
 */

type FieldType =
  | number
  | 'string'
  | 'bool'
  | 'int'
  | 'double'
  | 'bytes'
  | 'quantity'
  | 'int-or-string'
  | 'raw'
  | 'time'
  | 'micro-time'
  | 'duration'
  | 'texts';
/** Flags: `l` list, `m` map, `p` pointer, `o` left out where empty, `i` inline. */
type Field = readonly [name: string, type: FieldType, flags: string];
type Message = Readonly<Record<string, Field>>;

const { kinds, messages } = data as unknown as { readonly kinds: Readonly<Record<string, number>>; readonly messages: readonly Message[] };
const magic = [0x6b, 0x38, 0x73, 0x00];
const depthLimit = 64;

/** A body that is no protobuf of Kubernetes; the message says what is wrong with it. */
export class ProtobufError extends Error {}

/** What a wire field holds. */
interface Raw {
  readonly number: number;
  readonly integer: bigint;
  readonly bytes: Uint8Array | undefined;
}

/** Reads one body: the envelope (runtime.Unknown), then the object in it. @throws ProtobufError */
export function decodeBody(body: Uint8Array): Record<string, unknown> {
  if (magic.some((byte, index) => body[index] !== byte))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix "k8s\\x00"');
  const envelope = [...rawFields(body.subarray(magic.length))];
  const typeMeta = [...rawFields(bytesOf(envelope, 1))];
  const apiVersion = text(bytesOf(typeMeta, 1));
  const kind = text(bytesOf(typeMeta, 2));
  const message = kinds[kind === 'DeleteOptions' ? kind : `${apiVersion}.${kind}`];
  if (message === undefined)
    throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return { apiVersion, kind, ...decodeMessage(bytesOf(envelope, 2), messages[message]!, 0) };
}

function bytesOf(fields: readonly Raw[], number: number): Uint8Array {
  return fields.find((field) => field.number === number)?.bytes ?? new Uint8Array();
}

const decoder = new TextDecoder('utf-8');
const text = (bytes: Uint8Array): string => decoder.decode(bytes);

function* rawFields(bytes: Uint8Array): Generator<Raw> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('integer overflow');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new ProtobufError('unexpected EOF');
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    switch (key & 7) {
      case 0:
        yield { number, integer: varint(), bytes: undefined };
        break;
      case 1:
        if (bytes.length - at < 8) throw new ProtobufError('unexpected EOF');
        yield { number, integer: view.getBigUint64((at += 8) - 8, true), bytes: undefined };
        break;
      case 2:
        yield { number, integer: 0n, bytes: take(Number(varint())) };
        break;
      case 5:
        take(4);
        break;
      default:
        throw new ProtobufError(`illegal wireType ${key & 7}`);
    }
  }
}

function decodeMessage(bytes: Uint8Array, message: Message, depth: number): Record<string, unknown> {
  if (depth > depthLimit) throw new ProtobufError('the message is nested too deeply');
  const result: Record<string, unknown> = {};
  for (const raw of rawFields(bytes)) {
    const field = message[raw.number];
    if (field === undefined) continue;
    const [name, type, flags] = field;
    if (flags.includes('i')) {
      Object.assign(result, decodeValue(raw, type, depth));
    } else if (flags.includes('m')) {
      const [key, value] = mapEntry(raw.bytes ?? new Uint8Array(), field, depth);
      setOwn((result[name] ??= {}) as Record<string, unknown>, key, value);
    } else if (flags.includes('l')) {
      ((result[name] ??= []) as unknown[]).push(decodeValue(raw, type, depth));
    } else {
      const value = decodeValue(raw, type, depth);
      const left = value === null || (flags.includes('o') && !flags.includes('p') && isEmpty(value, type));
      if (!left) result[name] = value;
    }
  }
  return result;
}

/** `__proto__` is a key like any other. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function mapEntry(bytes: Uint8Array, [, type, flags]: Field, depth: number): readonly [string, unknown] {
  const fields = [...rawFields(bytes)];
  const value = fields.find((field) => field.number === 2) ?? { number: 2, integer: 0n, bytes: new Uint8Array() };
  return [text(bytesOf(fields, 1)), decodeValue(value, type, depth, flags.includes('l'))];
}

/** What Go's omitempty leaves out: zero values of scalars, never structs. */
function isEmpty(value: unknown, type: FieldType): boolean {
  return typeof type !== 'number' && (value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0));
}

function decodeValue(raw: Raw, type: FieldType, depth: number, list = false): unknown {
  const bytes = raw.bytes ?? new Uint8Array();
  if (list) return [...rawFields(bytes)].filter((field) => field.number === 1).map((field) => decodeValue(field, type, depth));
  if (typeof type === 'number') return decodeMessage(bytes, messages[type]!, depth + 1);
  switch (type) {
    case 'string':
      return text(bytes);
    case 'bool':
      return raw.integer !== 0n;
    case 'int':
      return Number(BigInt.asIntN(64, raw.integer));
    case 'double': {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, raw.integer);
      return view.getFloat64(0);
    }
    case 'bytes':
      return Buffer.from(bytes).toString('base64');
    default:
      return decodeSpecial(bytes, type);
  }
}

/** Types whose JSON is not that of their fields. */
function decodeSpecial(bytes: Uint8Array, type: Exclude<FieldType, number | 'string' | 'bool' | 'int' | 'double' | 'bytes'>): unknown {
  const fields = [...rawFields(bytes)];
  const integer = (number: number): number => Number(BigInt.asIntN(64, fields.find((field) => field.number === number)?.integer ?? 0n));
  switch (type) {
    case 'quantity':
      return text(bytesOf(fields, 1));
    case 'int-or-string':
      return integer(1) === 0 ? integer(2) : text(bytesOf(fields, 3));
    case 'texts':
      return fields.filter((field) => field.number === 1).map((field) => text(field.bytes ?? new Uint8Array()));
    case 'raw':
      return parseRaw(text(bytesOf(fields, 1)));
    case 'duration':
      return `${integer(1) / 1e9}s`;
    case 'time':
      return fields.length === 0 ? null : new Date(integer(1) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
    case 'micro-time':
      return fields.length === 0
        ? null
        : `${new Date(integer(1) * 1000).toISOString().slice(0, 19)}.${String(Math.trunc(integer(2) / 1000)).padStart(6, '0')}Z`;
  }
}

function parseRaw(json: string): unknown {
  try {
    return json === '' ? null : (JSON.parse(json) as unknown);
  } catch {
    throw new ProtobufError('an embedded object is not JSON');
  }
}

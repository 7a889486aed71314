import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import type { Json } from '#base/json.ts';
import type { Credential, HttpMethod, HttpRequest } from '#protocol/rest.ts';
import { decodeBody, ProtobufError } from '../protobuf/decode.ts';

/** As upstream: `MaxRequestBodyBytes` of the generic API server. */
const maxBodyBytes = 3 * 1024 * 1024;
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** A request that the door itself answers. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** The body's bytes; a refusal where there are too many. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | Refusal> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBodyBytes)
      return { code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: limit is ${maxBodyBytes}` };
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const single = (value: string | readonly string[] | undefined): string => (typeof value === 'string' ? value : (value?.[0] ?? ''));

/** A request of a real client as the simulated API server gets it. */
export function toRequest(incoming: IncomingMessage, body: Buffer, credential: Credential): Omit<HttpRequest, 'type' | 'id'> | Refusal {
  const { headers, method = 'GET' } = incoming;
  if (!methods.has(method))
    return { code: 405, reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource' };
  const url = new URL(incoming.url ?? '/', 'http://door');
  const given = single(headers['content-type']);
  const content = contentOf(body, given);
  if ('code' in content) return content;
  const user = single(headers['impersonate-user']);
  const groups = headers['impersonate-group'];
  return {
    method: method as HttpMethod,
    path: decodeURIComponent(url.pathname),
    query: queryOf(url.searchParams),
    accept: single(headers.accept) || '*/*',
    ...content,
    userAgent: single(headers['user-agent']),
    credential,
    impersonate:
      user === ''
        ? undefined
        : { user, groups: groups === undefined ? [] : single(groups).split(', '), uid: single(headers['impersonate-uid']) || undefined },
  };
}

/** The query; the words of a command come one by one. */
function queryOf(parameters: URLSearchParams): Readonly<Record<string, string>> {
  const query = Object.fromEntries(parameters);
  const command = parameters.getAll('command');
  const ports = parameters.getAll('ports');
  return {
    ...query,
    ...(command.length > 0 ? { command: JSON.stringify(command) } : {}),
    ...(ports.length > 0 ? { ports: ports.join(',') } : {}),
  };
}

type Content = { readonly contentType?: string; readonly body?: Json };

/** The body as data: from here on the simulation knows JSON only. */
function contentOf(body: Buffer, contentType: string): Content | Refusal {
  if (body.length === 0) return {};
  if (/protobuf/.test(contentType)) {
    try {
      return { contentType: 'application/json', body: decodeBody(body) as Json };
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error;
      return { code: 400, reason: 'BadRequest', message: error.message };
    }
  }
  const text = body.toString('utf8');
  const type = contentType === '' ? 'application/json' : contentType;
  try {
    const value =
      /yaml/.test(type) && !/^\s*[{[]/.test(text)
        ? (parse(text, { logLevel: 'error', maxAliasCount: 100 }) as Json)
        : (JSON.parse(text) as Json);
    return { contentType: type, body: value };
  } catch {
    return { contentType: type, body: text };
  }
}

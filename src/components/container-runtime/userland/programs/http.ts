import type { ServedResponse } from '../types.ts';
import type { Call } from './program.ts';

type Headers = readonly (readonly [name: string, value: string])[];

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
export const reasonOf = (status: number): string => reasons[status] ?? '';

export const headerOf = (headers: Headers, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

export interface Url {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Takes an address apart; `http` where it names no scheme. */
export function parseUrl(text: string): Url | undefined {
  const match = /^(?:(https?):\/\/)?(?:[^@/]*@)?(\[[\da-fA-F:]+\]|[^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(text);
  if (match === null) return undefined;
  const scheme = match[1] === 'https' ? 'https' : 'http';
  const path = match[4] ?? '/';
  return {
    scheme,
    host: match[2]!,
    port: Number(match[3] ?? (scheme === 'https' ? 443 : 80)),
    path: path.startsWith('?') ? `/${path}` : path,
  };
}

/** What /etc/hosts says of a name; the name itself where it says nothing. */
export function hostAddress(call: Call, name: string): string {
  for (const line of (call.system.files.read('/etc/hosts') ?? '127.0.0.1\tlocalhost').split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(address) && names.includes(name)) return address;
  }
  return name;
}

/** A path with its `%20` and the like read; as it is where they are wrong. */
export const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** A request as it looks on the wire. */
export function requestText(method: string, path: string, headers: Headers, body: string): string {
  return `${method} ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** The answer of a server that writes HTTP by hand; undefined where it is none. */
export function parseResponse(text: string): Extract<ServedResponse, { readonly type: 'http' }> | undefined {
  const match = /^HTTP\/1\.[01] (\d{3})[^\n]*\n((?:[^\r\n]+\r?\n)*)\r?\n?([^]*)$/.exec(text);
  if (match === null) return undefined;
  const headers = match[2]!
    .split(/\r?\n/)
    .filter(Boolean)
    .map((line): readonly [string, string] => [line.split(':')[0]!, line.slice(line.indexOf(':') + 1).trim()]);
  return { type: 'http', status: Number(match[1]), headers, body: match[3]! };
}

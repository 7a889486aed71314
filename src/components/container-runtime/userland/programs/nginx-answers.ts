import { safeExpression } from '../shell/pattern.ts';
import type { ServedRequest, ServedResponse } from '../types.ts';
import { strftime } from './date.ts';
import { decoded, headerOf, reasonOf, requestText } from './http.ts';
import { argumentOf, directivesNamed, type Directive } from './nginx-config.ts';
import type { Call } from './program.ts';
import { byteLength } from './text.ts';

const workerPid = 29;
const defaultVersion = '1.29.3';
/** The last releases of each line. */
const patches: Readonly<Record<string, string>> = {
  '1.20': '2',
  '1.21': '6',
  '1.22': '1',
  '1.23': '4',
  '1.24': '0',
  '1.25': '5',
  '1.26': '3',
  '1.27': '5',
  '1.28': '0',
  '1.29': '3',
};
const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  ico: 'image/x-icon',
};

export interface Server {
  readonly ports: readonly number[];
  readonly directives: readonly Directive[];
}
/** What nginx remembers: its configuration, how many connections there were, and the addresses that it found when it began. */
export interface Memory {
  readonly servers: readonly Server[];
  /** By name. */
  readonly upstreams: Readonly<Record<string, readonly { readonly text: string; readonly at: string }[]>>;
  readonly addresses: Readonly<Record<string, string>>;
  readonly connections: number;
}
export type HttpRequest = Extract<ServedRequest, { readonly type: 'http' }>;
export type HttpResponse = Extract<ServedResponse, { readonly type: 'http' }>;

export function versionOf(call: Call): string {
  const [, line, patch] = /^(\d+\.\d+)(?:\.(\d+))?/.exec(call.system.process.tag) ?? [];
  const known = patch ?? patches[line ?? ''];
  return call.variable('NGINX_VERSION') ?? (known === undefined ? defaultVersion : `${line}.${known}`);
}

/** What is known of a request while it is answered. */
export interface Exchange {
  readonly call: Call;
  readonly request: HttpRequest;
  readonly server: Server;
  /** The path, decoded and without its query. */
  readonly uri: string;
  readonly connection: number;
  readonly location: Directive | undefined;
  /** What holds for it: those of its location, then those of its server. */
  readonly directives: readonly Directive[];
}

/** Finds what holds for a request. */
export function exchangeOf(call: Call, memory: Memory, request: HttpRequest): Exchange {
  const host = (headerOf(request.headers, 'Host') ?? '').replace(/:\d+$/, '');
  const candidates = memory.servers.filter((server) => server.ports.includes(request.port));
  const named = candidates.find((server) => directivesNamed(server.directives, 'server_name').some((item) => item.args.includes(host)));
  const server = named ?? candidates[0] ?? memory.servers[0]!;
  const uri = decoded(request.path.split('?')[0]!);
  const location = locationOf(server, uri);
  const own = location?.children ?? [];
  const ofServer = server.directives.filter((item) => item.name !== 'return' || !own.some((inner) => inner.name === 'return'));
  return { call, request, server, uri, connection: memory.connections, location, directives: [...own, ...ofServer] };
}

/** Writes the log; an answer to HEAD has no body. */
export function finished(exchange: Exchange, response: HttpResponse): HttpResponse {
  if (argumentOf(exchange.directives, 'access_log') !== 'off') logAccess(exchange, response);
  return exchange.request.method === 'HEAD' ? { ...response, body: '' } : response;
}

/** The location of a path: an exact one, the longest prefix, or a regular expression (ngx_http_core_find_location). */
function locationOf(server: Server, uri: string): Directive | undefined {
  const locations = directivesNamed(server.directives, 'location');
  const exact = locations.find(({ args }) => args[0] === '=' && args[1] === uri);
  if (exact !== undefined) return exact;
  const prefixes = locations.filter(({ args }) => !/^[=~]/.test(args[0] ?? '') && uri.startsWith(args[0] === '^~' ? args[1]! : args[0]!));
  const longest = prefixes.sort((a, b) => b.args.at(-1)!.length - a.args.at(-1)!.length)[0];
  if (longest?.args[0] === '^~') return longest;
  return (
    locations.find(
      ({ args }) => (args[0] === '~' || args[0] === '~*') && safeExpression(args[1] ?? '', args[0] === '~*' ? 'i' : '').test(uri),
    ) ?? longest
  );
}

/** The answer that needs nobody else. */
export function answer(exchange: Exchange): HttpResponse {
  const { request, directives, location } = exchange;
  const returned = directives.find((item) => item.name === 'return');
  if (returned !== undefined) {
    const [first = '', second] = returned.args;
    const status = /^\d+$/.test(first) ? Number(first) : 302;
    const text = filled(exchange, second ?? (status === 302 && !/^\d+$/.test(first) ? first : ''));
    if (status >= 300 && status < 400) return errorPage(exchange, directives, status, [['Location', text]]);
    if (second === undefined) return errorPage(exchange, directives, status);
    return made(exchange, directives, status, argumentOf(directives, 'default_type') ?? 'application/octet-stream', text);
  }
  if (location !== undefined && directivesNamed(location.children, 'stub_status').length > 0) {
    const count = exchange.connection;
    return made(
      exchange,
      directives,
      200,
      'text/plain',
      `Active connections: 1 \nserver accepts handled requests\n ${count} ${count} ${count} \nReading: 0 Writing: 1 Waiting: 0 \n`,
    );
  }
  if (!['GET', 'HEAD'].includes(request.method)) return errorPage(exchange, directives, 405);
  return staticFile(exchange);
}

function pathOf(exchange: Exchange, directives: readonly Directive[], location: Directive | undefined, uri: string): string {
  const alias = location && argumentOf(location.children, 'alias');
  if (alias !== undefined) return alias + uri.slice(location!.args.at(-1)!.length);
  const root = filled(exchange, argumentOf(directives, 'root') ?? '/etc/nginx/html');
  return `${root.replace(/\/$/, '')}${uri}`;
}

function staticFile(exchange: Exchange): HttpResponse {
  const { call, uri, request, directives, location } = exchange;
  const { files } = call.system;
  const tried = directivesNamed(directives, 'try_files')[0]?.args ?? [];
  for (const [index, arg] of tried.entries()) {
    const name = filled(exchange, arg);
    if (index === tried.length - 1) {
      if (name.startsWith('=')) return errorPage(exchange, directives, Number(name.slice(1)));
      return plainFile(exchange, directives, pathOf(exchange, directives, location, name));
    }
    const path = pathOf(exchange, directives, location, name);
    if (name.endsWith('/') ? files.isDirectory(path.replace(/\/$/, '')) : files.read(path) !== undefined) {
      if (!name.endsWith('/')) return plainFile(exchange, directives, path);
      break;
    }
  }
  const path = pathOf(exchange, directives, location, uri);
  if (!uri.endsWith('/')) {
    if (!files.isDirectory(path)) return plainFile(exchange, directives, path);
    const host = headerOf(request.headers, 'Host') ?? 'localhost';
    return errorPage(exchange, directives, 301, [['Location', `http://${host}${uri}/`]]);
  }
  const names = directivesNamed(directives, 'index')[0]?.args ?? ['index.html'];
  const index = names.find((name) => files.read(path + name) !== undefined);
  if (index !== undefined) return plainFile(exchange, directives, path + index);
  const directory = path.replace(/\/+$/, '') || '/';
  if (!files.isDirectory(directory)) return plainFile(exchange, directives, `${path}${names[0] ?? ''}`);
  if (argumentOf(directives, 'autoindex') === 'on') return made(exchange, directives, 200, 'text/html', listing(exchange, directory));
  logError(exchange, `directory index of "${path}" is forbidden`);
  return errorPage(exchange, directives, 403);
}

function listing({ call, uri }: Exchange, directory: string): string {
  const { files } = call.system;
  const lines = files.list(directory).map((name) => {
    const shown = files.isDirectory(`${directory}/${name}`) ? `${name}/` : name;
    const size = shown.endsWith('/') ? '-' : String(byteLength(files.read(`${directory}/${name}`) ?? ''));
    return `<a href="${shown}">${shown}</a>${' '.repeat(Math.max(1, 51 - shown.length))}${strftime('%d-%b-%Y %H:%M', call.system.process.startedAt)}${size.padStart(20)}\r\n`;
  });
  return `<html>\r\n<head><title>Index of ${uri}</title></head>\r\n<body>\r\n<h1>Index of ${uri}</h1><hr><pre><a href="../">../</a>\r\n${lines.join('')}</pre><hr></body>\r\n</html>\r\n`;
}

function plainFile(exchange: Exchange, directives: readonly Directive[], path: string): HttpResponse {
  const text = exchange.call.system.files.read(path);
  if (text !== undefined) {
    const extension = /\.(\w+)$/.exec(path)?.[1] ?? '';
    return made(exchange, directives, 200, types[extension] ?? argumentOf(directives, 'default_type') ?? 'text/plain', text);
  }
  logError(exchange, `open() "${path}" failed (2: No such file or directory)`);
  return errorPage(exchange, directives, 404);
}

export function errorPage(
  exchange: Exchange,
  directives: readonly Directive[],
  status: number,
  headers: HttpResponse['headers'] = [],
): HttpResponse {
  const pages = directivesNamed(directives, 'error_page').find(({ args }) => args.slice(0, -1).includes(String(status)));
  const own = pages && exchange.call.system.files.read(pathOf(exchange, directives, undefined, pages.args.at(-1)!));
  const title = `${status} ${reasonOf(status)}`.trimEnd();
  const body =
    own ??
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${versionOf(exchange.call)}</center>\r\n</body>\r\n</html>\r\n`;
  return made(exchange, directives, status, 'text/html', status === 204 ? '' : body, headers);
}

function made(
  exchange: Exchange,
  directives: readonly Directive[],
  status: number,
  type: string,
  body: string,
  more: HttpResponse['headers'] = [],
): HttpResponse {
  const { call } = exchange;
  const added = directivesNamed(directives, 'add_header').map(({ args }): readonly [string, string] => [
    args[0] ?? '',
    filled(exchange, args[1] ?? ''),
  ]);
  const headers: HttpResponse['headers'] = [
    ['Server', `nginx/${versionOf(call)}`],
    ['Date', strftime('%a, %d %b %Y %H:%M:%S GMT', call.system.now)],
    ['Content-Type', type],
    ['Content-Length', String(byteLength(body))],
    ['Connection', headerOf(exchange.request.headers, 'Connection') === 'close' ? 'close' : 'keep-alive'],
    ...more,
    ...added,
  ];
  return { type: 'http', status, headers, body };
}

/** A text with nginx's variables. */
export function filled({ call, request, uri }: Exchange, text: string): string {
  const host = headerOf(request.headers, 'Host') ?? '';
  const values: Readonly<Record<string, string>> = {
    hostname: call.system.view.hostname,
    remote_addr: request.client,
    server_addr: call.system.view.ip,
    server_port: String(request.port),
    request_uri: request.path,
    request_method: request.method,
    scheme: 'http',
    host: host.replace(/:\d+$/, ''),
    http_host: host,
    uri,
    args: request.path.split('?')[1] ?? '',
    is_args: request.path.includes('?') ? '?' : '',
    time_iso8601: strftime('%Y-%m-%dT%H:%M:%S+00:00', call.system.now),
    time_local: strftime('%d/%b/%Y:%H:%M:%S +0000', call.system.now),
    nginx_version: versionOf(call),
    request: requestText(request.method, request.path, [], '').split('\r\n')[0]!,
  };
  return text
    .replace(
      /\$\{?(\w+)\}?/g,
      (all, name: string) =>
        values[name] ?? (name.startsWith('http_') ? (headerOf(request.headers, name.slice(5).replaceAll('_', '-')) ?? '') : all),
    )
    .replaceAll('\\n', '\n');
}

function logAccess({ call, request }: Exchange, response: HttpResponse): void {
  const time = strftime('%d/%b/%Y:%H:%M:%S +0000', call.system.now);
  const size = request.method === 'HEAD' ? 0 : byteLength(response.body);
  const header = (name: string): string => headerOf(request.headers, name) ?? '-';
  call.out(
    `${request.client} - - [${time}] "${request.method} ${request.path} HTTP/1.1" ${response.status} ${size} "${header('Referer')}" "${header('User-Agent')}" "${header('X-Forwarded-For')}"\n`,
  );
}

export function logError({ call, request, server, connection }: Exchange, text: string): void {
  const time = strftime('%Y/%m/%d %H:%M:%S', call.system.now);
  const name = argumentOf(server.directives, 'server_name') ?? '';
  const host = headerOf(request.headers, 'Host');
  call.err(
    `${time} [error] ${workerPid}#${workerPid}: *${connection} ${text}, client: ${request.client}, server: ${name}, request: "${request.method} ${request.path} HTTP/1.1"${host === undefined ? '' : `, host: "${host}"`}\n`,
  );
}

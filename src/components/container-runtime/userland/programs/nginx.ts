import type { Listener, ServedRequest, ServedResponse } from '../types.ts';
import { strftime } from './date.ts';
import { headerOf, reasonOf, requestText } from './http.ts';
import { argumentOf, directivesNamed, mainConfig, readConfig, type Directive } from './nginx-config.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';
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

interface Server {
  readonly ports: readonly number[];
  readonly directives: readonly Directive[];
}
/** What nginx remembers: its configuration, and how many connections there were. */
interface Memory {
  readonly servers: readonly Server[];
  readonly connections: number;
}
type HttpRequest = Extract<ServedRequest, { readonly type: 'http' }>;
type HttpResponse = Extract<ServedResponse, { readonly type: 'http' }>;

function versionOf(call: Call): string {
  const [, line, patch] = /^(\d+\.\d+)(?:\.(\d+))?/.exec(call.system.process.tag) ?? [];
  const known = patch ?? patches[line ?? ''];
  return call.variable('NGINX_VERSION') ?? (known === undefined ? defaultVersion : `${line}.${known}`);
}

function serversOf(directives: readonly Directive[]): readonly Server[] {
  const http = directivesNamed(directives, 'http').flatMap((item) => item.children);
  return directivesNamed(http, 'server').map(({ children }) => {
    const listens = directivesNamed(children, 'listen').map((item) =>
      Number(/(\d+)$/.exec((item.args[0] ?? '').replace(/^unix:.*/, ''))?.[1] ?? 80),
    );
    // What the server does not say, `http` says for it.
    const inherited = http.filter((item) => item.children.length === 0 && !children.some((own) => own.name === item.name));
    return { ports: listens.length === 0 ? [80] : [...new Set(listens)], directives: [...children, ...inherited] };
  });
}

function listening(memory: Memory): Step {
  const ports = [...new Set(memory.servers.flatMap((server) => server.ports))];
  const listeners = ports.map((port): Listener => ({ port, protocol: 'http' }));
  return block(listeners.length === 0 ? { type: 'forever' } : { type: 'serve', listeners }, memory);
}

function configure(call: Call): { readonly memory: Memory; readonly daemon: boolean } | undefined {
  const given = call.args.indexOf('-c');
  const config = readConfig(call.system.files, given < 0 ? mainConfig : call.args[given + 1]);
  if ('error' in config) {
    call.err(
      `${strftime('%Y/%m/%d %H:%M:%S', call.system.now)} [emerg] ${call.task.pid}#${call.task.pid}: ${config.error}\nnginx: [emerg] ${config.error}\n`,
    );
    return undefined;
  }
  const connections = (call.memory as Memory | undefined)?.connections ?? 0;
  return { memory: { servers: serversOf(config.directives), connections }, daemon: argumentOf(config.directives, 'daemon') !== 'off' };
}

/** nginx: static files, `return`, locations, its logs, and its ways to stop. */
export const nginx: Program = {
  run: (call) => {
    const { args } = call;
    if (args.includes('-v') || args.includes('-V')) {
      call.err(`nginx version: nginx/${versionOf(call)}\n`);
      return exit(0);
    }
    const signal = args[args.indexOf('-s') + 1];
    if (args.includes('-s')) {
      call.system.signal(1, ({ reload: 'HUP', quit: 'QUIT', stop: 'TERM' } as const)[signal ?? ''] ?? 'HUP');
      return exit(0);
    }
    const found = configure(call);
    if (args.includes('-t')) {
      if (found === undefined) call.err(`nginx: configuration file ${mainConfig} test failed\n`);
      else
        call.err(`nginx: the configuration file ${mainConfig} syntax is ok\nnginx: configuration file ${mainConfig} test is successful\n`);
      return exit(found === undefined ? 1 : 0);
    }
    if (found === undefined) return exit(1);
    if (!found.daemon || /daemon\s+off/.test(args.join(' '))) return listening(found.memory);
    const { task, system } = call;
    system.spawn(task, { type: 'program', name: 'nginx', memory: undefined }, task.descriptors, {
      argv: [...task.argv, '-g', 'daemon off;'],
    });
    return exit(0);
  },
  signalled: (call, signal) => {
    if (signal === 'TERM' || signal === 'QUIT' || signal === 'INT') return exit(0);
    if (signal !== 'HUP') return undefined;
    const found = configure(call);
    return listening(found?.memory ?? (call.memory as Memory));
  },
  serve: (call, request) => {
    const before = call.memory as Memory;
    const memory: Memory = { ...before, connections: before.connections + 1 };
    if (request.type === 'tcp') return { response: { type: 'tcp', data: '' }, step: listening(memory) };
    const response = respond(call, memory, request);
    return { response, step: listening(memory) };
  },
};

/** What is known of a request while it is answered. */
interface Exchange {
  readonly call: Call;
  readonly request: HttpRequest;
  readonly server: Server;
  /** The path, decoded and without its query. */
  readonly uri: string;
  readonly connection: number;
}

function respond(call: Call, memory: Memory, request: HttpRequest): HttpResponse {
  const host = (headerOf(request.headers, 'Host') ?? '').replace(/:\d+$/, '');
  const candidates = memory.servers.filter((server) => server.ports.includes(request.port));
  const named = candidates.find((server) => directivesNamed(server.directives, 'server_name').some((item) => item.args.includes(host)));
  const server = named ?? candidates[0] ?? memory.servers[0]!;
  const uri = decoded(request.path.split('?')[0]!);
  const exchange: Exchange = { call, request, server, uri, connection: memory.connections };
  const location = locationOf(server, uri);
  const directives = [
    ...(location?.children ?? []),
    ...server.directives.filter(
      (item) => item.name !== 'return' || location === undefined || directivesNamed(location.children, 'return').length === 0,
    ),
  ];
  const response = answer(exchange, directives, location);
  if (argumentOf(directives, 'access_log') !== 'off') logAccess(exchange, response);
  return request.method === 'HEAD' ? { ...response, body: '' } : response;
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

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
      ({ args }) => (args[0] === '~' || args[0] === '~*') && new RegExp(args[1] ?? '', args[0] === '~*' ? 'i' : '').test(uri),
    ) ?? longest
  );
}

function answer(exchange: Exchange, directives: readonly Directive[], location: Directive | undefined): HttpResponse {
  const { request } = exchange;
  const returned = directives.find((item) => item.name === 'return');
  if (returned !== undefined) {
    const [first = '', second] = returned.args;
    const status = /^\d+$/.test(first) ? Number(first) : 302;
    const text = filled(exchange, second ?? (status === 302 && !/^\d+$/.test(first) ? first : ''));
    if (status >= 300 && status < 400) return errorPage(exchange, directives, status, [['Location', text]]);
    if (second === undefined) return errorPage(exchange, directives, status);
    return made(exchange, directives, status, argumentOf(directives, 'default_type') ?? 'application/octet-stream', text);
  }
  // A proxy would have to ask others first, which nobody answers here.
  if (location !== undefined && argumentOf(location.children, 'proxy_pass') !== undefined) {
    logError(exchange, `connect() failed (111: Connection refused) while connecting to upstream`);
    return errorPage(exchange, directives, 502);
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
  return staticFile(exchange, directives, location);
}

function pathOf(exchange: Exchange, directives: readonly Directive[], location: Directive | undefined, uri: string): string {
  const alias = location && argumentOf(location.children, 'alias');
  if (alias !== undefined) return alias + uri.slice(location!.args.at(-1)!.length);
  const root = filled(exchange, argumentOf(directives, 'root') ?? '/etc/nginx/html');
  return `${root.replace(/\/$/, '')}${uri}`;
}

function staticFile(exchange: Exchange, directives: readonly Directive[], location: Directive | undefined): HttpResponse {
  const { call, uri, request } = exchange;
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

function errorPage(
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
function filled({ call, request, uri }: Exchange, text: string): string {
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

function logError({ call, request, server, connection }: Exchange, text: string): void {
  const time = strftime('%Y/%m/%d %H:%M:%S', call.system.now);
  const name = argumentOf(server.directives, 'server_name') ?? '';
  const host = headerOf(request.headers, 'Host');
  call.err(
    `${time} [error] ${workerPid}#${workerPid}: *${connection} ${text}, client: ${request.client}, server: ${name}, request: "${request.method} ${request.path} HTTP/1.1"${host === undefined ? '' : `, host: "${host}"`}\n`,
  );
}

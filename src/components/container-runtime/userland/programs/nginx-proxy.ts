import type { NetAnswer, ServedResponse } from '../types.ts';
import { strftime } from './date.ts';
import { headerOf, hostAddress, parseUrl } from './http.ts';
import { ask } from './network.ts';
import {
  errorPage,
  exchangeOf,
  filled,
  finished,
  logError,
  type Exchange,
  type HttpRequest,
  type HttpResponse,
  type Memory,
} from './nginx-answers.ts';
import { argumentOf, directivesNamed, type Directive } from './nginx-config.ts';
import { exit, type Call, type Program, type Step } from './program.ts';

/** nginx while it looks for the addresses of those it hands requests on to: once, before it listens. */
export interface Starting {
  readonly memory: Memory;
  readonly asked: Wanted | undefined;
}

/** What a worker remembers of a request that it has handed on. */
interface Handed {
  readonly id: number;
  readonly request: HttpRequest;
  readonly memory: Memory;
}

/** A host to find, as it is written, and where. */
interface Wanted {
  readonly host: string;
  readonly text: string;
  readonly at: string;
}

/** The servers of each `upstream`. */
export function upstreamsOf(directives: readonly Directive[]): Memory['upstreams'] {
  const http = directivesNamed(directives, 'http').flatMap((item) => item.children);
  return Object.fromEntries(
    directivesNamed(http, 'upstream').map(({ args, children }) => [
      args[0] ?? '',
      directivesNamed(children, 'server').map((item) => ({ text: item.args[0] ?? '', at: item.at })),
    ]),
  );
}

const targetOf = (location: Directive | undefined): string | undefined => location && argumentOf(location.children, 'proxy_pass');

export const isProxied = (exchange: Exchange): boolean =>
  targetOf(exchange.location) !== undefined && !exchange.directives.some((item) => item.name === 'return');

const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host);
const portOf = (server: string): number => Number(/:(\d+)$/.exec(server)?.[1] ?? 80);
const hostOf = (server: string): string => server.replace(/:\d+$/, '');

/** Hosts whose addresses nginx wants to know when it begins. Variables are looked up later. */
function hostsToFind({ servers, upstreams }: Memory): readonly Wanted[] {
  const locations = servers.flatMap((server) => directivesNamed(server.directives, 'location'));
  const targets = locations.flatMap((location) => directivesNamed(location.children, 'proxy_pass'));
  const named = targets.map(({ args, at }) => ({ text: /^https?:\/\/([^/]*)/.exec(args[0] ?? '')?.[1] ?? '', at }));
  return [...Object.values(upstreams).flat(), ...named.filter(({ text }) => upstreams[text] === undefined)]
    .map(({ text, at }) => ({ host: hostOf(text), text, at }))
    .filter(({ host }) => host !== '' && !host.includes('$') && !isAddress(host));
}

/** Why nginx cannot begin, in its log and for whoever started it. */
export function emergency(call: Call, text: string): void {
  const { pid } = call.task;
  call.err(`${strftime('%Y/%m/%d %H:%M:%S', call.system.now)} [emerg] ${pid}#${pid}: ${text}\nnginx: [emerg] ${text}\n`);
}

/** Finds the next address; a host without one ends nginx (ngx_parse_url: "host not found in upstream"). */
export function resolveNext(call: Call, { memory, asked }: Starting, listening: (memory: Memory) => Step): Step {
  const { answer } = call;
  let { addresses } = memory;
  if (asked !== undefined && answer !== undefined) {
    const address = answer.type === 'dns' ? answer.addresses[0] : undefined;
    if (address === undefined) {
      emergency(call, `host not found in upstream "${asked.text}" in ${asked.at}`);
      return exit(1);
    }
    addresses = { ...addresses, [asked.host]: address };
  }
  const known: Memory = { ...memory, addresses };
  for (const wanted of hostsToFind(memory)) {
    const local = hostAddress(call, wanted.host);
    if (addresses[wanted.host] !== undefined || isAddress(local)) continue;
    return ask(call, { type: 'dns', name: wanted.host, server: undefined }, { memory: known, asked: wanted } satisfies Starting);
  }
  return listening(known);
}

/** A worker asks the upstream; the answer comes later. */
export function handOn(call: Call, memory: Memory, request: HttpRequest): ServedResponse {
  const { system, task } = call;
  const id = system.newId();
  const handed: Handed = { id, request, memory };
  system.spawn(task, { type: 'program', name: 'nginx: worker process', memory: handed }, task.descriptors, {
    argv: ['nginx: worker process'],
  });
  return { type: 'later', id };
}

/** `proxy_pass http://name[:port][/uri]`: where a request goes, and as what. */
function upstreamRequest(
  exchange: Exchange,
  memory: Memory,
): { readonly host: string; readonly port: number; readonly path: string; readonly name: string } | undefined {
  const { request, location, uri, connection } = exchange;
  const text = filled(exchange, targetOf(location) ?? '');
  const url = parseUrl(text);
  if (url === undefined) return undefined;
  const servers = memory.upstreams[url.host];
  const server = servers?.[connection % Math.max(1, servers.length)]?.text ?? `${url.host}:${url.port}`;
  const host = hostOf(server);
  const named = /^[a-z]+:\/\/[^/]+(\/.*)$/.exec(text)?.[1];
  const search = request.path.includes('?') ? request.path.slice(request.path.indexOf('?')) : '';
  const prefix = location!.args.at(-1)!;
  const path = named === undefined ? request.path : `${named}${uri.slice(prefix.length)}${search}`;
  return { host: memory.addresses[host] ?? host, port: portOf(server), path, name: url.port === 80 ? url.host : `${url.host}:${url.port}` };
}

function send(call: Call, handed: Handed): Step {
  const exchange = exchangeOf(call, handed.memory, handed.request);
  const target = upstreamRequest(exchange, handed.memory);
  if (target === undefined) return answerWith(call, handed, exchange, errorPage(exchange, exchange.directives, 500));
  const { request } = exchange;
  const set = directivesNamed(exchange.directives, 'proxy_set_header').map(({ args }): readonly [string, string] => [
    args[0] ?? '',
    filled(exchange, args[1] ?? ''),
  ]);
  const own = [...set, ['Host', target.name] as const, ['Connection', 'close'] as const];
  const passed = request.headers.filter(([name]) => headerOf(own, name) === undefined);
  const headers = [
    ...own.filter(([name], index) => own.findIndex(([other]) => other.toLowerCase() === name.toLowerCase()) === index),
    ...passed,
  ];
  return ask(
    call,
    {
      type: 'http',
      scheme: 'http',
      host: hostAddress(call, target.host),
      port: target.port,
      method: request.method,
      path: target.path,
      headers,
      body: request.body,
      timeoutMs: 60_000,
    },
    handed,
  );
}

const failures: Readonly<Record<Extract<NetAnswer, { readonly type: 'failed' }>['failure'], readonly [text: string, status: number]>> = {
  refused: ['connect() failed (111: Connection refused) while connecting to upstream', 502],
  unreachable: ['connect() failed (113: Host is unreachable) while connecting to upstream', 502],
  timeout: ['upstream timed out (110: Operation timed out) while connecting to upstream', 504],
  reset: ['recv() failed (104: Connection reset by peer) while reading response header from upstream', 502],
  'bad-address': ['could not be resolved (3: Host not found)', 502],
  'no-resolver': ['no resolver defined to resolve', 502],
};

function answerWith(call: Call, { id }: Handed, exchange: Exchange, response: HttpResponse): Step {
  call.system.respond(id, finished(exchange, response));
  return exit(0);
}

/** The worker that has handed a request on. */
export const nginxWorker: Program = {
  run: (call) => {
    const handed = call.memory as Handed;
    const { answer } = call;
    if (answer === undefined) return send(call, handed);
    const exchange = exchangeOf(call, handed.memory, handed.request);
    if (answer.type === 'http') {
      const headers = answer.headers.filter(([name]) => !/^(server|date|connection)$/i.test(name));
      const page = errorPage(exchange, exchange.directives, answer.status);
      return answerWith(call, handed, exchange, {
        type: 'http',
        status: answer.status,
        headers: [...page.headers.slice(0, 2), ...headers],
        body: answer.body,
      });
    }
    const [text, status] = failures[answer.type === 'failed' ? answer.failure : 'reset'];
    logError(exchange, text);
    return answerWith(call, handed, exchange, errorPage(exchange, exchange.directives, status));
  },
};

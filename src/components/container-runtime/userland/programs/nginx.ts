import type { Listener } from '../types.ts';
import { argumentOf, directivesNamed, mainConfig, readConfig, type Directive } from './nginx-config.ts';
import { answer, exchangeOf, finished, versionOf, type Memory, type Server } from './nginx-answers.ts';
import { emergency, handOn, isProxied, resolveNext, type Starting, upstreamsOf } from './nginx-proxy.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';

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
    emergency(call, config.error);
    return undefined;
  }
  const { connections = 0, addresses = {} } = (call.memory as Memory | undefined) ?? {};
  const memory: Memory = { servers: serversOf(config.directives), upstreams: upstreamsOf(config.directives), addresses, connections };
  return { memory, daemon: argumentOf(config.directives, 'daemon') !== 'off' };
}

/** nginx writes before it serves: folders for its caches, and its number (ngx_create_paths, ngx_create_pidfile). */
function prepared(call: Call): boolean {
  const { files } = call.system;
  const [folder, number] = ['/var/cache/nginx/client_temp', '/run/nginx.pid'];
  const atFolder = files.isDirectory(folder) ? undefined : files.makeDirectory(folder);
  const problem = atFolder ?? files.write(number, `${call.task.pid}\n`);
  if (problem === undefined) return true;
  const codes: Readonly<Record<string, number>> = { 'No such file or directory': 2, 'Permission denied': 13, 'Read-only file system': 30 };
  emergency(call, `${atFolder === undefined ? `open() "${number}"` : `mkdir() "${folder}"`} failed (${codes[problem] ?? 22}: ${problem})`);
  return false;
}

/** nginx: static files, `return`, locations, its logs, and its ways to stop. */
export const nginx: Program = {
  run: (call) => {
    const { args } = call;
    if (call.memory !== undefined) return resolveNext(call, call.memory as Starting, listening);
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
    if (found === undefined || !prepared(call)) return exit(1);
    if (!found.daemon || /daemon\s+off/.test(args.join(' ')))
      return resolveNext(call, { memory: found.memory, asked: undefined }, listening);
    const { task, system } = call;
    system.spawn(task, { type: 'program', name: 'nginx', memory: undefined }, task.descriptors, {
      argv: [...task.argv, '-g', 'daemon off;'],
    });
    return exit(0);
  },
  signalled: (call, signal) => {
    if (signal === 'TERM' || signal === 'QUIT' || signal === 'INT') return exit(0);
    const serves = call.memory !== undefined && 'servers' in (call.memory as object);
    if (signal !== 'HUP' || !serves) return undefined;
    const found = configure(call);
    return listening(found?.memory ?? (call.memory as Memory));
  },
  serve: (call, request) => {
    const before = call.memory as Memory;
    const memory: Memory = { ...before, connections: before.connections + 1 };
    if (request.type === 'tcp') return { response: { type: 'tcp', data: '' }, step: listening(memory) };
    const exchange = exchangeOf(call, memory, request);
    const response = isProxied(exchange) ? handOn(call, memory, request) : finished(exchange, answer(exchange));
    return { response, step: listening(memory) };
  },
};

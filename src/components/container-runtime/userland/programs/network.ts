import type { NetAnswer, NetFailure, NetRequest, ServedResponse } from '../types.ts';
import { duration } from './basic.ts';
import { curl } from './curl.ts';
import { hostAddress, parseResponse, requestText } from './http.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';
import { wget } from './wget.ts';

/** Asks the network, and is called again with the answer. */
export const ask = (call: Call, request: NetRequest, memory: unknown): Step =>
  block({ type: 'request', id: call.system.newId(), request }, memory);

const reasons: Readonly<Record<NetFailure, string>> = {
  'bad-address': 'Name or service not known',
  'no-resolver': 'Temporary failure in name resolution',
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'Connection reset by peer',
};

/** What busybox says of a failed connection (libbb/xconnect.c). */
export function connectComplaint(host: string, answer: Extract<NetAnswer, { readonly type: 'failed' }>): string {
  if (answer.failure === 'bad-address' || answer.failure === 'no-resolver') return `bad address '${host}'`;
  return `can't connect to remote host${answer.address === undefined ? ` ${host}` : ` (${answer.address})`}: ${reasons[answer.failure]}`;
}

/** `nslookup NAME [SERVER]` (networking/nslookup.c of busybox): it asks for addresses of both kinds. */
const nslookup: Program = {
  run: (call) => {
    const [name, server] = call.args.filter((arg) => !arg.startsWith('-'));
    if (name === undefined) return call.fail('usage: nslookup HOST [DNS_SERVER]');
    const { answer } = call;
    if (answer === undefined) return ask(call, { type: 'dns', name, server: server && hostAddress(call, server) }, true);
    if (answer.type === 'failed' && answer.failure !== 'bad-address') {
      call.out(';; connection timed out; no servers could be reached\n\n');
      return exit(1);
    }
    const asked = (answer.type === 'http' || answer.type === 'tcp' ? undefined : answer.server) ?? nameServer(call);
    call.out(`Server:\t\t${asked}\nAddress:\t${asked}:53\n\n`);
    if (answer.type !== 'dns') {
      call.out(`** server can't find ${name}: NXDOMAIN\n\n`.repeat(2));
      return exit(1);
    }
    call.out(`${answer.addresses.map((address) => `Name:\t${answer.name}\nAddress: ${address}\n`).join('')}\n\n`);
    return exit(0);
  },
};

function nameServer(call: Call): string {
  return /^nameserver\s+(\S+)/m.exec(call.system.files.read('/etc/resolv.conf') ?? '')?.[1] ?? '127.0.0.1';
}

interface NcOptions {
  readonly letters: string;
  readonly port: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly rest: readonly string[];
}

function ncOptions(args: readonly string[]): NcOptions {
  let letters = '';
  let port: number | undefined;
  let timeoutMs: number | undefined;
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (!/^-[a-zA-Z]/.test(arg)) {
      rest.push(arg);
      continue;
    }
    letters += arg.slice(1);
    if (arg.endsWith('p')) port = Number(args[++index]);
    else if (/[wi]$/.test(arg)) timeoutMs = Number(args[++index]) * 1000;
    else if (arg.startsWith('-w')) timeoutMs = Number(arg.slice(2)) * 1000;
    else if (arg.endsWith('s')) index++;
  }
  return { letters, port, timeoutMs, rest };
}

/** `nc [-z] [-w N] HOST PORT`, `nc -l -p PORT` */
const nc: Program = {
  run: (call) => {
    const { letters, port, timeoutMs, rest } = ncOptions(call.args);
    if (letters.includes('l'))
      return block({ type: 'serve', listeners: [{ port: port ?? Number(rest.at(-1)), protocol: 'tcp' }] }, undefined);
    const [host = '', service = ''] = rest;
    if (!/^\d+$/.test(service)) return call.fail(`bad port '${service}'`);
    const { answer } = call;
    if (answer === undefined) {
      const waits = letters.includes('z') ? undefined : call.untilInputEnds();
      if (waits !== undefined) return waits;
      const data = letters.includes('z') ? undefined : call.system.take(call.task, 0, Number.POSITIVE_INFINITY);
      return ask(call, { type: 'tcp', host: hostAddress(call, host), port: Number(service), data, timeoutMs }, true);
    }
    if (answer.type === 'failed')
      return call.fail(answer.failure === 'timeout' && timeoutMs !== undefined ? 'timed out' : connectComplaint(host, answer));
    if (answer.type === 'tcp') {
      if (letters.includes('v')) call.err(`${host} (${answer.address}:${service}) open\n`);
      if (!letters.includes('z')) call.out(answer.data);
    }
    return exit(0);
  },
  serve: (call, request) => {
    const { letters } = ncOptions(call.args);
    call.out(request.type === 'http' ? requestText(request.method, request.path, request.headers, request.body) : request.data);
    const data = call.system.take(call.task, 0, Number.POSITIVE_INFINITY);
    const response: ServedResponse = (request.type === 'http' ? parseResponse(data) : undefined) ?? { type: 'tcp', data };
    return { response, step: letters.includes('k') ? block(call.task.blocked, undefined) : exit(0) };
  },
};

/** `ping [-c N] [-W N] HOST`: what can be connected to is there. */
const ping: Program = {
  run: (call) => {
    const host = call.args.filter((arg, index) => !arg.startsWith('-') && !/^-[cWwisI]$/.test(call.args[index - 1] ?? '')).at(-1);
    if (host === undefined) return call.fail('usage: ping HOST');
    const at = call.args.indexOf('-c');
    const count = at < 0 ? Number.POSITIVE_INFINITY : Number(call.args[at + 1]);
    const memory = (call.memory as { readonly sent: number; readonly address: string } | undefined) ?? undefined;
    const { answer } = call;
    if (memory === undefined) {
      if (answer === undefined) {
        const address = hostAddress(call, host);
        if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return ask(call, { type: 'dns', name: host, server: undefined }, undefined);
        return echo(call, host, address, 0, count);
      }
      if (answer.type !== 'dns') return call.fail(`bad address '${host}'`);
      return echo(call, host, answer.addresses[0] ?? host, 0, count);
    }
    return echo(call, host, memory.address, memory.sent, count);
  },
  signalled: (call, signal) => {
    if (signal !== 'INT') return undefined;
    const { sent } = (call.memory as { readonly sent: number } | undefined) ?? { sent: 0 };
    statistics(call, call.args.at(-1)!, sent);
    return exit(0);
  },
};

function echo(call: Call, host: string, address: string, sent: number, count: number): Step {
  if (sent === 0) call.out(`PING ${host} (${address}): 56 data bytes\n`);
  if (sent < count) call.out(`64 bytes from ${address}: seq=${sent} ttl=64 time=0.100 ms\n`);
  if (sent + 1 < count) return block({ type: 'sleep', until: call.system.now + 1000 }, { sent: sent + 1, address });
  statistics(call, host, count);
  return exit(0);
}

function statistics(call: Call, host: string, sent: number): void {
  call.out(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${sent} packets received, 0% packet loss\nround-trip min/avg/max = 0.100/0.100/0.100 ms\n`,
  );
}

/** Seconds of an option as milliseconds. */
export const timeoutOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : duration(text));

/** By name. */
export const networkPrograms: Readonly<Record<string, Program>> = { curl, nc, nslookup, ping, wget };

import { unescaped } from '#base/printf.ts';
import type { NetAnswer } from '../types.ts';
import { strftime } from './date.ts';
import { hostAddress } from './http.ts';
import { ask } from './network.ts';
import { block, exit, type Call, type Program, type Step } from './program.ts';
import { execute, type Reply, type Store } from './redis-commands.ts';

const defaultPort = 6379;

interface Memory {
  readonly port: number;
  readonly store: Store;
}

function log(call: Call, role: 'C' | 'M', level: '*' | '#', text: string): void {
  const milliseconds = String(call.system.now % 1000).padStart(3, '0');
  call.out(`${call.task.pid}:${role} ${strftime('%d %b %Y %H:%M:%S', call.system.now)}.${milliseconds} ${level} ${text}\n`);
}

const serving = (memory: Memory): Step => block({ type: 'serve', listeners: [{ port: memory.port, protocol: 'redis' }] }, memory);

/** Settings: of the file, then of the command line. */
function settings(call: Call): Readonly<Record<string, string>> | string {
  const found: Record<string, string> = {
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
    appendonly: 'no',
    save: '3600 1 300 100 60 10000',
  };
  const [file] = call.args;
  if (file !== undefined && !file.startsWith('-')) {
    const text = call.read(file);
    if (text === undefined) return `Fatal error, can't open config file '${call.path(file)}': No such file or directory`;
    for (const line of text.split('\n')) {
      const [name, ...value] = line.trim().split(/\s+/);
      if (name !== undefined && name !== '' && !name.startsWith('#')) found[name.toLowerCase()] = value.join(' ').replace(/^"(.*)"$/, '$1');
    }
  }
  for (const [index, arg] of call.args.entries()) if (arg.startsWith('--')) found[arg.slice(2)] = call.args[index + 1] ?? '';
  return found;
}

export const redisServer: Program = {
  run: (call) => {
    const version = call.variable('REDIS_VERSION') ?? /^\d+\.\d+\.\d+/.exec(call.system.process.tag)?.[0] ?? '7.4.2';
    const config = settings(call);
    if (typeof config === 'string') {
      log(call, 'C', '#', config);
      return exit(1);
    }
    const port = Number(config['port'] ?? defaultPort);
    log(call, 'C', '*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
    log(call, 'C', '*', `Redis version=${version}, bits=64, commit=00000000, modified=0, pid=${call.task.pid}, just started`);
    if (call.args.length > 0) log(call, 'C', '*', 'Configuration loaded');
    else
      log(
        call,
        'C',
        '#',
        'Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf',
      );
    log(call, 'M', '*', 'monotonic clock: POSIX clock_gettime');
    log(call, 'M', '*', `Running mode=standalone, port=${port}.`);
    log(call, 'M', '*', 'Server initialized');
    log(call, 'M', '*', 'Ready to accept connections tcp');
    return serving({ port, store: { values: {}, lists: {}, config } });
  },
  signalled: (call, signal) => {
    if (signal !== 'TERM' && signal !== 'INT') return undefined;
    call.out(`${call.task.pid}:signal-handler (${Math.floor(call.system.now / 1000)}) Received SIG${signal} scheduling shutdown...\n`);
    log(call, 'M', '*', 'User requested shutdown...');
    log(call, 'M', '*', 'Saving the final RDB snapshot before exiting.');
    log(call, 'M', '*', 'DB saved on disk');
    log(call, 'M', '#', 'Redis is now ready to exit, bye bye...');
    return exit(0);
  },
  serve: (call, request) => {
    let memory = call.memory as Memory;
    let data = '';
    for (const line of request.type === 'tcp' ? request.data.split(/\r?\n/).filter(Boolean) : []) {
      const { reply, store } = execute(memory.store, words(line));
      memory = { ...memory, store };
      data += encoded(reply);
    }
    return { response: { type: 'tcp', data }, step: serving(memory) };
  },
};

/** The words of a command, as it is typed. In double quotes a backslash hides what follows. */
const words = (line: string): readonly string[] =>
  (line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? []).map((word) =>
    /^".*"$/.test(word) ? unescaped(word.slice(1, -1)).text.replaceAll('\\"', '"') : word.replace(/^'(.*)'$/, '$1'),
  );

/** A reply in the protocol of Redis (RESP). */
function encoded(reply: Reply): string {
  if (reply === undefined) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
  if ('status' in reply) return `+${reply.status}\r\n`;
  if ('error' in reply) return `-${reply.error}\r\n`;
  return `*${reply.items.length}\r\n${reply.items.map(encoded).join('')}`;
}

function decoded(data: string, from = 0): { readonly reply: Reply; readonly end: number } {
  const lineEnd = data.indexOf('\r\n', from);
  const line = data.slice(from + 1, lineEnd < 0 ? undefined : lineEnd);
  const end = lineEnd < 0 ? data.length : lineEnd + 2;
  switch (data[from]) {
    case '+':
      return { reply: { status: line }, end };
    case '-':
      return { reply: { error: line }, end };
    case ':':
      return { reply: Number(line), end };
    case '*': {
      const items: Reply[] = [];
      let at = end;
      for (let index = 0; index < Number(line); index++) {
        const item = decoded(data, at);
        items.push(item.reply);
        at = item.end;
      }
      return { reply: { items }, end: at };
    }
    default: {
      const length = Number(line);
      return length < 0 || Number.isNaN(length)
        ? { reply: undefined, end }
        : { reply: data.slice(end, end + length), end: end + length + 2 };
    }
  }
}

/** As redis-cli shows it: plainly to a pipe, with types to a terminal. */
function shown(reply: Reply, terminal: boolean, prefix = ''): string {
  if (reply === undefined) return terminal ? '(nil)\n' : '\n';
  if (typeof reply === 'number') return terminal ? `(integer) ${reply}\n` : `${reply}\n`;
  if (typeof reply === 'string') return terminal ? `${JSON.stringify(reply)}\n` : `${reply}\n`;
  if ('status' in reply) return `${reply.status}\n`;
  if ('error' in reply) return `${terminal ? '(error) ' : ''}${reply.error}\n${terminal ? '' : '\n'}`;
  if (reply.items.length === 0) return terminal ? '(empty array)\n' : '\n';
  return reply.items
    .map((item, index) =>
      terminal ? `${index === 0 ? '' : prefix}${index + 1}) ${shown(item, terminal, `${prefix}   `)}` : shown(item, terminal),
    )
    .join('');
}

interface CliOptions {
  readonly host: string;
  readonly port: number;
  readonly command: readonly string[];
}

function cliOptions(args: readonly string[]): CliOptions {
  let host = '127.0.0.1';
  let port = defaultPort;
  let index = 0;
  for (; index < args.length && /^-/.test(args[index]!); index++) {
    if (args[index] === '-h') host = args[++index] ?? host;
    else if (args[index] === '-p') port = Number(args[++index]);
    else if (/^-[anu]$|^--(user|pass)$/.test(args[index]!)) index++;
  }
  return { host, port, command: args.slice(index) };
}

/** redis-cli: one command of its arguments, or those of its input, a line each. */
export const redisCli: Program = {
  run: (call) => {
    const options = cliOptions(call.args);
    const { answer } = call;
    if (answer !== undefined) {
      const ended = receive(call, options, answer);
      if (ended !== undefined || options.command.length > 0) return ended ?? exit(0);
    } else if (options.command.length > 0) return send(call, options, options.command.map((word) => JSON.stringify(word)).join(' '));
    const { text, ended, pipe } = call.system.input(call.task, 0);
    const newline = text.indexOf('\n');
    const prompt = `${options.host}:${options.port}> `;
    if (newline < 0 && !ended && pipe !== undefined) {
      if (call.system.process.tty && call.memory !== prompt) call.out(prompt);
      return block({ type: 'read', pipe }, prompt);
    }
    const line = call.system.take(call.task, 0, newline < 0 ? text.length : newline + 1).trim();
    if (/^(exit|quit)$/i.test(line) || (line === '' && text === '')) return exit(0);
    return line === '' ? block(undefined, undefined) : send(call, options, line);
  },
};

const send = (call: Call, { host, port }: CliOptions, line: string): Step =>
  ask(call, { type: 'tcp', host: hostAddress(call, host), port, data: `${line}\r\n`, timeoutMs: undefined }, undefined);

function receive(call: Call, { host, port }: CliOptions, answer: NetAnswer): Step | undefined {
  if (answer.type === 'tcp') {
    call.out(shown(decoded(answer.data).reply, call.system.process.tty));
    return undefined;
  }
  const reason =
    answer.type === 'failed' && answer.failure !== 'refused'
      ? answer.failure === 'timeout'
        ? 'Connection timed out'
        : 'Name or service not known'
      : 'Connection refused';
  call.err(`Could not connect to Redis at ${host}:${port}: ${reason}\n`);
  return exit(1);
}

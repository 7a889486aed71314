import { decodeBase64, encodeBase64 } from '#base/base64.ts';
import type { Node, Word } from '../shell/ast.ts';
import { signalNamed } from '../signals.ts';
import { date } from './date.ts';
import { evaluateExpression } from './expr.ts';
import { formatted, unescaped } from '#base/printf.ts';
import { block, exit, type Call, type Program } from './program.ts';

const says = (text: (call: Call) => string, code = 0): Program => ({
  run: (call) => {
    call.out(text(call));
    return exit(code);
  },
});

const echo: Program = {
  run: (call) => {
    let index = 0;
    let options = '';
    for (; index < call.args.length && /^-[neE]+$/.test(call.args[index]!); index++) options += call.args[index]!.slice(1);
    const text = call.args.slice(index).join(' ');
    const out = options.includes('e') ? unescaped(text) : { text, ended: false };
    call.out(out.text + (options.includes('n') || out.ended ? '' : '\n'));
    return exit(0);
  },
};

const printf: Program = {
  run: (call) => {
    const [format, ...args] = call.args[0] === '--' ? call.args.slice(1) : call.args;
    if (format === undefined) return call.fail('usage: printf FORMAT [ARG]...');
    const { text, complaints } = formatted(format, args);
    call.out(text);
    for (const complaint of complaints) call.err(`sh: ${complaint}\n`);
    return exit(complaints.length > 0 ? 1 : 0);
  },
};

const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Milliseconds of `5`, `0.5`, `1m`; undefined where it is no time. */
export function duration(text: string): number | undefined {
  if (text === 'infinity' || text === 'inf') return Number.POSITIVE_INFINITY;
  const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * units[match[2]!]! * 1000;
}

const sleep: Program = {
  run: (call) => {
    if (call.memory !== undefined) return exit(0);
    if (call.args.length === 0) {
      call.err('BusyBox v1.36.1 multi-call binary.\n\nUsage: sleep [N]...\n');
      return exit(1);
    }
    let total = 0;
    for (const arg of call.args) {
      const ms = duration(arg) ?? (call.name === 'usleep' ? Number(arg) : undefined);
      if (ms === undefined) return call.fail(`invalid number '${arg}'`);
      total += call.name === 'usleep' ? Number(arg) / 1000 : ms;
    }
    return block(total === Number.POSITIVE_INFINITY ? { type: 'forever' } : { type: 'sleep', until: call.system.now + total }, true);
  },
};

/** The pause container (build/pause/linux/pause.c): waits for a signal. */
const pause: Program = {
  run: () => block({ type: 'forever' }, undefined),
  signalled: (call, signal) => {
    if (signal !== 'INT' && signal !== 'TERM') return undefined;
    call.err(`Shutting down, got signal: ${signal === 'INT' ? 'Interrupt' : 'Terminated'}\n`);
    return exit(0);
  },
};

/** `env [-i] [-u NAME] [NAME=VALUE]… [PROGRAM [ARGUMENT]…]` */
const env: Program = {
  run: (call) => {
    let environment = call.task.env;
    let index = 0;
    for (let arg = call.args[0]; arg !== undefined; arg = call.args[++index]) {
      if (arg === '-i' || arg === '-') environment = [];
      else if (arg === '-u') {
        const name = call.args[++index];
        environment = environment.filter(([key]) => key !== name);
      } else if (/^[^=-][^=]*=/.test(arg)) {
        const [, name = '', value = ''] = /^([^=]*)=([^]*)$/.exec(arg)!;
        const at = environment.findIndex(([key]) => key === name);
        environment = at < 0 ? [...environment, [name, value]] : environment.map((entry, place) => (place === at ? [name, value] : entry));
      } else break;
    }
    const argv = call.args.slice(index);
    if (argv.length > 0) return { type: 'exec', argv, env: environment };
    call.out(environment.map(([name, value]) => `${name}=${value}\n`).join(''));
    return exit(0);
  },
};

const printenv: Program = {
  run: (call) => {
    if (call.args.length === 0) return env.run(call);
    const values = call.args.map((name) => call.variable(name));
    for (const value of values) if (value !== undefined) call.out(`${value}\n`);
    return exit(values.includes(undefined) ? 1 : 0);
  },
};

const seq: Program = {
  run: (call) => {
    const at = call.args.findIndex((arg) => /^-s/.test(arg));
    const attached = at >= 0 && call.args[at] !== '-s';
    const separator = at < 0 ? '\n' : attached ? call.args[at]!.slice(2) : (call.args[at + 1] ?? '\n');
    const args = at < 0 ? call.args : call.args.toSpliced(at, attached ? 1 : 2);
    const width = args[0] === '-w';
    const numbers = args.filter((arg) => arg !== '-w').map(Number);
    if (numbers.length === 0 || numbers.some(Number.isNaN)) return call.fail(`invalid number '${args[0] ?? ''}'`);
    const [first, step, last] =
      numbers.length === 1
        ? [1, 1, numbers[0]!]
        : numbers.length === 2
          ? [numbers[0]!, 1, numbers[1]!]
          : (numbers as [number, number, number]);
    const length = step === 0 ? 0 : Math.max(0, Math.min(100_000, Math.floor((last - first) / step + 1e-9) + 1));
    const digits = Math.max(...args.map((arg) => arg.replace(/^[^.]*\.?/, '').length));
    const shown = Array.from({ length }, (_, index) => (first + index * step).toFixed(digits));
    const padded = width ? shown.map((text) => text.padStart(String(last).length, '0')) : shown;
    if (padded.length > 0) call.out(`${padded.join(separator)}\n`);
    return exit(0);
  },
};

const yesPauseMs = 100;
const fullPipe = 65_536;

/** Writes until nobody reads: it waits where the reader has enough for now, and long where nobody looks. */
const yes: Program = {
  run: (call) => {
    const target = call.task.descriptors[1];
    const full = target?.type === 'null' || (target?.type === 'pipe' && call.system.pipes.get(target.pipe)!.text.length > fullPipe);
    if (full) return block({ type: 'sleep', until: call.system.now + yesPauseMs * (target.type === 'null' ? 100 : 1) }, undefined);
    call.out(`${call.args.length === 0 ? 'y' : call.args.join(' ')}\n`.repeat(16));
    return block(undefined, undefined);
  },
};

const sizes: Readonly<Record<string, number>> = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `stress --vm N --vm-bytes 150M`: takes memory and keeps it. */
const stress: Program = {
  run: (call) => {
    const value = (...names: readonly string[]): string => call.args[call.args.findIndex((arg) => names.includes(arg)) + 1] ?? '0';
    const workers = (short: string, long: string): number =>
      call.args.includes(short) || call.args.includes(long) ? Number(value(short, long)) : 0;
    const hogs = workers('-m', '--vm');
    if (call.memory === undefined) {
      call.out(
        `stress: info: [${call.task.pid}] dispatching hogs: ${workers('-c', '--cpu')} cpu, ${workers('-i', '--io')} io, ${hogs} vm, ${workers('-d', '--hdd')} hdd\n`,
      );
      return block({ type: 'sleep', until: call.system.now + 500 }, true);
    }
    const [, amount = '256', unit = 'M'] = /^(\d+)([BKMG]?)$/i.exec(call.args.includes('--vm-bytes') ? value('--vm-bytes') : '256M') ?? [];
    call.system.update(call.task.pid, { memoryBytes: hogs * Number(amount) * (sizes[unit.toUpperCase()] ?? 1) });
    return block({ type: 'forever' }, true);
  },
  signalled: (_, signal) => (signal === 'TERM' || signal === 'INT' ? exit(1) : undefined),
};

/** `timeout [-s SIGNAL] SECONDS PROGRAM…` */
const timeout: Program = {
  run: (call) => {
    let args = call.args;
    let signal = signalNamed('TERM')!;
    for (let option = args[0]; option !== undefined && option.startsWith('-'); option = args[0]) {
      if (option === '-s') signal = signalNamed(args[1] ?? '') ?? signal;
      args = args.slice(option === '-s' || option === '-k' || option === '-t' ? (option === '-t' ? 1 : 2) : 1);
    }
    const ms = duration(args[0] ?? '');
    if (ms === undefined || args.length < 2) return call.fail(`invalid number '${args[0] ?? ''}'`);
    call.system.update(call.task.pid, { deadline: { at: call.system.now + ms, signal } });
    return { type: 'exec', argv: args.slice(1) };
  },
};

const literal = (text: string): Word => [{ type: 'text', text, quoted: true }];
/** Commands with given words, one after the other. */
export const commands = (runs: readonly (readonly string[])[]): Node => ({
  type: 'sequence',
  items: runs.map((words) => ({ type: 'simple', assignments: [], words: words.map(literal), redirections: [], line: 1 })),
});

/** `xargs [-n N] [-I X] [-r] PROGRAM…`: the words of its input as arguments. */
const xargs: Program = {
  run: (call) => {
    const waits = call.untilInputEnds();
    if (waits !== undefined) return waits;
    const input = call.system.take(call.task, 0, Number.POSITIVE_INFINITY);
    let args = call.args;
    let size = Number.POSITIVE_INFINITY;
    let placeholder: string | undefined;
    let separator = /\s+/;
    for (let option = args[0]; option !== undefined && /^-./.test(option); option = args[0]) {
      const value = option.length > 2 ? option.slice(2) : args[1];
      if (option.startsWith('-n')) size = Math.max(1, Number(value));
      else if (option.startsWith('-I')) placeholder = value;
      else if (option === '-0') separator = /\0/;
      args = args.slice(/^-[nIPLsd]$/.test(option) ? 2 : 1);
    }
    const command = args.length === 0 ? ['echo'] : args;
    const items = input.split(placeholder === undefined ? separator : '\n').filter((item) => item !== '');
    if (placeholder !== undefined)
      return { type: 'commands', node: commands(items.map((item) => command.map((word) => word.replaceAll(placeholder, item)))) };
    if (items.length === 0) return { type: 'commands', node: commands(call.args.includes('-r') ? [] : [command]) };
    const runs = Array.from({ length: Math.ceil(items.length / Math.min(size, items.length)) }, (_, index) =>
      items.slice(index * size, (index + 1) * size),
    );
    return {
      type: 'commands',
      node: commands(size === Number.POSITIVE_INFINITY ? [[...command, ...items]] : runs.map((run) => [...command, ...run])),
    };
  },
};

const ps: Program = {
  run: (call) => {
    const user = call.system.process.uid === 0 ? 'root' : String(call.system.process.uid);
    call.out(
      `PID   USER     TIME  COMMAND\n${call.system.lines.map(({ pid, command }) => `${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command}\n`).join('')}`,
    );
    return exit(0);
  },
};

const id: Program = {
  run: (call) => {
    const { uid, gid, image } = call.system.process;
    // The image's own root is in a second group.
    const groups = [...call.system.process.groups, ...(uid === 0 && image === 'busybox' ? [10] : [])].sort((a, b) => a - b);
    const names: Readonly<Record<number, string>> = { 0: 'root', 10: 'wheel' };
    const named = (number: number): string => (names[number] === undefined ? String(number) : `${number}(${names[number]})`);
    const only = { '-u': String(uid), '-g': String(gid), '-G': groups.join(' '), '-un': uid === 0 ? 'root' : `unknown ID ${uid}` }[
      call.args.join('')
    ];
    call.out(`${only ?? `uid=${named(uid)} gid=${named(gid)} groups=${groups.map(named).join(',')}`}\n`);
    return exit(0);
  },
};

const whoami: Program = {
  run: (call) => {
    const { uid } = call.system.process;
    if (uid !== 0) return call.fail(`unknown uid ${uid}`);
    call.out('root\n');
    return exit(0);
  },
};

const base64: Program = {
  run: (call) => {
    const name = call.args.find((arg) => !arg.startsWith('-') && !/^\d+$/.test(arg)) ?? '-';
    const waits = name === '-' ? call.untilInputEnds() : undefined;
    if (waits !== undefined) return waits;
    const text = name === '-' ? call.system.take(call.task, 0, Number.POSITIVE_INFINITY) : call.read(name);
    if (text === undefined) return call.fail(`can't open '${name}': No such file or directory`);
    if (call.args.some((arg) => arg === '-d' || arg === '--decode')) call.out(decodeBase64(text.replace(/\s/g, '')));
    else call.out(`${encodeBase64(text).replace(/.{76}(?=.)/g, call.args.includes('-w0') || call.args.includes('0') ? '$&' : '$&\n')}\n`);
    return exit(0);
  },
};

const which: Program = {
  run: (call) => {
    const paths = call.args.map((name) => call.system.locate(call.task, name));
    for (const path of paths) if (path !== undefined) call.out(`${path}\n`);
    return exit(paths.includes(undefined) ? 1 : 0);
  },
};

const uname: Program = says((call) => {
  const { hostname } = call.system.view;
  const parts: Readonly<Record<string, string>> = { s: 'Linux', n: hostname, r: '6.8.0', v: '#1 SMP', m: 'x86_64', o: 'GNU/Linux' };
  const letters = call.args.join('').replaceAll('-', '').replace('a', 'snrvmo') || 's';
  return `${[...letters].map((letter) => parts[letter] ?? '').join(' ')}\n`;
});

/** By name. */
export const basicPrograms: Readonly<Record<string, Program>> = {
  arch: says(() => 'x86_64\n'),
  base64,
  clear: says(() => '\x1b[H\x1b[J'),
  date,
  echo,
  env,
  expr: {
    run: (call) => {
      const result = evaluateExpression(call.args);
      if ('error' in result) return call.fail(result.error, 2);
      call.out(`${result.value}\n`);
      return exit(result.value === '' || result.value === '0' ? 1 : 0);
    },
  },
  false: says(() => '', 1),
  hostname: says(({ args, system }) => `${args.some((arg) => /^-[iI]$/.test(arg)) ? system.view.ip : system.view.hostname}\n`),
  id,
  nohup: { run: (call) => ({ type: 'exec', argv: call.args }) },
  nproc: says(() => '2\n'),
  pause,
  printenv,
  printf,
  ps,
  pwd: says((call) => `${call.task.cwd}\n`),
  seq,
  setsid: { run: (call) => ({ type: 'exec', argv: call.args }) },
  sleep,
  stress,
  sync: says(() => ''),
  timeout,
  true: says(() => ''),
  tty: says((call) => (call.system.process.tty ? '/dev/pts/0\n' : 'not a tty\n'), 1),
  uname,
  uptime: says((call) => ` ${new Date(call.system.now).toISOString().slice(11, 19)} up  0 users,  load average: 0.00, 0.00, 0.00\n`),
  usleep: sleep,
  which,
  whoami,
  xargs,
  yes,
};

import { absolute } from '../files.ts';
import { builtinPrograms, resolve } from '../programs/index.ts';
import { sendSignals } from '../programs/kill.ts';
import { signalNamed } from '../signals.ts';
import { evaluate } from './arithmetic.ts';
import { splitAt } from './expand.ts';
import { getopts } from './getopts.ts';
import { become, notStarted, runNamed } from './simple.ts';
import type { ShellRun } from './run.ts';
import type { Frame } from './state.ts';

/** A command of the shell itself. The result is its exit code; undefined where it has put something on the stack that gives it. */
type Builtin = (run: ShellRun, args: readonly string[]) => number | undefined;

const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
const numberOr = (text: string | undefined, fallback: number): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : fallback;

/** Sets variables of arguments like NAME=value, with `mark` what comes of each. */
function declare(run: ShellRun, name: string, args: readonly string[], mark: (name: string) => void): number {
  for (const arg of args) {
    const [, key, , value] = /^([A-Za-z_]\w*)(=([^]*))?$/.exec(arg) ?? [];
    if (key === undefined) {
      run.complain(`${arg}: bad variable name`, name);
      return 1;
    }
    mark(key);
    if (value !== undefined && !run.set(key, value)) {
      run.complain(`${key}: is read only`, name);
      return 1;
    }
  }
  return 0;
}

function change(run: ShellRun, name: string, values: { readonly exported?: boolean; readonly readOnly?: boolean }): void {
  const before = run.variables[name] ?? { value: '', exported: false, readOnly: false };
  run.variables = { ...run.variables, [name]: { ...before, ...values } };
}

const exportVariables: Builtin = (run, args) => {
  const names = args.filter((arg) => arg !== '-p');
  if (names.length === 0) for (const [name, value] of run.environment()) run.out(`export ${name}=${quoted(value)}\n`);
  if (args[0] === '-n') {
    for (const name of args.slice(1)) if (run.variables[name] !== undefined) change(run, name, { exported: false });
    return 0;
  }
  const status = declare(run, 'export', names, (name) => change(run, name, { exported: true }));
  return status;
};

const readOnlyVariables: Builtin = (run, args) => {
  for (const arg of args) {
    const status = declare(run, 'readonly', [arg], () => undefined);
    if (status !== 0) return status;
    change(run, arg.split('=')[0]!, { readOnly: true });
  }
  return 0;
};

const local: Builtin = (run, args) => {
  const index = run.frames.findLastIndex((frame) => frame.type === 'call');
  const frame = run.frames[index];
  if (frame?.type !== 'call') {
    run.complain('not in a function', 'local');
    return 2;
  }
  const names = args.filter((arg) => !arg.startsWith('-'));
  const saved = Object.fromEntries(names.map((arg) => arg.split('=')[0]!).map((name) => [name, run.variables[name]]));
  run.frames[index] = { ...frame, locals: { ...saved, ...frame.locals } };
  return declare(run, 'local', names, (name) => run.unset(name));
};

const set: Builtin = (run, args) => {
  if (args.length === 0)
    for (const [name, { value }] of Object.entries(run.variables).sort(([a], [b]) => (a < b ? -1 : 1)))
      run.out(`${name}=${quoted(value)}\n`);
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === '--' || !/^[-+]./.test(arg)) {
      run.parameters = args.slice(arg === '--' ? index + 1 : index);
      return 0;
    }
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      const name = letter === 'o' ? args[++index] : letter;
      if (name === 'pipefail') run.pipefail = on;
      const short = { errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f', allexport: 'a' }[name ?? ''] ?? letter;
      run.options = run.options.replace(short, '') + (on && short !== 'o' ? short : '');
    }
  }
  return 0;
};

const trap: Builtin = (run, args) => {
  const operands = args[0] === '--' ? args.slice(1) : args;
  if (operands.length === 0) {
    for (const [name, action] of Object.entries(run.traps)) run.out(`trap -- ${quoted(action)} ${name}\n`);
    return 0;
  }
  const nameOf = (text: string): string | undefined => (text === '0' || text.toUpperCase() === 'EXIT' ? 'EXIT' : signalNamed(text));
  const resets = operands[0] === '-' || (operands.length === 1 && nameOf(operands[0]!) !== undefined);
  const signals = operands.length === 1 ? operands : operands.slice(1);
  let status = 0;
  for (const text of signals) {
    const name = nameOf(text);
    if (name === undefined) {
      if (/^(ERR|DEBUG|RETURN)$/i.test(text) && run.initial.dialect === 'bash') continue;
      run.complain(`${text}: invalid signal specification`, 'trap');
      status = 1;
      continue;
    }
    const { [name]: _, ...others } = run.traps;
    run.traps = resets ? others : { ...others, [name]: operands[0]! };
  }
  return status;
};

/** Leaves `count` loops; with `again` the last of them goes on. */
function leaveLoops(run: ShellRun, count: number, again: boolean): number {
  let left = count;
  const inside = run.frames.slice(run.frames.findLastIndex((frame) => frame.type === 'call') + 1);
  const loops = inside.filter((frame) => frame.type === 'loop' || frame.type === 'for').length;
  if (loops === 0) return 0;
  left = Math.min(left, loops);
  for (let frame = run.top; frame !== undefined; frame = run.top) {
    if (frame.type === 'loop' || frame.type === 'for') left--;
    if (left === 0 && (frame.type === 'loop' || frame.type === 'for') && again) {
      if (frame.type === 'loop') run.replace({ ...frame, phase: 'body' });
      return 0;
    }
    run.pop();
    if (left === 0) return 0;
  }
  return 0;
}

const returnFromFunction: Builtin = (run, args) => {
  const status = numberOr(args[0], run.status);
  const index = run.frames.findLastIndex((frame) => frame.type === 'call' || frame.type === 'source');
  if (index < 0) {
    run.finish(status);
    return undefined;
  }
  while (run.frames.length > index) run.pop();
  return status;
};

const changeDirectory: Builtin = (run, args) => {
  const operand = args.find((arg) => arg === '-' || !arg.startsWith('-'));
  const target = operand === '-' ? (run.get('OLDPWD') ?? run.cwd) : (operand ?? run.get('HOME') ?? '/');
  const path = absolute(run.cwd, target);
  if (!run.system.files.isDirectory(path)) {
    run.complain(`can't cd to ${target}: ${run.system.files.exists(path) ? 'Not a directory' : 'No such file or directory'}`, 'cd');
    return 2;
  }
  run.set('OLDPWD', run.cwd, true);
  run.set('PWD', path, true);
  run.cwd = path;
  if (operand === '-') run.out(`${path}\n`);
  return 0;
};

const read: Builtin = (run, args) => {
  let index = 0;
  let raw = false;
  for (; index < args.length && /^-./.test(args[index]!); index++) {
    raw ||= args[index]!.includes('r');
    if (/[ptnd]$/.test(args[index]!)) index++;
  }
  run.frames.push({ type: 'read', names: args.slice(index), raw });
  return undefined;
};

/** Goes on with `read`: takes a line when it is there. */
export function readLine(run: ShellRun, { names, raw }: Extract<Frame, { readonly type: 'read' }>): void {
  const { text, ended, pipe } = run.system.input(run.current, 0);
  const match = (raw ? /^[^\n]*\n/ : /^(?:[^\n\\]|\\[^])*\n/).exec(text);
  if (match === null && !ended && pipe !== undefined) {
    run.blocked = { type: 'read', pipe };
    return;
  }
  const line = run.system.take(run.current, 0, match?.[0].length ?? text.length).replace(/\n$/, '');
  const plain = raw ? line : line.replace(/\\([^])/g, (_, char: string) => (char === '\n' ? '' : char));
  const ifs = run.get('IFS') ?? ' \t\n';
  const wanted = names.length === 0 ? ['REPLY'] : names;
  const fields = ifs === '' ? [plain] : splitAt(plain, ifs, wanted.length).filter((field) => field !== undefined);
  run.pop();
  for (const [index, name] of wanted.entries()) {
    const field = fields[index] ?? '';
    run.set(name, index === wanted.length - 1 && ifs.includes(' ') ? field.replace(/[ \t]+$/, '') : field);
  }
  run.done(match === null ? 1 : 0);
}

const wait: Builtin = (run, args) => {
  const pids = args
    .filter((arg) => !arg.startsWith('-'))
    .map((arg) => (arg.startsWith('%') ? (run.jobs[Number(arg.slice(1)) - 1] ?? 0) : Number(arg)));
  // Without operands it is never a failure, so a code that nobody has is asked for at the end.
  run.frames.push({ type: 'wait', pids: pids.length > 0 ? pids : [...run.jobs, 0] });
  if (pids.length === 0) run.jobs = [];
  return undefined;
};

const kill: Builtin = (run, args) => {
  const pids = args.map((arg) => (/^%\d+$/.test(arg) ? String(run.jobs[Number(arg.slice(1)) - 1] ?? 0) : arg));
  // Others see this shell as it was put back: its traps count at once.
  run.save();
  return sendSignals(run.system, pids, (text) => run.err(`${run.initial.zero}: ${text}\n`));
};

const command: Builtin = (run, args) => {
  const [first = '', ...rest] = args;
  if (first !== '-v' && first !== '-V') {
    if (first !== '') runNamed(run, first, { words: args, assignments: [] }, false);
    return first === '' ? 0 : undefined;
  }
  const [name = ''] = rest;
  const known = run.functions[name] !== undefined || builtins[name] !== undefined || builtinPrograms.has(name);
  const found = known ? { path: name } : resolve(run.system, run.current, [name]);
  if ('error' in found) return 127;
  run.out(`${found.path}\n`);
  return 0;
};

const type: Builtin = (run, args) => {
  let status = 0;
  for (const name of args) {
    const found = resolve(run.system, run.current, [name]);
    if (run.functions[name] !== undefined) run.out(`${name} is a shell function\n`);
    else if (builtins[name] !== undefined || builtinPrograms.has(name)) run.out(`${name} is a shell builtin\n`);
    else if (!('error' in found)) run.out(`${name} is ${found.path}\n`);
    else {
      run.out(`${name}: not found\n`);
      status = 127;
    }
  }
  return status;
};

const source: Builtin = (run, args) => {
  const [file = '', ...parameters] = args;
  const text = run.system.files.read(absolute(run.cwd, file));
  if (text === undefined) {
    run.complain(`can't open '${file}': No such file or directory`, '.');
    run.finish(2);
    return undefined;
  }
  if (parameters.length > 0) run.parameters = parameters;
  run.frames.push({ type: 'source' });
  return run.pushText(text) ? undefined : run.status;
};

const evalText: Builtin = (run, args) => {
  const text = args.join(' ');
  if (text.trim() === '') return 0;
  run.pushText(text);
  return undefined;
};

const exec: Builtin = (run, args) => {
  const found = resolve(run.system, run.current, args);
  if ('error' in found) {
    run.finish(notStarted(run, found));
    return undefined;
  }
  become(run, args);
  return undefined;
};

const exit: Builtin = (run, args) => {
  const inTrap = run.frames.find((frame) => frame.type === 'trap');
  run.finish(numberOr(args[0], inTrap?.type === 'trap' ? inTrap.status : run.status) & 255);
  return undefined;
};

const shift: Builtin = (run, args) => {
  const count = numberOr(args[0], 1);
  if (count > run.parameters.length) return 1;
  run.parameters = run.parameters.slice(count);
  return 0;
};

const unset: Builtin = (run, args) => {
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    if (args[0] === '-f' || run.variables[name] === undefined) {
      const { [name]: _, ...functions } = run.functions;
      run.functions = functions;
    } else run.unset(name);
  }
  return 0;
};

const letNumbers: Builtin = (run, args) => {
  const numbers = { get: (name: string) => run.get(name), set: (name: string, value: string) => void run.set(name, value) };
  return args.map((arg) => evaluate(arg, numbers)).at(-1) === 0 ? 1 : 0;
};

/** By name. */
export const builtins: Readonly<Record<string, Builtin | undefined>> = {
  ':': () => 0,
  '.': source,
  source,
  alias: () => 0,
  break: (run, args) => leaveLoops(run, numberOr(args[0], 1), false),
  cd: changeDirectory,
  command,
  continue: (run, args) => leaveLoops(run, numberOr(args[0], 1), true),
  declare: (run, args) =>
    declare(
      run,
      'declare',
      args.filter((arg) => !arg.startsWith('-')),
      () => undefined,
    ),
  eval: evalText,
  exec,
  exit,
  export: exportVariables,
  getopts,
  hash: () => 0,
  kill,
  let: letNumbers,
  local,
  read,
  readonly: readOnlyVariables,
  return: returnFromFunction,
  set,
  shift,
  trap,
  type,
  ulimit: (run) => {
    run.out('unlimited\n');
    return 0;
  },
  umask: (run, args) => {
    if (args.length === 0) run.out('0022\n');
    return 0;
  },
  unset,
  wait,
};

import { signalNamed, signalNumbers } from '../signals.ts';
import type { System } from '../system.ts';
import type { SignalName } from '../types.ts';
import { exit, type Program } from './program.ts';

/** `kill [-SIGNAL] PID…`; 0 only asks whether there is such a process. */
export function sendSignals(system: System, args: readonly string[], complain: (text: string) => void): number {
  let signal: SignalName | undefined = 'TERM';
  let rest = args;
  const [first = ''] = args;
  if (first === '-l') {
    for (const [name, number] of Object.entries(signalNumbers)) complain(`${number}) ${name}`);
    return 0;
  }
  if (/^-./.test(first)) {
    const name = first === '-s' || first === '-n' ? (args[1] ?? '') : first.slice(1);
    signal = name === '0' ? undefined : signalNamed(name);
    rest = args.slice(name === first.slice(1) ? 1 : 2);
    if (signal === undefined && name !== '0') {
      complain(`bad signal name '${name}'`);
      return 1;
    }
  }
  let status = 0;
  for (const pid of rest.filter((item) => item !== '--')) {
    const number = Number(pid);
    if (!Number.isInteger(number)) complain(`invalid number '${pid}'`);
    else if (number > 0 ? exists(system, number) : number === -1) {
      const targets = number > 0 ? [number] : [...system.tasks.keys()].filter((item) => item !== 1);
      if (signal !== undefined) for (const target of targets) system.signal(target, signal);
      continue;
    } else complain(`can't kill pid ${pid}: No such process`);
    status = 1;
  }
  return status;
}

const exists = (system: System, pid: number): boolean =>
  system.tasks.has(pid) || system.view.others?.some((other) => other.pid === pid) === true;

export const kill: Program = { run: (call) => exit(sendSignals(call.system, call.args, (text) => call.err(`kill: ${text}\n`))) };

/** `killall NAME…`, `pkill PATTERN`: by the name of the program. */
export const killByName: Program = {
  run: (call) => {
    const signal = call.args.find((arg) => arg.startsWith('-') && signalNamed(arg.slice(1)) !== undefined);
    const names = call.args.filter((arg) => !arg.startsWith('-'));
    const found = call.system.lines.filter(
      ({ pid, command }) => pid !== call.task.pid && names.some((name) => nameOf(command, call.args.includes('-f')).includes(name)),
    );
    // `-0` only asks.
    for (const { pid } of call.args.includes('-0') ? [] : found)
      call.system.signal(pid, signal === undefined ? 'TERM' : signalNamed(signal.slice(1))!);
    if (found.length === 0 && call.name === 'killall') return call.fail(`${names[0] ?? ''}: no process killed`);
    return exit(found.length > 0 ? 0 : 1);
  },
};

const nameOf = (command: string, whole: boolean): string =>
  whole ? command : command.split(' ')[0]!.replace(/^.*\//, '').replace(/:$/, '');

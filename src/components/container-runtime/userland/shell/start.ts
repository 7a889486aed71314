import { absolute, baseName } from '../files.ts';
import type { Body, Task } from '../state.ts';
import type { System } from '../system.ts';
import type { Node } from './ast.ts';
import { parseScript } from './parse.ts';
import type { ShellState, Variable } from './state.ts';

const misuse = 2;

function emptyShell(system: System, task: Task): ShellState {
  const variables: Record<string, Variable> = {};
  const add = (name: string, value: string, exported: boolean): void => void (variables[name] = { value, exported, readOnly: false });
  for (const [name, value] of task.env) if (/^[A-Za-z_]\w*$/.test(name)) add(name, value, true);
  // shell/ash.c, INIT
  add('SHLVL', String(Number(variables['SHLVL']?.value ?? 0) + 1), true);
  add('PWD', task.cwd, true);
  add('IFS', ' \t\n', false);
  add('PS4', '+ ', false);
  add('OPTIND', '1', false);
  const name = baseName(task.argv[0]!);
  return {
    dialect: name === 'bash' ? 'bash' : 'sh',
    frames: [],
    variables,
    functions: {},
    zero: task.argv[0]!,
    script: undefined,
    parameters: [],
    status: 0,
    lastJob: 0,
    jobs: [],
    options: '',
    pipefail: false,
    traps: {},
    pid: task.pid,
    replaced: false,
    startedAt: system.now,
    random: (Math.imul(task.pid, 2_654_435_761) + system.now) >>> 0,
  };
}

const shellBody = (shell: ShellState): Body => ({ type: 'shell', shell });

/** `sh -c TEXT`, `sh FILE`, or `sh` alone, which reads its commands from standard input. */
export function startShell(system: System, task: Task): Body {
  let shell = emptyShell(system, task);
  let command = false;
  let rest = task.argv.slice(1);
  for (let option = rest[0]; option !== undefined && /^[-+]./.test(option); option = rest[0]) {
    rest = rest.slice(1);
    if (option === '--') break;
    if (option.startsWith('--')) continue;
    const letters = option.slice(1);
    command ||= letters.includes('c');
    if (letters.endsWith('o')) {
      shell = { ...shell, pipefail: shell.pipefail || rest[0] === 'pipefail' };
      rest = rest.slice(1);
    }
    shell = { ...shell, options: shell.options + letters.replace(/[^euxfa]/g, '') };
  }
  if (command) {
    const [text, zero, ...parameters] = rest;
    if (text === undefined) return failed(system, task, shell, '-c requires an argument');
    return fromText(system, task, { ...shell, zero: zero ?? shell.zero, parameters, replaced: true }, text);
  }
  const [file, ...parameters] = rest;
  if (file === undefined) return shellBody({ ...shell, frames: [{ type: 'input', text: '', interactive: system.process.tty }] });
  const text = system.files.read(absolute(task.cwd, file));
  if (text === undefined) return failed(system, task, shell, `can't open '${file}': No such file or directory`);
  return fromText(system, task, { ...shell, script: file, zero: file, parameters }, text);
}

function fromText(system: System, task: Task, shell: ShellState, text: string): Body {
  const parsed = parseScript(text, shell.dialect === 'bash');
  return 'node' in parsed ? shellBody(withCommands(shell, parsed.node)) : failed(system, task, shell, parsed.error);
}

const withCommands = (shell: ShellState, node: Node): ShellState => ({
  ...shell,
  frames: [{ type: 'sequence', node: { type: 'sequence', items: [node] }, index: 0 }],
});

function failed(system: System, task: Task, shell: ShellState, complaint: string): Body {
  system.write(task, 2, `${shell.zero}: ${complaint}\n`);
  return shellBody({ ...shell, frames: [{ type: 'finish', status: misuse }] });
}

/** A shell for commands that a program stands for (`xargs`, `find -exec`). */
export function commandShell(system: System, task: Task, node: Node): Body {
  return shellBody(withCommands({ ...emptyShell(system, task), zero: 'sh' }, node));
}

import { absolute } from '../files.ts';
import { builtinPrograms, programs, resolve } from '../programs/index.ts';
import { Call } from '../programs/program.ts';
import type { Descriptor } from '../state.ts';
import type { SignalName, StartFailure } from '../types.ts';
import type { Assignment, Redirection, Word } from './ast.ts';
import { builtins } from './builtins.ts';
import type { Expander } from './expand.ts';
import type { ShellRun } from './run.ts';
import type { Frame, Saved } from './state.ts';

interface OpenRedirection extends Redirection {
  /** Its target, expanded. */
  readonly text: string;
}
interface Prepared {
  readonly words: readonly string[];
  readonly assignments: readonly (readonly [name: string, value: string])[];
  readonly arrays: readonly (readonly [name: string, items: readonly string[]])[];
  readonly redirections: readonly OpenRedirection[];
}

/** Builtins after which assignments before them stay (2.14 Special Built-In Utilities). */
const special = new Set([':', '.', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'trap', 'unset']);
const declarations = /^(export|readonly|local|declare|typeset)$/;
const isLiteral = (word: Word | undefined, pattern: RegExp): boolean =>
  word?.length === 1 && word[0]!.type === 'text' && pattern.test(word[0]!.text);

/** Runs a simple command ("Shell Command Language", 2.9.1): expansion, redirection, assignment, and then what its name says. */
export function runSimple(run: ShellRun, frame: Extract<Frame, { readonly type: 'simple' }>): void {
  const { node } = frame;
  run.line = node.line;
  const found = run.expand(frame, (expander) => ({
    words: wordsOf(expander, node.words),
    redirections: node.redirections.map((item) => ({ ...item, text: expander.text(item.target) })),
    arrays: node.assignments.flatMap(({ name, items, append }) =>
      items === undefined ? [] : [[name, [...(append ? itemsOf(run, name) : []), ...expander.words(items)]] as const],
    ),
    assignments: node.assignments
      .filter((item) => item.items === undefined)
      .map((item) => [item.name, assigned(run, expander, item)] as const),
  }));
  if (found === undefined) return;
  run.pop();
  const prepared = found.value;
  if (run.options.includes('x')) trace(run, prepared);
  const before = run.descriptors;
  if (!applyRedirections(run, prepared.redirections)) {
    run.descriptors = before;
    return run.done(1);
  }
  const [name] = prepared.words;
  if (name === undefined) {
    run.descriptors = before;
    for (const [key, items] of prepared.arrays) run.setItems(key, items);
    for (const [key, value] of prepared.assignments) if (!assign(run, key, value)) return;
    return run.done(found.status ?? 0);
  }
  if (name === 'exec' && prepared.words.length === 1) return run.done(0);
  if (prepared.redirections.length > 0) run.frames.push({ type: 'restore', descriptors: before });
  runNamed(run, name, prepared);
}

const itemsOf = (run: ShellRun, name: string): readonly string[] => run.variables[name]?.items ?? [];

/** `[[ … ]]` and what `export` sets are not split. */
function wordsOf(expander: Expander, words: readonly Word[]): readonly string[] {
  if (isLiteral(words[0], /^\[\[$/)) return words.map((word) => expander.text(word));
  if (!isLiteral(words[0], declarations)) return expander.words(words);
  return words.flatMap((word) => (word[0]?.type === 'text' && /^\w+=/.test(word[0].text) ? [expander.text(word)] : expander.words([word])));
}

function assigned(run: ShellRun, expander: Expander, { name, value, append }: Assignment): string {
  const text = (append ? (run.get(name) ?? '') : '') + expander.text(value);
  expander.assign(name, text);
  return text;
}

function assign(run: ShellRun, name: string, value: string): boolean {
  if (run.set(name, value)) return true;
  run.complain(`${name}: is read only`);
  run.finish(2);
  return false;
}

function trace(run: ShellRun, { words, assignments }: Prepared): void {
  const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);
  run.err(
    `${run.get('PS4') ?? '+ '}${[...assignments.map(([name, value]) => `${name}=${quoted(value)}`), ...words.map(quoted)].join(' ')}\n`,
  );
}

/** Runs a function, a builtin or a program. */
export function runNamed(
  run: ShellRun,
  name: string,
  { words, assignments }: Pick<Prepared, 'words' | 'assignments'>,
  functions = true,
): void {
  const body = functions ? run.functions[name] : undefined;
  const builtin = builtins[name];
  const inside = body !== undefined || builtin !== undefined || builtinPrograms.has(name);
  if (!inside) return runProgram(run, words, assignments);
  if (assignments.length > 0 && special.has(name)) {
    for (const [key, value] of assignments) if (!assign(run, key, value)) return;
  } else if (assignments.length > 0) {
    const saved: Saved = Object.fromEntries(assignments.map(([key]) => [key, run.variables[key]]));
    run.frames.push({ type: 'unset', variables: saved });
    for (const [key, value] of assignments) if (!assign(run, key, value)) return;
  }
  if (body !== undefined) {
    run.frames.push({ type: 'call', parameters: run.parameters, locals: {} });
    run.parameters = words.slice(1);
    return run.push(body);
  }
  const status = builtin !== undefined ? builtin(run, words.slice(1)) : runInside(run, name, words.slice(1));
  if (status !== undefined && run.alive) run.done(status);
}

/** A program that every shell has inside of itself. */
function runInside(run: ShellRun, name: string, args: readonly string[]): number {
  const step = programs[name]!.run(new Call(run.system, run.current, name, args, undefined, undefined));
  return step.type === 'exit' ? step.code : 0;
}

function runProgram(run: ShellRun, words: readonly string[], assignments: Prepared['assignments']): void {
  const { system } = run;
  const environment = [...run.environment().filter(([name]) => !assignments.some(([key]) => key === name)), ...assignments];
  const found = resolve(system, run.current, words);
  if ('error' in found) return run.done(notStarted(run, found));
  if (run.isLast()) return become(run, words, environment);
  const ignored = ignoredSignals(run);
  const pid = system.spawn(run.current, { type: 'program', name: 'true', memory: undefined }, run.descriptors, { ignored });
  system.exec(pid, words, environment);
  run.waitFor([pid]);
}

const ignoredSignals = (run: ShellRun): readonly SignalName[] => [
  ...run.current.ignored,
  ...(Object.keys(run.traps).filter((name) => run.traps[name] === '') as SignalName[]),
];

/** The shell becomes a program that is known to exist. */
export function become(run: ShellRun, words: readonly string[], environment = run.environment()): void {
  run.save();
  run.system.update(run.pid, { ignored: ignoredSignals(run) });
  run.system.exec(run.pid, words, environment);
  run.gone = true;
}

/** Says why there is no such program; the result is the exit code. */
export function notStarted(run: ShellRun, { error, program }: StartFailure): number {
  run.complain(`${program}: ${error === 'not-found' ? 'not found' : 'Permission denied'}`);
  return error === 'not-found' ? 127 : 126;
}

/** Opens what a command is redirected to; false after a complaint. */
export function applyRedirections(run: ShellRun, redirections: readonly OpenRedirection[]): boolean {
  for (const redirection of redirections) {
    const { type, descriptor, text } = redirection;
    if (type === 'duplicate' && (text === '-' || /^\d+$/.test(text))) {
      const source = run.descriptors[Number(text)];
      const { [descriptor]: _, ...others } = run.descriptors;
      if (source === undefined && text !== '-') {
        run.complain(`${text}: Bad file descriptor`);
        return false;
      }
      run.descriptors = source === undefined ? others : { ...others, [descriptor]: source };
      continue;
    }
    const opened = type === 'text' ? reader(run, text) : open(run, text, type);
    if (opened === undefined) return false;
    run.descriptors = { ...run.descriptors, [descriptor]: opened, ...(type === 'duplicate' ? { 2: opened } : {}) };
  }
  return true;
}

const reader = (run: ShellRun, text: string): Descriptor => ({ type: 'pipe', pipe: run.system.newPipe(text), end: 'read' });

function open(run: ShellRun, name: string, type: Redirection['type']): Descriptor | undefined {
  const { files } = run.system;
  const path = absolute(run.cwd, name);
  const special = device(run, path);
  if (special !== undefined) return special;
  const before = files.read(path);
  if (type === 'read') {
    if (before !== undefined) return reader(run, before);
    run.complain(`can't open ${name}: ${files.isDirectory(path) ? 'Is a directory' : 'no such file'}`);
    return undefined;
  }
  const problem = files.write(path, type === 'append' ? (before ?? '') : '');
  if (problem === undefined) return { type: 'file', path };
  run.complain(`can't create ${name}: ${problem === 'No such file or directory' ? 'nonexistent directory' : problem}`);
  return undefined;
}

/** What is no file though it has a name like one. */
function device(run: ShellRun, path: string): Descriptor | undefined {
  if (path === '/dev/null') return { type: 'null' };
  const own = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }[path] ?? /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  if (own !== undefined) return run.descriptors[Number(own)] ?? { type: 'null' };
  const log = /^\/proc\/1\/fd\/([12])$/.exec(path)?.[1];
  return log === undefined ? undefined : { type: 'output', stream: log === '1' ? 'stdout' : 'stderr', log: true };
}

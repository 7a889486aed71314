import { signalNumbers } from '../signals.ts';
import type { Blocked, Descriptors, Environment, Task } from '../state.ts';
import type { System } from '../system.ts';
import type { SignalName } from '../types.ts';
import { ArithmeticError } from './arithmetic.ts';
import type { Node } from './ast.ts';
import { Expander, ExpansionError, SubstitutionNeeded, type Scope } from './expand.ts';
import { parseScript } from './parse.ts';
import { advance } from './control.ts';
import { ordered } from './environment.ts';
import { frameOf } from './frames.ts';
import { parameterOf } from './parameters.ts';
import type { Expansion, Frame, Saved, ShellState, Substituted, Variable } from './state.ts';

const syntaxError = 2;

/** Runs a shell until it waits for something, ends, or has made so many steps. The result is how many it made. */
export function runShell(system: System, task: Task, shell: ShellState, limit: number): number {
  const run = new ShellRun(system, task, shell);
  let steps = 0;
  while (steps < limit && run.alive && run.blocked === undefined) {
    steps++;
    if (!run.startTrap()) advance(run);
  }
  run.save();
  return steps;
}

/** A shell while it runs: what its commands change is kept here and put back into plain data at the end of the step. */
export class ShellRun {
  readonly frames: Frame[];
  variables: Readonly<Record<string, Variable>>;
  functions: Readonly<Record<string, Node>>;
  parameters: readonly string[];
  status: number;
  lastJob: number;
  jobs: readonly number[];
  options: string;
  pipefail: boolean;
  traps: Readonly<Record<string, string>>;
  descriptors: Descriptors;
  cwd: string;
  blocked: Blocked | undefined;
  random: number;
  /** True when it has become another program. */
  gone = false;
  /** The line of the command that runs. */
  line = 0;

  constructor(
    readonly system: System,
    private readonly task: Task,
    readonly initial: ShellState,
  ) {
    this.frames = [...initial.frames];
    this.variables = initial.variables;
    this.functions = initial.functions;
    this.parameters = initial.parameters;
    this.status = initial.status;
    this.lastJob = initial.lastJob;
    this.jobs = initial.jobs;
    this.options = initial.options;
    this.pipefail = initial.pipefail;
    this.traps = initial.traps;
    this.random = initial.random;
    this.descriptors = task.descriptors;
    this.cwd = task.cwd;
  }

  get pid(): number {
    return this.task.pid;
  }

  get alive(): boolean {
    return !this.gone && this.system.tasks.has(this.pid);
  }

  /** The task as it is now. */
  get current(): Task {
    return { ...(this.system.tasks.get(this.pid) ?? this.task), descriptors: this.descriptors, cwd: this.cwd };
  }

  get state(): ShellState {
    const { frames, variables, functions, parameters, status, lastJob, jobs, options, pipefail, traps, random } = this;
    return {
      ...this.initial,
      frames: [...frames],
      variables,
      functions,
      parameters,
      status,
      lastJob,
      jobs,
      options,
      pipefail,
      traps,
      random,
    };
  }

  /** Puts everything back, before others look at it. */
  save(): void {
    if (this.gone) return;
    this.system.update(this.pid, {
      body: { type: 'shell', shell: this.state },
      descriptors: this.descriptors,
      cwd: this.cwd,
      blocked: this.blocked,
    });
  }

  // Output.

  out(text: string): void {
    this.system.write(this.current, 1, text);
  }

  err(text: string): void {
    this.system.write(this.current, 2, text);
  }

  /** A complaint as ash writes it (shell/ash.c, ash_vmsg). */
  complain(text: string, builtin?: string): void {
    const { script, zero } = this.initial;
    const name = builtin ?? (script === undefined ? undefined : '');
    this.err(`${zero}: ${builtin === undefined ? '' : `${builtin}: `}${name === undefined ? '' : `line ${this.line}: `}${text}\n`);
  }

  // The stack.

  get top(): Frame | undefined {
    return this.frames[this.frames.length - 1];
  }

  replace(frame: Frame): void {
    this.frames[this.frames.length - 1] = frame;
  }

  /** Takes the uppermost frame away and undoes what it was there to undo. */
  pop(): void {
    const frame = this.frames.pop();
    if (frame?.type === 'restore') this.descriptors = frame.descriptors;
    else if (frame?.type === 'unset') this.restore(frame.variables);
    else if (frame?.type === 'call') {
      this.parameters = frame.parameters;
      this.restore(frame.locals);
    } else if (frame?.type === 'trap') this.status = frame.status;
  }

  /** A command has come to its end. With `set -e` a failure ends the shell, where nobody looks at it. */
  done(status: number): void {
    this.status = status;
    if (status !== 0 && this.options.includes('e') && !this.isTested()) this.finish(status);
  }

  isTested(): boolean {
    return this.frames.some(
      (frame) =>
        frame.type === 'not' ||
        ((frame.type === 'if' || frame.type === 'loop') && frame.phase === 'condition') ||
        (frame.type === 'and-or' && frame.index < frame.node.parts.length),
    );
  }

  /** True where nothing comes after the command that is on top. */
  isLast(): boolean {
    if (!this.initial.replaced || Object.keys(this.traps).length > 0) return false;
    return this.frames.every((frame) => {
      switch (frame.type) {
        case 'sequence':
          return frame.index >= frame.node.items.length;
        case 'and-or':
          return frame.index >= frame.node.parts.length;
        case 'if':
          return frame.phase === 'body';
        case 'case':
          return frame.chosen;
        case 'restore':
        case 'unset':
          return true;
        default:
          return false;
      }
    });
  }

  /** Ends the shell, after its EXIT trap. */
  finish(status: number): void {
    const { EXIT: action, ...others } = this.traps;
    this.frames.length = 0;
    this.status = status;
    if (action === undefined || action === '') {
      this.save();
      this.system.exit(this.pid, status);
      return;
    }
    this.traps = others;
    this.frames.push({ type: 'finish', status });
    this.pushText(action);
  }

  /** Begins a trap whose signal has come; false where there is none, or a command in the foreground comes first. */
  startTrap(): boolean {
    const { top } = this;
    const [signal, ...pending] = this.system.tasks.get(this.pid)?.pending ?? [];
    if (signal === undefined || top?.type === 'await' || (top !== undefined && 'expansion' in top && top.expansion.running !== undefined))
      return false;
    this.system.update(this.pid, { pending });
    if (top?.type === 'wait') {
      this.pop();
      this.status = 128 + signalNumbers[signal];
    }
    const action = this.traps[signal];
    if (action === undefined || action === '') return false;
    this.frames.push({ type: 'trap', status: this.status });
    this.pushText(action);
    return true;
  }

  // Commands.

  /** Puts a command on the stack. */
  push(node: Node): void {
    const frame = frameOf(node);
    if (frame !== undefined) this.frames.push(frame);
    switch (node.type) {
      case 'not':
        this.frames.push({ type: 'not' });
        return this.push(node.node);
      case 'function':
        this.functions = { ...this.functions, [node.name]: node.body };
        this.status = 0;
        return;
      case 'subshell':
        return this.waitFor([this.spawn(node.node, this.descriptors)]);
      case 'pipeline':
        return this.waitFor(this.startPipeline(node.stages));
      case 'background':
        this.lastJob = this.spawn(node.node, { ...this.descriptors, 0: { type: 'null' } });
        this.jobs = [...this.jobs, this.lastJob].slice(-64);
        this.status = 0;
    }
  }

  /** Parses a text and puts its commands on the stack; false after a complaint. */
  pushText(text: string): boolean {
    const parsed = parseScript(text, this.initial.dialect === 'bash');
    if ('node' in parsed) {
      this.push(parsed.node);
      return true;
    }
    this.complain(parsed.error);
    this.done(syntaxError);
    return false;
  }

  /** Waits for children in the foreground; the last one gives the exit code. */
  waitFor(pids: readonly number[]): void {
    this.frames.push({ type: 'await', pids });
    this.blocked = { type: 'children', pids, interruptible: false };
  }

  /** Starts a subshell. */
  spawn(node: Node, descriptors: Descriptors): number {
    const ignored = Object.keys(this.traps).filter((name) => this.traps[name] === '') as SignalName[];
    const options = this.isTested() ? this.options.replace('e', '') : this.options;
    const state: ShellState = { ...this.state, frames: [], traps: {}, jobs: [], options, replaced: true };
    const child = new ShellRun(this.system, this.task, state);
    child.frames.push({ type: 'sequence', node: { type: 'sequence', items: [node] }, index: 0 });
    return this.system.spawn(this.current, { type: 'shell', shell: child.state }, descriptors, {
      ignored: [...this.current.ignored, ...ignored],
    });
  }

  private startPipeline(stages: readonly Node[]): readonly number[] {
    const { system } = this;
    let input = this.descriptors[0];
    return stages.map((stage, index) => {
      const pipe = index === stages.length - 1 ? undefined : system.newPipe();
      const output = pipe === undefined ? this.descriptors[1] : ({ type: 'pipe', pipe, end: 'write' } as const);
      const pid = this.spawn(stage, {
        ...this.descriptors,
        ...(input === undefined ? {} : { 0: input }),
        ...(output === undefined ? {} : { 1: output }),
      });
      if (pipe !== undefined) input = { type: 'pipe', pipe, end: 'read' };
      return pid;
    });
  }

  // Variables.

  get(name: string): string | undefined {
    return parameterOf(this, name);
  }

  /** `$RANDOM` */
  nextRandom(): number {
    this.random = (Math.imul(this.random, 1_103_515_245) + 12_345) >>> 0;
    return (this.random >>> 16) & 0x7fff;
  }

  /** An array of bash. */
  setItems(name: string, items: readonly string[]): void {
    this.variables = { ...this.variables, [name]: { value: items[0] ?? '', items, exported: false, readOnly: false } };
  }

  /** False where the variable may not be set. */
  set(name: string, value: string, exported = false): boolean {
    const before = this.variables[name];
    if (before?.readOnly === true) return false;
    this.variables = {
      ...this.variables,
      [name]: { value, exported: exported || (before?.exported ?? this.options.includes('a')), readOnly: false },
    };
    return true;
  }

  unset(name: string): void {
    this.restore({ [name]: undefined });
  }

  restore(saved: Saved): void {
    const variables: Record<string, Variable> = { ...this.variables };
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) delete variables[name];
      else variables[name] = value;
    }
    this.variables = variables;
  }

  /** What its children get. */
  environment(): Environment {
    const exported = Object.entries(this.variables).filter(([, variable]) => variable.exported);
    return ordered(exported.map(([name, { value }]) => [name, value] as const));
  }

  // Expansion.

  /** Expands words of the frame on top; undefined while a substitution runs, or where the shell has ended over it. */
  expand<T>(
    frame: Extract<Frame, { readonly expansion: Expansion }>,
    work: (expander: Expander) => T,
  ): { readonly value: T; readonly status: number | undefined } | undefined {
    const results = this.resultsOf(frame.expansion);
    const set: [string, string][] = [];
    const random = this.random;
    const scope: Scope = {
      get: (name) => set.findLast(([key]) => key === name)?.[1] ?? this.get(name),
      items: (name) => this.variables[name]?.items,
      set: (name, value) => void set.push([name, value]),
      parameters: this.parameters,
      files: this.system.files,
      cwd: this.cwd,
      globs: !this.options.includes('f'),
      strict: this.options.includes('u'),
      braces: this.initial.dialect === 'bash',
    };
    try {
      const expander = new Expander(scope, results);
      const value = work(expander);
      for (const [name, text] of set) this.set(name, text);
      return { value, status: expander.status };
    } catch (error) {
      if (error instanceof SubstitutionNeeded) {
        this.random = random;
        this.substitute(frame, results, error.body);
      } else if (error instanceof ExpansionError || error instanceof ArithmeticError) {
        this.complain(error.message);
        this.finish(syntaxError);
      } else throw error;
      return undefined;
    }
  }

  /** The results so far, with that of the substitution that has just ended. */
  private resultsOf({ results, running }: Expansion): readonly Substituted[] {
    if (running === undefined) return results;
    const pipe = this.system.pipes.get(running.pipe)!;
    return [...results, { text: pipe.text.replace(/\n+$/, ''), status: this.system.collect(this.pid, running.pid) ?? 0 }];
  }

  private substitute(frame: Extract<Frame, { readonly expansion: Expansion }>, results: readonly Substituted[], body: Node): void {
    const pipe = this.system.newPipe();
    const pid = this.spawn(body, { ...this.descriptors, 1: { type: 'pipe', pipe, end: 'write' } });
    this.replace({ ...frame, expansion: { results, running: { pid, pipe } } });
    this.blocked = { type: 'children', pids: [pid], interruptible: false };
  }
}

import { FileSystem } from './files.ts';
import { programs, resolve } from './programs/index.ts';
import { Call, type Step } from './programs/program.ts';
import { commandShell, startShell } from './shell/start.ts';
import { runShell } from './shell/run.ts';
import { harmless, signalNumbers } from './signals.ts';
import type { Body, Descriptors, Environment, Pipe, Process, Task } from './state.ts';
import type {
  Listener,
  NetAnswer,
  Need,
  Output,
  ProcessLine,
  ProcessView,
  ServedRequest,
  ServedResponse,
  SignalName,
  StartFailure,
  Turn,
} from './types.ts';

/** How many small steps a turn may take. What wants more, sleeps: first shortly, then longer. */
const stepsPerTurn = 4000;
const stepsOfProgram = 10;
const longestPauseMs = 100;

/** What a descriptor gives to read. */
export interface Input {
  readonly text: string;
  /** True where no more will come. */
  readonly ended: boolean;
  readonly pipe: number | undefined;
}

/** The tasks of a process during one turn: the part of an operating system that they see. */
export class System {
  readonly files: FileSystem;
  readonly tasks: Map<number, Task>;
  readonly pipes: Map<number, Pipe>;
  readonly output: Output[] = [];
  private readonly signals: { readonly pid: number; readonly signal: SignalName }[] = [];
  private readonly responses: { readonly id: number; readonly response: ServedResponse }[] = [];
  /** The answer that has come in this turn, until its task runs. */
  private answer: { readonly pid: number; readonly answer: NetAnswer } | undefined;
  private steps = stepsPerTurn;
  private nextPid: number;
  private nextId: number;
  private exitCode: number | undefined;

  constructor(
    readonly process: Process,
    readonly view: ProcessView,
  ) {
    this.files = new FileSystem(view, process.uid);
    this.tasks = new Map(process.tasks.map((task) => [task.pid, task]));
    this.pipes = new Map(process.pipes.map((pipe) => [pipe.id, pipe]));
    this.nextPid = process.nextPid;
    this.nextId = process.nextId;
    this.exitCode = process.exitCode;
  }

  get now(): number {
    return this.view.now;
  }

  /** A number for a pipe or a request. */
  newId(): number {
    return this.nextId++;
  }

  // Input and output.

  /** Adds to what a descriptor leads to. A pipe that nobody reads ends the writer. */
  write(task: Task, descriptor: number, text: string): void {
    const target = task.descriptors[descriptor];
    if (text === '' || target === undefined || target.type === 'null') return;
    if (target.type === 'output') this.output.push({ stream: target.stream, text, log: target.log });
    else if (target.type === 'file') this.files.append(target.path, text);
    else if (this.isOpen(target.pipe, 'read')) {
      const pipe = this.pipes.get(target.pipe)!;
      this.pipes.set(pipe.id, { ...pipe, text: pipe.text + text });
    } else this.signal(task.pid, 'PIPE');
  }

  input(task: Task, descriptor: number): Input {
    const source = task.descriptors[descriptor];
    if (source?.type !== 'pipe') return { text: '', ended: true, pipe: undefined };
    const pipe = this.pipes.get(source.pipe)!;
    return { text: pipe.text, ended: !pipe.open && !this.isOpen(pipe.id, 'write'), pipe: pipe.id };
  }

  /** Takes the first `length` characters of a descriptor. */
  take(task: Task, descriptor: number, length: number): string {
    const { text, pipe } = this.input(task, descriptor);
    if (pipe !== undefined) this.pipes.set(pipe, { ...this.pipes.get(pipe)!, text: text.slice(length) });
    return text.slice(0, length);
  }

  newPipe(text = '', open = false): number {
    const id = this.newId();
    this.pipes.set(id, { id, text, open });
    return id;
  }

  private isOpen(pipe: number, end: 'read' | 'write'): boolean {
    for (const task of this.tasks.values())
      for (const item of Object.values(task.descriptors)) if (item.type === 'pipe' && item.pipe === pipe && item.end === end) return true;
    return end === 'read' && this.captures(pipe);
  }

  /** A shell reads the pipe of its substitution when that has ended. */
  private captures(pipe: number): boolean {
    for (const { body } of this.tasks.values())
      if (body.type === 'shell' && body.shell.frames.some((frame) => 'expansion' in frame && frame.expansion.running?.pipe === pipe))
        return true;
    return false;
  }

  // Tasks.

  update(pid: number, change: Partial<Task>): void {
    const task = this.tasks.get(pid);
    if (task !== undefined) this.tasks.set(pid, { ...task, ...change });
  }

  spawn(parent: Task, body: Body, descriptors: Descriptors, change: Partial<Task> = {}): number {
    const pid = this.nextPid++;
    this.steps -= stepsOfProgram;
    this.tasks.set(pid, {
      ...parent,
      pid,
      parent: parent.pid,
      body,
      descriptors,
      blocked: undefined,
      pending: [],
      finished: {},
      memoryBytes: 0,
      deadline: undefined,
      ...change,
    });
    return pid;
  }

  /** Replaces what a task runs. What could not be started changes nothing. */
  exec(pid: number, argv: readonly string[], env: Environment): StartFailure | undefined {
    const task = this.tasks.get(pid)!;
    const found = resolve(this, task, argv);
    if ('error' in found) return found;
    const next: Task = { ...task, argv: found.argv, env, blocked: undefined, pending: [] };
    const body: Body = found.shell ? startShell(this, next) : { type: 'program', name: found.name, memory: undefined };
    this.tasks.set(pid, { ...next, body });
    return undefined;
  }

  /** The processes of the container, by their numbers. */
  get lines(): readonly ProcessLine[] {
    const own = [...this.tasks.values()].map(({ pid, argv }) => ({ pid, command: argv.join(' ') }));
    const others = (this.view.others ?? []).filter(({ pid }) => !this.tasks.has(pid));
    return [...others, ...own].sort((a, b) => a.pid - b.pid);
  }

  /** Where a program is; undefined where there is none. */
  locate(task: Task, name: string): string | undefined {
    const found = resolve(this, task, [name]);
    return 'error' in found ? undefined : found.path;
  }

  /** Ends a task. The end of the first one ends all. */
  exit(pid: number, code: number): void {
    const task = this.tasks.get(pid);
    if (task === undefined) return;
    this.tasks.delete(pid);
    if (pid === this.process.root) this.exitCode = code;
    const parent = this.tasks.get(task.parent);
    if (parent?.body.type === 'shell') this.update(parent.pid, { finished: { ...parent.finished, [pid]: code } });
  }

  /** The exit code of a child that has ended; undefined where it has not, or was asked for before. */
  collect(pid: number, child: number): number | undefined {
    const { [child]: code, ...finished } = this.tasks.get(pid)!.finished;
    this.update(pid, { finished });
    return code;
  }

  /** Sends a signal; false where there is no such process. */
  signal(pid: number, signal: SignalName): boolean {
    const task = this.tasks.get(pid);
    if (task === undefined) {
      if (this.view.others?.some((other) => other.pid === pid) !== true) return false;
      // The kernel spares the first process of a namespace from what its own members send without its consent.
      if (pid !== 1 || (signal !== 'KILL' && signal !== 'STOP')) this.signals.push({ pid, signal });
      return true;
    }
    if (signal === 'KILL') this.exit(pid, 128 + signalNumbers.KILL);
    else if (!task.ignored.includes(signal)) this.deliver(task, signal);
    return true;
  }

  /** Ctrl-C: what runs in the foreground gets INT; a shell that reads its commands gives up what it was at. */
  interrupt(): void {
    for (const task of [...this.tasks.values()]) {
      const { body } = task;
      const reading = body.type === 'shell' ? body.shell.frames.find((frame) => frame.type === 'input') : undefined;
      if (body.type !== 'shell' || reading?.interactive !== true) this.signal(task.pid, 'INT');
      else
        this.update(task.pid, {
          blocked: undefined,
          body: { ...body, shell: { ...body.shell, frames: [{ ...reading, text: '' }], status: 128 + signalNumbers.INT } },
        });
    }
  }

  private deliver(task: Task, signal: SignalName): void {
    const { body } = task;
    if (body.type === 'shell') {
      const action = body.shell.traps[signal];
      if (action === '') return;
      if (action !== undefined) {
        const interrupts = task.blocked?.type === 'children' && task.blocked.interruptible;
        this.update(task.pid, { pending: [...task.pending, signal], ...(interrupts ? { blocked: undefined } : {}) });
        return;
      }
    } else {
      const step = programs[body.name]!.signalled?.(this.callOf(task, body), signal);
      if (step !== undefined) {
        this.apply(task.pid, step);
        return;
      }
    }
    // Without a handler the first process of a container is not touched; any other one ends.
    if (!harmless.has(signal) && task.pid !== 1) this.exit(task.pid, 128 + signalNumbers[signal]);
  }

  // Running.

  private callOf(task: Task, body: Extract<Body, { readonly type: 'program' }>, answer?: NetAnswer): Call {
    return new Call(this, task, body.name, task.argv.slice(1), body.memory, answer);
  }

  private apply(pid: number, step: Step): void {
    const task = this.tasks.get(pid);
    if (task?.body.type !== 'program') return;
    switch (step.type) {
      case 'exit':
        return this.exit(pid, step.code);
      case 'block':
        return this.update(pid, { blocked: step.on, body: { ...task.body, memory: step.memory } });
      case 'commands':
        return this.update(pid, { body: commandShell(this, task, step.node) });
      case 'exec': {
        const failure = this.exec(pid, step.argv, step.env ?? task.env);
        if (failure === undefined) return;
        const missing = failure.error === 'not-found';
        this.write(
          task,
          2,
          `${task.body.name}: can't execute '${failure.program}': ${missing ? 'No such file or directory' : 'Permission denied'}\n`,
        );
        this.exit(pid, missing ? 127 : 126);
      }
    }
  }

  private canRun({ blocked }: Task): boolean {
    switch (blocked?.type) {
      case undefined:
        return true;
      case 'sleep':
        return blocked.until <= this.now;
      case 'read': {
        const pipe = this.pipes.get(blocked.pipe)!;
        return pipe.text !== '' || (!pipe.open && !this.isOpen(pipe.id, 'write'));
      }
      case 'children':
        return !blocked.pids.some((pid) => this.tasks.has(pid));
      case 'request':
      case 'serve':
      case 'forever':
        return false;
    }
  }

  /** The next task that can run after `last`, in turn. */
  private nextTask(last: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.tasks.values()) {
      if (!this.canRun(task)) continue;
      if (task.pid > last) return task;
      first ??= task;
    }
    return first;
  }

  private step(task: Task): void {
    const { body } = task;
    if (body.type === 'shell') {
      this.steps -= runShell(this, task, body.shell, Math.min(this.steps, 200));
      return;
    }
    this.steps -= stepsOfProgram;
    const answer = this.answer?.pid === task.pid ? this.answer.answer : undefined;
    if (answer !== undefined) this.answer = undefined;
    this.apply(task.pid, programs[body.name]!.run(this.callOf(task, body, answer)));
  }

  /** Gives the network's answer to whoever asked. */
  receive(answer: NetAnswer): void {
    const waiting = [...this.tasks.values()].find((task) => task.blocked?.type === 'request');
    if (waiting === undefined) return;
    this.answer = { pid: waiting.pid, answer };
    this.update(waiting.pid, { blocked: undefined });
  }

  /** What the world writes to standard input; undefined ends it. */
  feed(text: string | undefined): void {
    const open = [...this.pipes.values()].find((pipe) => pipe.open);
    if (open !== undefined) this.pipes.set(open.id, { ...open, text: open.text + (text ?? ''), open: text !== undefined });
  }

  /** Lets whoever listens on a port answer. */
  serve(request: ServedRequest): ServedResponse {
    const server = [...this.tasks.values()].find(
      (task) => task.blocked?.type === 'serve' && task.blocked.listeners.some(({ port }) => port === request.port),
    );
    if (server?.body.type !== 'program') return { type: 'refused' };
    const { response, step } = programs[server.body.name]!.serve!(this.callOf(server, server.body), request);
    this.apply(server.pid, step);
    return response;
  }

  /** Gives the answer that was promised for later. */
  respond(id: number, response: ServedResponse): void {
    this.responses.push({ id, response });
  }

  /** Runs all tasks until each of them waits for something. */
  run(): Turn {
    for (const { pid, deadline } of [...this.tasks.values()])
      if (deadline !== undefined && deadline.at <= this.now) {
        this.update(pid, { deadline: undefined });
        this.signal(pid, deadline.signal);
      }
    let last = 0;
    while (this.steps > 0 && this.exitCode === undefined) {
      const task = this.nextTask(last);
      if (task === undefined) break;
      this.step(task);
      last = task.pid;
    }
    return this.turn();
  }

  private turn(): Turn {
    const ended = this.exitCode !== undefined;
    const busy = !ended && this.steps <= 0 ? this.process.busy + 1 : 0;
    const tasks = ended ? [] : [...this.tasks.values()];
    const used = (id: number): boolean => this.pipes.get(id)!.open || this.isOpen(id, 'read') || this.isOpen(id, 'write');
    const pipes = ended ? [] : [...this.pipes.values()].filter(({ id }) => used(id));
    const process: Process = { ...this.process, tasks, pipes, nextPid: this.nextPid, nextId: this.nextId, busy, exitCode: this.exitCode };
    return {
      process,
      writes: this.files.writes,
      output: this.output,
      signals: this.signals,
      memoryBytes: tasks.reduce((sum, task) => sum + task.memoryBytes, 0),
      responses: this.responses,
      need: this.need(busy),
    };
  }

  private need(busy: number): Need {
    if (this.exitCode !== undefined) return { type: 'exit', code: this.exitCode };
    const tasks = [...this.tasks.values()];
    const times = tasks.flatMap(({ blocked, deadline }) => [
      ...(blocked?.type === 'sleep' ? [blocked.until] : []),
      ...(deadline === undefined ? [] : [deadline.at]),
    ]);
    const pauses = times.map((time) => Math.max(1, time - this.now));
    if (busy > 0) pauses.push(Math.min(longestPauseMs, 2 ** Math.min(10, busy - 1)));
    const ms = pauses.length === 0 ? {} : { ms: Math.min(...pauses) };
    const request = tasks.find(({ blocked }) => blocked?.type === 'request')?.blocked;
    if (request?.type === 'request') return { type: 'request', id: request.id, request: request.request, ...ms };
    const listeners = listenersOf(tasks);
    if (listeners.length > 0) return { type: 'serve', listeners, ...ms };
    return ms.ms === undefined ? { type: 'wait' } : { type: 'sleep', ms: ms.ms };
  }
}

export function listenersOf(tasks: readonly Task[]): readonly Listener[] {
  return tasks.flatMap(({ blocked }) => (blocked?.type === 'serve' ? blocked.listeners : []));
}

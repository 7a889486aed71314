import { setup } from 'xstate';
import { begin, resume, type Progress } from '#base/routine.ts';
import { SortedMap } from '#base/sorted-map.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf } from '#kernel/types.ts';
import { listenerFile, type NetDial, type NetOutcome } from '#protocol/net.ts';
import { filterLine } from '#base/filters/index.ts';
import type { CommandOutput } from '#protocol/command.ts';
import type { TerminalMessage } from './messages.ts';
import type { KubectlResult, ShellOperation } from './operations.ts';
import { hereDocumentWord, incompleteness } from './shell-parse.ts';
import { runLine } from './shell-run.ts';
import { keptHistory, maxFileLength, maxLineLength, prompt, type Job, type Pending, type TerminalState } from './state.ts';
import { cutBack, show } from './transcript.ts';

type TerminalEvent = EventOf<TerminalMessage>;

const timer = 'sleep';
const interruptedCode = 130;

/** Collects what one event leads to. */
class Turn {
  readonly effects: Effect[] = [];

  constructor(
    public state: TerminalState,
    private readonly event: TerminalEvent,
  ) {}

  outcome(): Outcome<TerminalState> {
    return { context: this.state, effects: this.effects };
  }

  start(line: string, documents: Job['documents']): void {
    const frameAt = this.state.dropped + this.state.lines.length;
    this.state = {
      ...this.state,
      job: {
        line,
        documents,
        answers: [],
        operation: undefined,
        child: undefined,
        stdout: '',
        stderr: '',
        frameAt,
        interrupted: false,
        reads: undefined,
      },
    };
    this.advance(begin(() => runLine(line, documents)));
  }

  answer(value: unknown): void {
    const { line, documents, answers } = this.state.job!;
    this.advance(resume(() => runLine(line, documents), answers, value));
  }

  /** Runs the line on until it waits for something. */
  private advance(progress: Progress<ShellOperation, unknown, number>): void {
    let next = progress;
    while (!next.done) {
      this.state = {
        ...this.state,
        job: {
          ...this.state.job!,
          answers: next.answers,
          operation: next.request,
          child: undefined,
          stdout: '',
          stderr: '',
          reads: undefined,
        },
      };
      const immediate = this.perform(next.request);
      if (immediate === undefined) return;
      const { line, documents } = this.state.job!;
      next = resume(() => runLine(line, documents), next.answers, immediate.value);
    }
    this.state = { ...this.state, job: undefined, editor: undefined };
  }

  /** Carries an operation out; its answer where it needs no waiting. */
  private perform(operation: ShellOperation): { readonly value: unknown } | undefined {
    const done = (value?: unknown): { readonly value: unknown } => ({ value });
    const { files, variables } = this.state;
    switch (operation.type) {
      case 'print':
        this.state = show(this.state, operation.text, operation.stream);
        return done();
      case 'frame':
        this.state = show(cutBack(this.state, this.state.job!.frameAt), operation.text, 'out');
        return done();
      case 'clear':
        this.state = { ...this.state, lines: [], dropped: 0, job: { ...this.state.job!, frameAt: 0 } };
        return done();
      case 'now':
        return done(this.event.now);
      case 'read-file':
        return done(files.get(operation.path));
      case 'list-files':
        return done([...files.keys()]);
      case 'write-file':
        this.writeFile(operation.path, operation.content);
        return done();
      case 'remove-file':
        this.state = { ...this.state, files: files.delete(operation.path) };
        return done();
      case 'variable':
        return done(variables.get(operation.name));
      case 'set-variable':
        this.state = {
          ...this.state,
          variables: operation.value === undefined ? variables.delete(operation.name) : variables.set(operation.name, operation.value),
        };
        return done();
      case 'history':
        return done(this.state.history);
      case 'sleep':
        this.effects.push({ type: 'arm', timer, afterMs: operation.ms, message: { type: 'terminal.timer' } });
        return undefined;
      case 'edit':
        this.state = { ...this.state, editor: { fileName: operation.fileName, text: operation.text } };
        return undefined;
      case 'kubectl':
        this.startKubectl(operation);
        return undefined;
      case 'dial':
        return this.dial(operation);
    }
  }

  /** Whoever listens on a port of this computer is asked. */
  private dial({ port, payload }: Extract<ShellOperation, { readonly type: 'dial' }>): { readonly value: unknown } | undefined {
    const to = this.event.disk.get(listenerFile(port));
    if (typeof to !== 'string') return { value: { type: 'failed', failure: 'refused' } satisfies NetOutcome };
    const id = `dial-${this.state.next}`;
    this.state = { ...this.state, next: this.state.next + 1 };
    const ip = '127.0.0.1';
    const message: NetDial = { type: 'net.dial', id, client: ip, replyTo: this.event.self, ip, port, payload };
    this.effects.push({ type: 'send', to, message });
    return undefined;
  }

  writeFile(path: string, content: string): void {
    if (content.length > maxFileLength)
      this.state = show(this.state, `bash: ${path}: the file is larger than 5 MB, which is the limit of this workspace\n`, 'err');
    else this.state = { ...this.state, files: this.state.files.set(path, content) };
  }

  private startKubectl({ program, argv, stdin }: Extract<ShellOperation, { readonly type: 'kubectl' }>): void {
    const child = `${program}-${this.state.next}`;
    const { server = '' } = this.state.client ?? {};
    const names = this.state.hosts;
    const etcdInput = { program, argv, host: server.slice(0, server.indexOf('/')), names };
    const kubectlInput = {
      argv,
      stdin,
      files: Object.fromEntries(this.state.files),
      client: this.state.client,
      editor: 'interactive',
      terminal: true,
    };
    this.state = { ...this.state, next: this.state.next + 1, job: { ...this.state.job!, child } };
    this.effects.push(
      program === 'kubectl'
        ? { type: 'start', name: child, definition: 'kubectl', input: kubectlInput }
        : { type: 'start', name: child, definition: 'etcdctl', input: etcdInput },
    );
  }

  toChild(message: { readonly type: string; readonly text?: string | undefined }): void {
    const child = this.state.job?.child;
    if (child !== undefined) this.effects.push({ type: 'send', to: `${this.event.self}/${child}`, message });
  }

  /** Ends the line that runs, without its rest. */
  giveUp(): void {
    this.effects.push({ type: 'disarm', timer });
    this.state = { ...this.state, job: undefined, editor: undefined, variables: this.state.variables.set('?', String(interruptedCode)) };
  }
}

/** A typed line: a new command, or more of one. */
function typed(turn: Turn, line: string): void {
  const { state } = turn;
  if (line.length > maxLineLength) {
    turn.state = show(state, `bash: the line is longer than ${maxLineLength / 1024} kB, which is the limit of this terminal\n`, 'err');
    return;
  }
  if (state.job?.reads !== undefined) {
    // A program that has the terminal shows the keys itself.
    if (state.job.reads === 'lines') turn.state = show(state, `${line}\n`, 'in');
    return turn.toChild({ type: 'command.input', text: `${line}\n` });
  }
  if (state.job !== undefined) {
    turn.state = show(state, 'a command is still running: Ctrl-C ends it\n', 'err');
    return;
  }
  const { pending } = state;
  const echoed = show(state, `${pending === undefined ? prompt : '>'} ${line}\n`, 'in');
  const remembered =
    pending === undefined && line.trim() !== '' ? { ...echoed, history: [...echoed.history, line].slice(-keptHistory) } : echoed;
  turn.state = { ...remembered, pending: undefined };
  const { next, complete } = extend(pending, line);
  if (complete) turn.start(next.line, next.documents);
  else turn.state = { ...turn.state, pending: next };
}

interface Extended {
  readonly next: Pending;
  readonly complete: boolean;
}

/** The command so far with more text: a line, or the lines of something pasted. */
function extend(pending: Pending | undefined, text: string): Extended {
  const [first = '', ...rest] = text.split('\n');
  const begun = pending === undefined ? command(first, []) : addLine(pending, first);
  return rest.reduce(({ next }, line) => addLine(next, line), begun);
}

function addLine(pending: Pending, line: string): Extended {
  const { heredoc } = pending;
  if (heredoc === undefined) return command(`${pending.line}\n${line}`, pending.documents);
  const text = heredoc.strip ? line.replace(/^\t+/, '') : line;
  if (text !== heredoc.end) return { next: { ...pending, heredoc: { ...heredoc, lines: [...heredoc.lines, text] } }, complete: false };
  const document = hereDocumentWord(heredoc.lines.map((item) => `${item}\n`).join(''), heredoc.expand);
  return command(pending.line, [...pending.documents, document]);
}

/** A command of these lines: complete, or waiting for a here-document or for more. */
function command(line: string, documents: Pending['documents']): Extended {
  const open = incompleteness(line, documents.length);
  const heredoc = open?.type === 'heredoc' ? { end: open.end, expand: open.expand, strip: open.strip, lines: [] } : undefined;
  return { next: { line, documents, heredoc }, complete: open === undefined };
}

function printed(turn: Turn, { stream, text }: CommandOutput): void {
  const { job } = turn.state;
  const operation = job?.operation;
  if (job === undefined || operation?.type !== 'kubectl') return;
  if (stream === 'stderr' && operation.errors !== 'merge') {
    if (operation.errors === 'collect') turn.state = { ...turn.state, job: { ...job, stderr: job.stderr + text } };
    else turn.state = show(turn.state, text, 'err');
    return;
  }
  if (operation.sink === 'screen') turn.state = show(turn.state, text, 'out');
  else if (operation.sink === 'collect') turn.state = { ...turn.state, job: { ...job, stdout: job.stdout + text } };
  else passOn(turn, job, operation, text);
}

/** Complete lines go through the filters to the screen; the rest waits for its end. */
function passOn(turn: Turn, job: Job, { through }: Extract<ShellOperation, { readonly type: 'kubectl' }>, text: string): void {
  const lines = (job.stdout + text).split('\n');
  const open = lines.pop()!;
  turn.state = show({ ...turn.state, job: { ...job, stdout: open } }, lines.map((line) => filterLine(through!, line)).join(''), 'out');
}

function ended(turn: Turn, from: string, code: number): void {
  const { job } = turn.state;
  const operation = job?.operation;
  if (job?.child === undefined || operation?.type !== 'kubectl' || !from.endsWith(`/${job.child}`)) return;
  if (job.interrupted) return turn.giveUp();
  if (operation.sink === 'lines' && job.stdout !== '') turn.state = show(turn.state, filterLine(operation.through!, job.stdout), 'out');
  const result: KubectlResult = { stdout: operation.sink === 'collect' ? job.stdout : '', stderr: job.stderr, code };
  turn.state = { ...turn.state, editor: undefined };
  turn.answer(result);
}

const keys = { interrupt: '\u0003', end: '\u0004' } as const;

/** Ctrl-D: the end of what a command reads. */
function endInput(turn: Turn): void {
  const reads = turn.state.job?.reads;
  if (reads !== undefined) turn.toChild({ type: 'command.input', text: reads === 'keys' ? keys.end : undefined });
}

function answered(turn: Turn, outcome: NetOutcome): void {
  if (turn.state.job?.operation?.type === 'dial') turn.answer(outcome);
}

function interrupt(turn: Turn): void {
  if (turn.state.job?.reads === 'keys') return turn.toChild({ type: 'command.input', text: keys.interrupt });
  turn.state = show({ ...turn.state, pending: undefined }, '^C\n', 'in');
  const { job } = turn.state;
  if (job === undefined) return;
  if (job.child === undefined) return turn.giveUp();
  turn.state = { ...turn.state, job: { ...job, interrupted: true } };
  turn.toChild({ type: 'command.interrupt' });
}

function edited(turn: Turn, text: string | undefined): void {
  if (turn.state.editor === undefined) return;
  turn.state = { ...turn.state, editor: undefined };
  if (turn.state.job?.operation?.type === 'edit') turn.answer(text);
  else turn.toChild({ type: 'command.edited', text });
}

function handle(state: TerminalState, event: TerminalEvent): Outcome<TerminalState> {
  const turn = new Turn(state, event);
  const { message } = event;
  switch (message.type) {
    case 'process.start':
      turn.state = {
        ...state,
        user: message.input.user,
        client: message.input.client,
        hosts: message.input.hosts ?? {},
        variables: SortedMap.from([
          ['USER', message.input.user],
          ['HOME', '/root'],
          ['?', '0'],
        ]),
      };
      break;
    case 'terminal.line':
      typed(turn, message.line);
      break;
    case 'terminal.interrupt':
      interrupt(turn);
      break;
    case 'terminal.end':
      endInput(turn);
      break;
    case 'command.reads':
      if (state.job !== undefined) turn.state = { ...state, job: { ...state.job, reads: message.tty ? 'keys' : 'lines' } };
      break;
    case 'net.reply':
      answered(turn, message.outcome);
      break;
    case 'message.undeliverable':
      if (message.message.type === 'net.dial') answered(turn, { type: 'failed', failure: 'refused' });
      break;
    case 'command.file':
    case 'terminal.file':
      turn.writeFile(message.path, message.content);
      break;
    case 'terminal.edited':
      edited(turn, message.text);
      break;
    case 'terminal.timer':
      if (state.job?.operation?.type === 'sleep') turn.answer(undefined);
      break;
    case 'command.edit':
      turn.state = { ...state, editor: { fileName: message.fileName, text: message.text } };
      break;
    case 'command.output':
      printed(turn, message);
      break;
    case 'command.done':
      ended(turn, event.from, message.code);
      break;
    case 'process.exited':
      ended(turn, message.child, message.code);
      break;
  }
  return turn.outcome();
}

const act = step<TerminalState, TerminalEvent>(handle);
const on = {
  'terminal.line': { actions: act },
  'terminal.interrupt': { actions: act },
  'terminal.end': { actions: act },
  'terminal.edited': { actions: act },
  'terminal.file': { actions: act },
  'terminal.timer': { actions: act },
  'command.output': { actions: act },
  'command.done': { actions: act },
  'command.edit': { actions: act },
  'command.reads': { actions: act },
  'command.file': { actions: act },
  'net.reply': { actions: act },
  'message.undeliverable': { actions: act },
  'process.exited': { actions: act },
} as const;

const empty: TerminalState = {
  user: '',
  client: undefined,
  hosts: {},
  lines: [],
  dropped: 0,
  history: [],
  files: SortedMap.empty<string>(),
  variables: SortedMap.empty<string>(),
  next: 1,
  job: undefined,
  pending: undefined,
  editor: undefined,
};

/** A user's terminal: a small shell whose one large program is kubectl. */
export const terminalMachine = setup({
  types: { context: {} as TerminalState, events: {} as TerminalEvent, emitted: {} as Effect },
}).createMachine({
  id: 'terminal',
  context: empty,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'idle', actions: act } } },
    idle: { on, always: { guard: ({ context }) => context.job !== undefined, target: 'running' } },
    running: { on, always: { guard: ({ context }) => context.job === undefined, target: 'idle' } },
  },
});

import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import type { ClientConfig } from '#machinery/client.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { ChildExitedMessage, Effect, EventOf, StartMessage } from '#kernel/types.ts';
import { filters } from './filters.ts';
import { heredocOf, parseLine, type Pipeline } from './shell.ts';

export interface TerminalInput {
  readonly user: string;
  readonly client: ClientConfig;
}
interface Line {
  readonly type: 'terminal.line';
  readonly line: string;
}
interface Interrupt {
  readonly type: 'terminal.interrupt';
}
interface Edited {
  readonly type: 'terminal.edited';
  readonly text: string | undefined;
}
interface WriteFile {
  readonly type: 'terminal.file';
  readonly path: string;
  readonly content: string;
}
interface CommandOutput {
  readonly type: 'command.output';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}
interface CommandDone {
  readonly type: 'command.done';
  readonly code: number;
}
interface CommandEdit {
  readonly type: 'command.edit';
  readonly fileName: string;
  readonly text: string;
}
type Message = StartMessage<TerminalInput> | Line | Interrupt | Edited | WriteFile | CommandOutput | CommandDone | CommandEdit | ChildExitedMessage;
type TerminalEvent = EventOf<Message>;
type Result = Outcome<TerminalState>;

export interface TerminalLine {
  readonly text: string;
  readonly stream: 'in' | 'out' | 'err';
}
/** A kubectl that is running, and what its output goes through. */
interface Running {
  readonly child: string;
  readonly pipeline: Pipeline;
  readonly collected: string;
  readonly rest: readonly Pipeline[];
}
export interface TerminalState {
  readonly user: string;
  readonly client: ClientConfig | undefined;
  readonly lines: readonly TerminalLine[];
  /** Printed text that does not end with a line break yet. */
  readonly open: string;
  readonly history: readonly string[];
  readonly files: SortedMap<string>;
  readonly next: number;
  readonly running: Running | undefined;
  /** A heredoc that is being typed. */
  readonly heredoc: { readonly command: string; readonly end: string; readonly lines: readonly string[] } | undefined;
  readonly editor: { readonly fileName: string; readonly text: string } | undefined;
}

const keptLines = 2000;
const maxLineLength = 256 * 1024;
export const prompt = '$';

function show(state: TerminalState, text: string, stream: TerminalLine['stream']): TerminalState {
  if (text === '') return state;
  const parts = text.replace(/\n$/, '').split('\n');
  return { ...state, lines: [...state.lines, ...parts.map((part) => ({ text: part, stream }))].slice(-keptLines) };
}

function typed(state: TerminalState, line: string): Result {
  if (line.length > maxLineLength) return { context: show(state, `bash: the line is longer than ${maxLineLength} characters`, 'err'), effects: [] };
  if (state.heredoc !== undefined) {
    const shown = show(state, `> ${line}`, 'in');
    const { command, end, lines } = state.heredoc;
    if (line.trim() !== end) return { context: { ...shown, heredoc: { command, end, lines: [...lines, line] } }, effects: [] };
    return execute({ ...shown, heredoc: undefined }, command, `${lines.join('\n')}\n`);
  }
  const shown = show(state, `${prompt} ${line}`, 'in');
  const context = line.trim() === '' ? shown : { ...shown, history: [...shown.history, line] };
  const end = heredocOf(line);
  if (end !== undefined) return { context: { ...context, heredoc: { command: line, end, lines: [] } }, effects: [] };
  return execute(context, line, undefined);
}

function execute(state: TerminalState, line: string, heredoc: string | undefined): Result {
  if (state.running !== undefined) return { context: show(state, 'a command is running; Ctrl-C ends it', 'err'), effects: [] };
  const pipelines = parseLine(line, heredoc);
  if (typeof pipelines === 'string') return { context: show(state, pipelines, 'err'), effects: [] };
  return runAll(state, pipelines);
}

function runAll(state: TerminalState, pipelines: readonly Pipeline[]): Result {
  let context = state;
  for (const [index, pipeline] of pipelines.entries()) {
    const [first] = pipeline.stages;
    const [name = '', ...args] = first!.words;
    if (name === 'kubectl' || name === 'k') return startKubectl(context, pipeline, args, pipelines.slice(index + 1));
    context = builtIn(context, pipeline, name, args);
  }
  return { context, effects: [] };
}

function startKubectl(state: TerminalState, pipeline: Pipeline, argv: readonly string[], rest: readonly Pipeline[]): Result {
  const child = `kubectl-${state.next}`;
  const input = { argv, stdin: pipeline.heredoc, files: Object.fromEntries(state.files), client: state.client, editor: 'interactive', terminal: true };
  return { context: { ...state, next: state.next + 1, running: { child, pipeline, collected: '', rest } }, effects: [{ type: 'start', name: child, definition: 'kubectl', input }] };
}

const help = `kubectl (or k)   the cluster's command line: kubectl get pods, kubectl apply -f -, kubectl --help
cat, ls, echo, rm  files of this workspace; kubectl apply -f NAME reads them
grep head tail wc sort uniq awk tee  after a pipe
clear, history   the terminal itself`;

/** Programs that are not kubectl, at the beginning of a pipeline. */
function builtIn(state: TerminalState, pipeline: Pipeline, name: string, args: readonly string[]): TerminalState {
  switch (name) {
    case 'clear':
      return { ...state, lines: [] };
    case 'help':
      return show(state, help, 'out');
    case 'history':
      return finish(state, pipeline, state.history.map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`).join(''));
    case 'ls':
      return finish(state, pipeline, [...state.files.keys()].map((file) => `${file}\n`).join(''));
    case 'echo':
      return finish(state, pipeline, `${args.join(' ')}\n`);
    case 'rm':
      return args.reduce((current, file) => ({ ...current, files: current.files.delete(file) }), state);
    case 'cat': {
      if (args.length === 0) return finish(state, pipeline, pipeline.heredoc ?? '');
      const missing = args.find((file) => !state.files.has(file));
      if (missing !== undefined) return show(state, `cat: ${missing}: No such file or directory`, 'err');
      return finish(state, pipeline, args.map((file) => state.files.get(file)!).join(''));
    }
    default:
      return show(state, `bash: ${name}: command not found`, 'err');
  }
}

/** The rest of a pipeline: filters, then the screen or a file. */
function finish(state: TerminalState, pipeline: Pipeline, text: string): TerminalState {
  let current = text;
  let context = state;
  for (const { words } of pipeline.stages.slice(1)) {
    const [name = '', ...args] = words;
    const filter = filters[name];
    if (filter === undefined) return show(context, `bash: ${name}: command not found`, 'err');
    const result = filter(args, current);
    context = show(context, result.error, 'err');
    current = result.text;
  }
  const { output } = pipeline;
  if (output === undefined) return show(context, current, 'out');
  const before = output.append ? (context.files.get(output.path) ?? '') : '';
  return { ...context, files: context.files.set(output.path, before + current) };
}

function printed(state: TerminalState, message: CommandOutput): TerminalState {
  const { running } = state;
  if (message.stream === 'stderr') return show(state, message.text, 'err');
  if (running === undefined) return state;
  const piped = running.pipeline.stages.length > 1 || running.pipeline.output !== undefined;
  return piped ? { ...state, running: { ...running, collected: running.collected + message.text } } : show(state, message.text, 'out');
}

function ended(state: TerminalState): Result {
  const { running } = state;
  if (running === undefined) return { context: state, effects: [] };
  const piped = running.pipeline.stages.length > 1 || running.pipeline.output !== undefined;
  const context: TerminalState = { ...state, running: undefined, editor: undefined };
  return runAll(piped ? finish(context, running.pipeline, running.collected) : context, running.rest);
}

function handle(state: TerminalState, event: TerminalEvent): Result {
  const { message } = event;
  const toChild = (content: { readonly type: string }): Effect[] => (state.running === undefined ? [] : [{ type: 'send', to: `${event.self}/${state.running.child}`, message: content }]);
  switch (message.type) {
    case 'process.start':
      return { context: { ...state, user: message.input.user, client: message.input.client }, effects: [] };
    case 'terminal.line':
      return typed(state, message.line);
    case 'terminal.interrupt':
      return { context: show({ ...state, heredoc: undefined }, '^C', 'in'), effects: toChild({ type: 'command.interrupt' }) };
    case 'terminal.file':
      return { context: { ...state, files: state.files.set(message.path, message.content) }, effects: [] };
    case 'terminal.edited':
      return { context: { ...state, editor: undefined }, effects: toChild({ type: 'command.edited', text: message.text } as { readonly type: string }) };
    case 'command.edit':
      return { context: { ...state, editor: { fileName: message.fileName, text: message.text } }, effects: [] };
    case 'command.output':
      return { context: printed(state, message), effects: [] };
    case 'command.done':
    case 'process.exited':
      return event.from.endsWith(`/${state.running?.child ?? ''}`) ? ended(state) : { context: state, effects: [] };
  }
}

const act = step<TerminalState, TerminalEvent>(handle);
const on = {
  'terminal.line': { actions: act },
  'terminal.interrupt': { actions: act },
  'terminal.edited': { actions: act },
  'terminal.file': { actions: act },
  'command.output': { actions: act },
  'command.done': { actions: act },
  'command.edit': { actions: act },
  'process.exited': { actions: act },
} as const;

/** A user's terminal: a small shell whose only large program is kubectl. */
export const terminalMachine = setup({
  types: { context: {} as TerminalState, events: {} as TerminalEvent, emitted: {} as Effect },
}).createMachine({
  id: 'terminal',
  context: { user: '', client: undefined, lines: [], open: '', history: [], files: SortedMap.empty<string>(), next: 1, running: undefined, heredoc: undefined, editor: undefined } as TerminalState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'idle', actions: act } } },
    idle: { on, always: { guard: ({ context }) => context.running !== undefined, target: 'running' } },
    running: { on, always: { guard: ({ context }) => context.running === undefined, target: 'idle' } },
  },
});

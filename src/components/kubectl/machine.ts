import { setup } from 'xstate';
import { parseDuration } from '#base/duration.ts';
import { begin, resume, type Progress } from '#base/routine.ts';
import { SortedMap } from '#base/sorted-map.ts';
import { nextRandom, seedRandom } from '#base/random.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Address, Effect, EventOf, PeerClosedMessage, StartMessage, TerminateMessage, UndeliverableMessage } from '#kernel/types.ts';
import { httpRequest } from '#machinery/client.ts';
import type { CommandEdited, CommandFile, CommandInput, CommandInterrupt, CommandOutput, CommandReads } from '#protocol/command.ts';
import type { NetDial } from '#protocol/net.ts';
import type { HttpClientMessage, HttpResponse, StreamFrame } from '#protocol/rest.ts';
import { runEditor } from './editor-command.ts';
import type { Operation, Output, StreamEvent, StreamOperation, Unanswered } from './operations.ts';
import { program } from './program.ts';
import type { KubectlInput, KubectlState, Waiting } from './state.ts';
import { dialled, forwardedAnswers, framesOf, listen, stopListening } from './streams.ts';

interface TimerMessage {
  readonly type: 'command.timer';
}
type KubectlMessage =
  | StartMessage<KubectlInput>
  | HttpClientMessage
  | TimerMessage
  | CommandEdited
  | CommandInterrupt
  | CommandInput
  | NetDial
  | UndeliverableMessage
  | PeerClosedMessage
  | TerminateMessage;
type KubectlEvent = EventOf<KubectlMessage>;

const interruptedCode = 130;
const interruptKey = '\u0003';
const timer = 'wait';
const parentOf = (address: Address): Address => address.slice(0, address.lastIndexOf('/'));

/** Collects what one event leads to. The working copy is new for each event; nothing outlives it. */
class Turn {
  readonly effects: Effect[] = [];

  constructor(
    public state: KubectlState,
    readonly event: KubectlEvent,
  ) {}

  get now(): number {
    return this.event.now;
  }

  outcome(): Outcome<KubectlState> {
    return { context: this.state, effects: this.effects };
  }

  print(outputs: readonly Output[]): void {
    const to = parentOf(this.event.self);
    for (const { stream, text } of outputs) {
      const message: CommandOutput = { type: 'command.output', stream, text };
      this.effects.push({ type: 'send', to, message });
    }
  }

  start(): void {
    const { input } = this.state;
    this.effects.push({ type: 'link', to: input!.client.server });
    this.advance(begin(() => program.value.runCommand(input!)));
  }

  answer(value: unknown): void {
    const { input, answers } = this.state;
    this.state = { ...this.state, waiting: undefined };
    this.advance(resume(() => program.value.runCommand(input!), answers, value));
  }

  finish(code: number): void {
    this.abandon();
    this.effects.push(...stopListening(this.state));
    this.state = { ...this.state, waiting: undefined, code };
    const to = parentOf(this.event.self);
    this.effects.push({ type: 'send', to, message: { type: 'command.done', code } as never }, { type: 'exit', code });
  }

  /** Closes what is still open. */
  abandon(): void {
    const { waiting, input } = this.state;
    if (waiting === undefined) return;
    for (const id of waiting.open)
      this.effects.push({ type: 'send', to: input!.client.server, message: { type: 'http.abort', id } as never });
    if (waiting.operation.type === 'stream' && waiting.operation.timeoutMs !== undefined) this.effects.push({ type: 'disarm', timer });
  }

  private advance(progress: Progress<Operation, unknown, number>): void {
    let next = progress;
    while (!next.done) {
      this.state = { ...this.state, answers: next.answers };
      const immediate = this.perform(next.request);
      if (immediate === undefined) return;
      const { input } = this.state;
      next = resume(() => program.value.runCommand(input!), next.answers, immediate.value);
    }
    this.finish(next.result);
  }

  /** Carries an operation out; its answer where it needs no waiting. */
  private perform(operation: Operation): { readonly value: unknown } | undefined {
    switch (operation.type) {
      case 'print':
        this.print([operation.output]);
        return { value: undefined };
      case 'act-as':
        this.state = { ...this.state, client: operation.client };
        return { value: undefined };
      case 'now':
        return { value: this.now };
      case 'random': {
        const [value, random] = nextRandom(this.state.random);
        this.state = { ...this.state, random };
        return { value };
      }
      case 'read-file':
        return { value: this.event.disk.get(operation.path) };
      case 'write-file':
        this.effects.push({ type: 'write-file', path: operation.path, content: operation.content });
        return { value: undefined };
      case 'reads':
        return this.tell({ type: 'command.reads', tty: operation.tty });
      case 'save-file':
        return this.tell({ type: 'command.file', path: operation.path, content: operation.content });
      case 'listen': {
        const listening = listen(this.state, this.event, operation.ports);
        this.state = listening.state;
        this.effects.push(...listening.effects);
        return { value: listening.free };
      }
      case 'edit':
        return this.performEdit(operation);
      case 'sleep':
        this.wait(operation, []);
        this.effects.push({ type: 'arm', timer, afterMs: operation.ms, message: { type: 'command.timer' } });
        return undefined;
      case 'calls': {
        this.wait(operation, operation.calls);
        const afterMs = patience(operation);
        if (afterMs !== undefined) this.effects.push({ type: 'arm', timer, afterMs, message: { type: 'command.timer' } });
        return undefined;
      }
      case 'stream':
        this.wait(operation, [operation.call]);
        if (operation.timeoutMs !== undefined)
          this.effects.push({ type: 'arm', timer, afterMs: operation.timeoutMs, message: { type: 'command.timer' } });
        return undefined;
    }
  }

  private tell(message: CommandReads | CommandFile): { readonly value: undefined } {
    this.effects.push({ type: 'send', to: parentOf(this.event.self), message });
    return { value: undefined };
  }

  private performEdit(operation: Extract<Operation, { readonly type: 'edit' }>): { readonly value: unknown } | undefined {
    const { editor } = this.state.input!;
    if (editor !== 'interactive') return { value: runEditor(editor, operation.text) };
    this.wait(operation, []);
    const message = { type: 'command.edit', fileName: operation.fileName, text: operation.text };
    this.effects.push({ type: 'send', to: parentOf(this.event.self), message: message as never });
    return undefined;
  }

  private wait(operation: Operation, calls: readonly Parameters<typeof httpRequest>[2][]): void {
    const client = this.state.client ?? this.state.input!.client;
    const first = this.state.nextRequest;
    const open = calls.map((_, index) => String(first + index));
    const folded = operation.type === 'stream' ? operation.state : undefined;
    this.state = {
      ...this.state,
      nextRequest: first + calls.length,
      waiting: { operation, open, answers: calls.map(() => undefined), folded },
    };
    calls.forEach((request, index) =>
      this.effects.push({ type: 'send', to: client.server, message: httpRequest(client, open[index]!, request) }),
    );
  }
}

/** Sends frames over the connection that is open, or keeps them until there is one. */
function sendFrames(turn: Turn, frames: readonly StreamFrame[]): void {
  const { waiting, input } = turn.state;
  const id = waiting?.operation.type === 'stream' && waiting.upgraded === true ? waiting.open[0] : undefined;
  if (id === undefined) turn.state = { ...turn.state, typed: [...turn.state.typed, ...frames] };
  else if (frames.length > 0)
    turn.effects.push({ type: 'send', to: input!.client.server, message: { type: 'http.input', id, frames } as never });
}

/** A connection has been upgraded: what is there to be sent goes out. */
function upgraded(turn: Turn, waiting: Waiting, { input }: StreamOperation): void {
  const { typed: before } = turn.state;
  turn.state = { ...turn.state, typed: [], waiting: { ...waiting, upgraded: true } };
  if (input?.type === 'text') sendFrames(turn, framesOf(input.text));
  else if (input?.type === 'typed') sendFrames(turn, before);
}

/** Ctrl-C before a program is there to take it ends the command. */
function typed(turn: Turn, text: string | undefined): void {
  if (text === interruptKey && turn.state.waiting?.upgraded !== true) turn.finish(interruptedCode);
  else sendFrames(turn, [text === undefined ? { stream: 'stdin-end' } : { stream: 'stdin', text }]);
}

/** Takes an answer (or its absence) to one of the open requests. */
function settle(turn: Turn, waiting: Waiting, id: string, answer: HttpResponse | Unanswered): void {
  const { operation } = waiting;
  if (operation.type === 'stream') {
    if (waiting.open.includes(id))
      fold(turn, waiting, operation, answer.type === 'unanswered' ? answer : { type: 'response', response: answer });
    return;
  }
  if (operation.type !== 'calls' || !waiting.open.includes(id)) return;
  const index = Number(id) - (turn.state.nextRequest - operation.calls.length);
  const answers = waiting.answers.map((known, position) => (position === index ? answer : known));
  const open = waiting.open.filter((other) => other !== id);
  turn.state = { ...turn.state, waiting: { ...waiting, answers, open } };
  if (open.length > 0) return;
  if (patience(operation) !== undefined) turn.effects.push({ type: 'disarm', timer });
  turn.answer(answers);
}

/** Gives a stream's reducer an event. */
function fold(turn: Turn, waiting: Waiting, operation: StreamOperation, event: StreamEvent): void {
  const { state, print = [], done = false } = operation.reduce(waiting.folded, event, turn.now);
  turn.print(print);
  const closed = event.type === 'end' || event.type === 'unanswered' || (event.type === 'response' && event.response.status >= 400);
  const next: Waiting = { ...waiting, folded: state, open: closed ? [] : waiting.open };
  turn.state = { ...turn.state, waiting: next };
  if (event.type === 'response' && event.response.status === 101) upgraded(turn, next, operation);
  if (!done) return;
  turn.abandon();
  turn.answer(state);
}

/** Answers to connections here go to whoever dialled; the rest is the command's. */
function forwarded(turn: Turn, frames: readonly StreamFrame[]): readonly StreamFrame[] {
  const answers = forwardedAnswers(turn.state, frames);
  turn.state = answers.state;
  turn.effects.push(...answers.effects);
  return frames;
}

/** How long kubectl waits for answers: as long as it tells the server that it may take (--request-timeout). */
function patience({ calls }: Extract<Operation, { readonly type: 'calls' }>): number | undefined {
  const times = calls.flatMap(({ query }) => parseDuration(query?.['timeout'] ?? '') ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

function onTimer(turn: Turn, waiting: Waiting, late: () => void): void {
  if (waiting.operation.type === 'sleep') turn.answer(undefined);
  else if (waiting.operation.type === 'calls') late();
  else if (waiting.operation.type === 'stream') fold(turn, waiting, waiting.operation, { type: 'timeout' });
}

function onMessage(turn: Turn, waiting: Waiting, message: KubectlMessage): void {
  const answer = (reason: Unanswered['reason']): Unanswered => {
    const { client, input } = turn.state;
    return { type: 'unanswered', reason, server: (client ?? input?.client)?.endpoint };
  };
  const unanswered = (reason: Unanswered['reason']): void => {
    for (const id of waiting.open) if (turn.state.waiting !== undefined) settle(turn, turn.state.waiting, id, answer(reason));
  };
  switch (message.type) {
    case 'http.response':
      return settle(turn, waiting, message.id, message);
    case 'http.chunk':
      if (waiting.operation.type !== 'stream' || !waiting.open.includes(message.id)) return;
      return fold(
        turn,
        waiting,
        waiting.operation,
        message.frames !== undefined
          ? { type: 'frames', frames: forwarded(turn, message.frames) }
          : message.events === undefined
            ? { type: 'text', text: message.text ?? '' }
            : { type: 'events', events: message.events },
      );
    case 'http.end':
      if (waiting.operation.type === 'stream' && waiting.open.includes(message.id)) fold(turn, waiting, waiting.operation, { type: 'end' });
      return;
    case 'message.undeliverable':
      if (message.message.type === 'http.request')
        settle(turn, waiting, (message.message as unknown as { readonly id: string }).id, answer(message.reason));
      return;
    case 'peer.closed':
      return unanswered('closed');
    case 'command.timer':
      return onTimer(turn, waiting, () => unanswered('timed out'));
    case 'command.edited':
      if (waiting.operation.type === 'edit') turn.answer(message.text);
      return;
    case 'command.input':
      return typed(turn, message.text);
    case 'net.dial': {
      const dial = dialled(turn.state, message);
      turn.state = dial.state;
      turn.print([{ stream: 'stdout', text: `Handling connection for ${message.port}\n` }]);
      return sendFrames(turn, [dial.frame]);
    }
    case 'command.interrupt':
    case 'process.terminate':
      return turn.finish(interruptedCode);
    case 'process.start':
      return;
  }
}

function handle(state: KubectlState, event: KubectlEvent): Outcome<KubectlState> {
  const { message } = event;
  if (message.type === 'process.start') {
    const turn = new Turn({ ...state, input: message.input, random: seedRandom(message.seed, 'kubectl') }, event);
    turn.start();
    return turn.outcome();
  }
  const turn = new Turn(state, event);
  if (state.waiting !== undefined) onMessage(turn, state.waiting, message);
  return turn.outcome();
}

const act = step<KubectlState, KubectlEvent>(handle);

/** One kubectl command from its arguments to its exit code. */
export const kubectlMachine = setup({
  types: { context: {} as KubectlState, events: {} as KubectlEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kubectl',
  context: {
    input: undefined,
    client: undefined,
    answers: [],
    waiting: undefined,
    random: seedRandom(0, 'kubectl'),
    nextRequest: 1,
    typed: [],
    ports: [],
    dials: SortedMap.empty<NetDial>(),
    code: undefined,
  },
  initial: 'starting',
  states: {
    starting: { on: { 'process.start': { target: 'running', actions: act } } },
    running: {
      on: {
        'http.response': { actions: act },
        'http.chunk': { actions: act },
        'http.end': { actions: act },
        'message.undeliverable': { actions: act },
        'peer.closed': { actions: act },
        'command.timer': { actions: act },
        'command.edited': { actions: act },
        'command.input': { actions: act },
        'net.dial': { actions: act },
        'command.interrupt': { actions: act },
        'process.terminate': { actions: act },
      },
    },
  },
});

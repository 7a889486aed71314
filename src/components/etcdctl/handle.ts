import { begin, resume, type Progress } from '#base/routine.ts';
import type { Address, Effect } from '#kernel/types.ts';
import type { CommandDone, CommandOutput } from '#protocol/command.ts';
import type { EtcdRequest, EtcdWatchCreate } from '#protocol/etcd.ts';
import { runCommand } from './commands.ts';
import { eventText, kvJson } from './format.ts';
import type { Answer, Operation } from './operations.ts';
import type { EtcdctlEvent, EtcdctlState, Result, Waited } from './state.ts';

const interruptedCode = 130;
const timer = 'wait';
const parentOf = (address: Address): Address => address.slice(0, address.lastIndexOf('/'));

const tell = (event: EtcdctlEvent, message: CommandOutput | CommandDone): Effect => ({ type: 'send', to: parentOf(event.self), message });
const output = (event: EtcdctlEvent, stream: CommandOutput['stream'], text: string): Effect =>
  tell(event, { type: 'command.output', stream, text });

function finish(state: EtcdctlState, event: EtcdctlEvent, code: number, effects: readonly Effect[] = []): Result {
  const done = tell(event, { type: 'command.done', code });
  return { context: { ...state, waiting: undefined }, effects: [...effects, done, { type: 'exit', code }] };
}

/** Runs the command on until it waits for something. */
function advance(state: EtcdctlState, event: EtcdctlEvent, progress: Progress<Operation, unknown, number>): Result {
  const effects: Effect[] = [];
  let next = progress;
  while (!next.done) {
    const operation = next.request;
    const immediate = perform(event, operation, effects);
    if (immediate === undefined) {
      const waiting: EtcdctlState = { ...state, answers: next.answers, waiting: operation, asked: state.asked + 1, refused: false };
      return { context: waiting, effects: [...effects, ...start(waiting, operation)] };
    }
    const { input } = state;
    next = resume(() => runCommand(input), next.answers, immediate.value);
  }
  return finish(state, event, next.result, effects);
}

/** Does what needs no waiting. */
function perform(event: EtcdctlEvent, operation: Operation, effects: Effect[]): { readonly value: unknown } | undefined {
  switch (operation.type) {
    case 'print':
      effects.push(output(event, operation.stream, operation.text));
      return { value: undefined };
    case 'now':
      return { value: event.now };
    case 'read-file':
      return { value: event.disk.get(operation.path) };
    case 'write-file':
      effects.push({ type: 'write-file', path: operation.path, content: operation.content });
      return { value: undefined };
    default:
      return undefined;
  }
}

function start(state: EtcdctlState, operation: Operation): readonly Effect[] {
  const wait = (afterMs: number): Effect => ({ type: 'arm', timer, afterMs, message: { type: 'etcdctl.waited' } as Waited });
  if (operation.type === 'sleep') return [wait(operation.ms)];
  if (operation.type === 'ask') {
    const { certificate, operation: wanted, to, timeoutMs } = operation;
    const message: EtcdRequest = { type: 'etcd.request', id: String(state.asked), certificate, operation: wanted };
    return [{ type: 'send', to, message }, wait(timeoutMs)];
  }
  if (operation.type !== 'watch') return [];
  const message: EtcdWatchCreate = { type: 'etcd.watch-create', watch: 'etcdctl', ...operation.request };
  return [{ type: 'send', to: operation.to, message }];
}

function answer(state: EtcdctlState, event: EtcdctlEvent, value: unknown): Result {
  const { input } = state;
  return advance(
    { ...state, waiting: undefined },
    event,
    resume(() => runCommand(input), state.answers, value),
  );
}

/** What an event leads to. */
export function handle(state: EtcdctlState, event: EtcdctlEvent): Result {
  const { message } = event;
  const { waiting } = state;
  switch (message.type) {
    case 'process.start': {
      const { input } = message;
      return advance(
        { ...state, input },
        event,
        begin(() => runCommand(input)),
      );
    }
    case 'etcd.response':
      if (waiting?.type !== 'ask' || message.id !== String(state.asked)) break;
      return withDisarm(answer(state, event, message satisfies Answer));
    case 'etcd.watch': {
      if (waiting?.type !== 'watch') break;
      if (message.compactRevision !== undefined)
        return finish(state, event, 1, [
          output(event, 'stderr', 'watch was canceled (etcdserver: mvcc: required revision has been compacted)\n'),
        ]);
      const json = message.events.map(({ type, kv }) => `{"type":"${type}","kv":${kvJson(kv)}}`);
      const text = waiting.json
        ? `{"Header":{"revision":${message.revision}},"Events":[${json.join(',')}]}\n`
        : message.events.map(eventText).join('');
      return { context: state, effects: [output(event, 'stdout', text)] };
    }
    case 'message.undeliverable':
      return { context: { ...state, refused: true }, effects: [] };
    case 'etcdctl.waited':
      if (waiting?.type === 'ask') return answer(state, event, (state.refused ? 'refused' : 'timeout') satisfies Answer);
      return waiting === undefined ? { context: state, effects: [] } : answer(state, event, undefined);
    case 'command.interrupt':
    case 'process.terminate':
      return finish(state, event, interruptedCode);
  }
  return { context: state, effects: [] };
}

const withDisarm = ({ context, effects }: Result): Result => {
  // A timer that the next question has set stays.
  const set = effects.some((effect) => effect.type === 'arm');
  return { context, effects: set ? effects : [{ type: 'disarm', timer }, ...effects] };
};

import type { Effect } from '#kernel/types.ts';
import type { CriInput, CriStream, LogLine } from '#protocol/cri.ts';
import { discipline, interrupt, type Stroke } from './discipline.ts';
import { answer, failure, took, viewOf } from './processes.ts';
import { userland } from './programs.ts';
import {
  andThen,
  nothing,
  type Asked,
  type Container,
  type Exec,
  type Listening,
  type RuntimeEvent,
  type RuntimeResult,
  type RuntimeState,
} from './state.ts';
import type { Output } from './userland/index.ts';

const keyOf = ({ client, id }: Asked): string => `${client} ${id}`;

function stream({ client, id }: Asked, more: Omit<CriStream, 'type' | 'id'>): Effect {
  return { type: 'send', to: client, message: { type: 'cri.stream', id, ...more } as CriStream };
}

export const streamEnd = (asked: Asked, exitCode: number): Effect => stream(asked, { ended: { exitCode } });

/** What somebody hears of an output; a terminal has one stream only. */
function audible(outputs: readonly Output[], tty: boolean): NonNullable<CriStream['output']> {
  return outputs.flatMap((item) => (item.text === '' ? [] : [{ stream: tty ? 'stdout' : item.stream, text: item.text }]));
}

/** The output of a command, as it comes. */
export function streamed({ streamed: how, asked }: Exec, outputs: readonly Output[]): readonly Effect[] {
  const output =
    how === 'no'
      ? []
      : audible(
          outputs.filter((item) => !item.log),
          how === 'terminal',
        );
  return output.length === 0 ? [] : [stream(asked, { output })];
}

const listenersOf = (state: RuntimeState, container: string): readonly Listening[] =>
  [...state.listening.values()].filter((item) => item.container === container);

/** What a container says, for those who listen. @param container as it was before it spoke */
export function overhear(state: RuntimeState, container: Container, outputs: readonly Output[], now: number): readonly Effect[] {
  const { log, open, status, config } = container;
  const listeners = listenersOf(state, status.id);
  const output = listeners.length === 0 ? [] : audible(outputs, config.tty === true);
  if (output.length === 0) return [];
  const begun = open ? (log.at(-1)?.text ?? '') : '';
  const complete = (begun + output.map((item) => item.text).join('')).split('\n').slice(0, -1);
  const lines = complete.map((text): LogLine => ({ at: now, text }));
  return listeners.flatMap(({ asked, to }) =>
    to === 'output' ? [stream(asked, { output })] : lines.length === 0 ? [] : [stream(asked, { lines })],
  );
}

/** Somebody listens to a container from now on; to one that has ended there is nothing more to hear. */
export function listen(state: RuntimeState, container: string, to: Listening['to'], asked: Asked): RuntimeResult {
  const listening: RuntimeState = { ...state, listening: state.listening.set(keyOf(asked), { asked, container, to }) };
  const found = state.containers.get(container);
  return found?.status.state === 'exited' ? hearTheEnd(listening, found, found.status.exitCode) : nothing(listening);
}

/** The streams of a running container (containerd's Attach). A terminal gets a new size, upon which its program shows its line again. */
export function attach(state: RuntimeState, id: string, asked: Asked): RuntimeResult {
  const container = state.containers.get(id);
  if (container?.status.state !== 'running') return { context: state, effects: [failure(asked, `container "${id}" is not running`)] };
  const { config, open, log } = container;
  const line = config.tty === true && open ? (log.at(-1)?.text ?? '') : '';
  const shown = line === '' ? [] : [stream(asked, { output: [{ stream: 'stdout', text: line }] })];
  return andThen({ context: state, effects: [answer(asked, { op: 'Attach' }), ...shown] }, (next) => listen(next, id, 'output', asked));
}

/** A container has ended: whoever listens hears its last line and the end. */
export function hearTheEnd(state: RuntimeState, { status, log, open }: Container, exitCode: number): RuntimeResult {
  let { listening } = state;
  const effects: Effect[] = [];
  for (const [key, { asked, container, to }] of state.listening) {
    if (container !== status.id) continue;
    listening = listening.delete(key);
    const last = log.at(-1);
    if (to === 'log' && open && last !== undefined) effects.push(stream(asked, { lines: [last] }));
    effects.push(streamEnd(asked, exitCode));
  }
  return { context: listening === state.listening ? state : { ...state, listening }, effects };
}

/** Whose input a stream is: a command's, or that of an attached container. */
function ownerOf(state: RuntimeState, asked: Asked): string | undefined {
  const listener = state.listening.get(keyOf(asked));
  if (listener !== undefined) return listener.to === 'output' ? listener.container : undefined;
  return [...state.execs].find(([, exec]) => exec.streamed !== 'no' && keyOf(exec.asked) === keyOf(asked))?.[0];
}

/** Standard input arrives: as it is, or through the line discipline of a terminal. */
export function fed(state: RuntimeState, event: RuntimeEvent, { id, text }: CriInput): RuntimeResult {
  const owner = ownerOf(state, { client: event.from, id });
  if (owner === undefined) return nothing(state);
  const exec = state.execs.get(owner);
  const tty = exec === undefined ? state.containers.get(owner)?.config.tty === true : exec.streamed === 'terminal';
  if (!tty || text === undefined) return type(state, event, owner, { echo: '', key: text });
  const { strokes, line } = discipline(state.typed.get(owner) ?? '', text);
  const typed: RuntimeState = { ...state, typed: line === '' ? state.typed.delete(owner) : state.typed.set(owner, line) };
  return strokes.reduce<RuntimeResult>((result, stroke) => andThen(result, (next) => type(next, event, owner, stroke)), nothing(typed));
}

function type(state: RuntimeState, event: RuntimeEvent, owner: string, { echo, key }: Stroke): RuntimeResult {
  const exec = state.execs.get(owner);
  const container = state.containers.get(exec?.container ?? owner);
  const running = exec?.running ?? container?.running;
  if (container === undefined || running === undefined) return nothing(state);
  const view = viewOf(state, container, event);
  const { feedProcess, interruptProcess } = userland.value;
  const turn = key === interrupt ? interruptProcess(running.process, view) : feedProcess(running.process, key, view);
  return took(state, event, owner, { ...turn, output: [{ stream: 'stdout', text: echo, log: false }, ...turn.output] });
}

/**
 * A client has gone: its command loses its terminal or input, and `stdinOnce` closes the input of the container that it
 * was attached to.
 */
export function hungUp(state: RuntimeState, event: RuntimeEvent, id: string): RuntimeResult {
  const asked: Asked = { client: event.from, id };
  const owner = ownerOf(state, asked);
  const listener = state.listening.get(keyOf(asked));
  const gone: RuntimeState = { ...state, listening: state.listening.delete(keyOf(asked)) };
  if (owner === undefined) return nothing(gone);
  if (listener !== undefined) {
    const once = state.containers.get(owner)?.config.stdinOnce === true;
    return once ? type(gone, event, owner, { echo: '', key: undefined }) : nothing(gone);
  }
  return type(gone, event, owner, { echo: '', key: undefined });
}

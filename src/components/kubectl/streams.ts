import type { Effect, EventOf, Message } from '#kernel/types.ts';
import { listenerFile, type NetDial, type NetOutcome, type NetReply } from '#protocol/net.ts';
import type { StreamFrame } from '#protocol/rest.ts';
import type { ForwardedPort, KubectlState } from './state.ts';

/** A whole standard input. */
export const framesOf = (text: string): readonly StreamFrame[] =>
  text === '' ? [{ stream: 'stdin-end' }] : [{ stream: 'stdin', text }, { stream: 'stdin-end' }];

/** Takes a port of this computer, where it is free. */
export function listen(
  state: KubectlState,
  { self, disk }: EventOf<Message>,
  { port, remote }: ForwardedPort,
): { readonly state: KubectlState; readonly effects: readonly Effect[]; readonly free: boolean } {
  if (disk.get(listenerFile(port)) !== undefined) return { state, effects: [], free: false };
  const effects: readonly Effect[] = [{ type: 'write-file', path: listenerFile(port), content: self }];
  return { state: { ...state, ports: [...state.ports, { port, remote }] }, effects, free: true };
}

const reply = ({ id, replyTo }: NetDial, outcome: NetOutcome): Effect => ({
  type: 'send',
  to: replyTo,
  message: { type: 'net.reply', id, outcome } as NetReply,
});

/** Gives its ports back; who waits there gets no answer. */
export function stopListening({ ports, dials }: KubectlState): readonly Effect[] {
  const freed = ports.map(({ port }): Effect => ({ type: 'remove-file', path: listenerFile(port) }));
  return [...freed, ...[...dials.values()].map((dial) => reply(dial, { type: 'failed', failure: 'refused' }))];
}

/** Somebody here connects to one of its ports: a connection of its own, over the one that is open. */
export function dialled(state: KubectlState, dial: NetDial): { readonly state: KubectlState; readonly frame: StreamFrame } {
  const connection = state.nextRequest;
  const next = { ...state, nextRequest: connection + 1, dials: state.dials.set(String(connection), dial) };
  const port = state.ports.find((item) => item.port === dial.port)?.remote ?? dial.port;
  return { state: next, frame: { stream: 'dial', connection, port, payload: dial.payload } };
}

/** What forwarded connections have come to. */
export function forwardedAnswers(
  state: KubectlState,
  frames: readonly StreamFrame[],
): { readonly state: KubectlState; readonly effects: readonly Effect[] } {
  let { dials } = state;
  const effects: Effect[] = [];
  for (const frame of frames) {
    const dial = frame.stream === 'answer' ? dials.get(String(frame.connection)) : undefined;
    if (frame.stream !== 'answer' || dial === undefined) continue;
    dials = dials.delete(String(frame.connection));
    effects.push(reply(dial, frame.outcome));
  }
  return { state: { ...state, dials }, effects };
}

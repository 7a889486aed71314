import type { NetDial, NetOutcome, NetReply } from '#protocol/net.ts';
import { andThen, nothing, type RuntimeResult, type RuntimeState } from './state.ts';
import type { ServedResponse, Turn } from './userland/index.ts';

/** Answers a connection. */
export function replied(state: RuntimeState, { id, replyTo }: NetDial, outcome: NetOutcome): RuntimeResult {
  const message: NetReply = { type: 'net.reply', id, outcome };
  return { context: state, effects: [{ type: 'send', to: replyTo, message }] };
}

export function outcomeOf(response: Exclude<ServedResponse, { readonly type: 'later' }>): NetOutcome {
  if (response.type === 'refused') return { type: 'failed', failure: 'refused' };
  return response.type === 'http'
    ? { type: 'http', status: response.status, headers: response.headers, body: response.body }
    : { type: 'tcp', data: response.data };
}

const promisesOf = (container: string): string => `promise ${container} `;
/** Under which name a connection waits for an answer that its container has promised. */
export const promised = (container: string, id: number): string => `${promisesOf(container)}${id}`;

/** Sends the answers that a container had promised. */
export function keepPromises(state: RuntimeState, container: string, { responses }: Turn): RuntimeResult {
  return responses.reduce<RuntimeResult>(
    (result, { id, response }) =>
      andThen(result, (next) => {
        const key = promised(container, id);
        const dial = next.calls.get(key);
        if (dial === undefined || response.type === 'later') return nothing(next);
        return replied({ ...next, calls: next.calls.delete(key) }, dial, outcomeOf(response));
      }),
    nothing(state),
  );
}

/** Whoever waits for an answer of a container that has ended gets none. */
export function breakPromises(state: RuntimeState, container: string): RuntimeResult {
  return [...state.calls.prefixed(promisesOf(container))].reduce<RuntimeResult>(
    (result, [key, dial]) =>
      andThen(result, (next) => replied({ ...next, calls: next.calls.delete(key) }, dial, { type: 'failed', failure: 'refused' })),
    nothing(state),
  );
}

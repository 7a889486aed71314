import type { Outcome } from '#kernel/step.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';

const message = 'This request caused apiserver to panic. Look in the logs for details.';

/**
 * A request whose handling fails is answered, so that its client does not wait for ever, and the failure is noted in the
 * journal (apiserver/pkg/server/filters/wrap.go, WithPanicRecovery).
 */
export function recovering<State extends RequestState, Event extends { readonly now: number }>(
  act: (state: State, event: Event) => Outcome<State>,
): (state: State, event: Event) => Outcome<State> {
  return (state, event) => {
    try {
      return act(state, event);
    } catch (error) {
      const response: HttpResponse = {
        type: 'http.response',
        id: state.request.id,
        status: 500,
        contentType: 'text/plain; charset=utf-8',
        body: message,
      };
      const reason = error instanceof Error ? error.message : String(error);
      return {
        context: { ...state, gate: 'response', since: event.now, response },
        effects: [{ type: 'note', topic: 'panic', data: { client: state.client, id: state.request.id, reason } }],
      };
    }
  };
}

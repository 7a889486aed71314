import { enqueueActions, type ActionFunction, type EventObject, type MachineContext, type ParameterizedObject } from 'xstate';
import type { Effect } from './types.ts';

/** What handling an event comes to: the new context and what is to be done, in order. */
export interface Outcome<Context> {
  readonly context: Context;
  readonly effects: readonly Effect[];
}

type Step<Context extends MachineContext, Event extends EventObject> = ActionFunction<
  Context,
  Event,
  Event,
  ParameterizedObject['params'] | undefined,
  never,
  never,
  never,
  never,
  Effect
>;

/**
 * An action made of a pure function: the one assignment of its transition, and the effects it leads to. It is XState's
 * own `enqueueActions`, so that the same machine runs under `transition()` and in the compiled bridge.
 */
export function step<Context extends MachineContext, Event extends EventObject>(
  perform: (context: Context, event: Event) => Outcome<Context>,
): Step<Context, Event> {
  return enqueueActions(({ context, event, enqueue }) => {
    const outcome = perform(context as Context, event as Event);
    if (outcome.context !== context) enqueue.assign(outcome.context);
    for (const effect of outcome.effects) enqueue.emit(effect);
  }) as unknown as Step<Context, Event>;
}

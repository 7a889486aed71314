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

type Performer = (context: unknown, event: unknown) => Outcome<unknown>;
const performers = new WeakMap<object, Performer>();

/**
 * An action made of a pure function: the one assignment of its transition, and the effects it leads to. It is XState's
 * own `enqueueActions`, so that the same machine runs under `transition()`; the compiled bridge calls the function itself.
 * All contexts of a machine must have the same keys, because XState's assignment merges.
 */
export function step<Context extends object, Event extends EventObject>(
  perform: (context: Context, event: Event) => Outcome<Context>,
): Step<Context & MachineContext, Event> {
  const action = enqueueActions(({ context, event, enqueue }) => {
    const outcome = perform(context as Context, event as Event);
    if (outcome.context !== context) enqueue.assign(outcome.context as MachineContext);
    for (const effect of outcome.effects) enqueue.emit(effect);
  });
  performers.set(action, perform as Performer);
  return action as unknown as Step<Context & MachineContext, Event>;
}

/** The function that a `step` action was made of; undefined for any other action. */
export function performerOf(action: object): Performer | undefined {
  return performers.get(action);
}

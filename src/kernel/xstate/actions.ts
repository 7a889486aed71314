import type { AnyStateMachine } from 'xstate';
import type { Effect } from '../types.ts';
import { performerOf } from '../step.ts';
import type { MachineEvent } from './compile.ts';
import { compileGuard, type Asked } from './guards.ts';

/** The part of a step that actions may change. */
export interface Run {
  context: unknown;
  readonly event: MachineEvent;
  emit(effect: Effect): void;
  emitAll(effects: readonly Effect[]): void;
  raise(event: MachineEvent): void;
  arm(id: string, delayMs: number, event: MachineEvent): void;
  cancel(id: string): void;
}

export type CompiledAction = (run: Run) => void;

type Expression = (args: Asked, params: unknown) => unknown;
interface BuiltIn {
  readonly type: string;
  readonly assignment?: Expression | Readonly<Record<string, unknown>>;
  readonly event?: unknown;
  readonly id?: unknown;
  readonly delay?: unknown;
  readonly sendId?: unknown;
  readonly collect?: (args: object, params: unknown) => void;
}

/** Compiles a list of actions as XState has normalised it. */
export function compileActions(machine: AnyStateMachine, place: string, actions: readonly unknown[]): readonly CompiledAction[] {
  return actions.map((action) => compileAction(machine, place, action));
}

function compileAction(machine: AnyStateMachine, place: string, action: unknown): CompiledAction {
  if (typeof action === 'function') return builtIn(machine, place, action as unknown as BuiltIn, undefined);
  const name = typeof action === 'string' ? action : (action as { readonly type: string }).type;
  const params = typeof action === 'string' ? undefined : (action as { readonly params?: unknown }).params;
  const implementation = machine.implementations.actions[name];
  if (implementation === undefined) throw new Error(`machine "${machine.id}", state "${place}": there is no action "${name}"`);
  return builtIn(machine, place, implementation as unknown as BuiltIn, params);
}

function builtIn(machine: AnyStateMachine, place: string, action: BuiltIn, params: unknown): CompiledAction {
  const performer = performerOf(action);
  if (performer !== undefined) {
    return (run) => {
      const { context, effects } = performer(run.context, run.event);
      run.context = context;
      run.emitAll(effects);
    };
  }
  const paramsOf = (run: Run): unknown => (typeof params === 'function' ? (params as Expression)(run, undefined) : params);
  const valueOf = (expression: unknown, run: Run): unknown =>
    typeof expression === 'function' ? (expression as Expression)(run, paramsOf(run)) : expression;
  switch (action.type) {
    case 'xstate.assign':
      return (run) => assign(run, action.assignment!, paramsOf(run));
    case 'xstate.emit':
      return (run) => run.emit(valueOf(action.event, run) as Effect);
    case 'xstate.raise':
      return (run) => raise(machine, run, action, valueOf);
    case 'xstate.cancel':
      return (run) => run.cancel(valueOf(action.sendId, run) as string);
    case 'xstate.enqueueActions':
      return (run) => enqueue(machine, place, run, action, paramsOf(run));
    default:
      throw new Error(
        `machine "${machine.id}", state "${place}": the action "${action.type ?? (action as { name?: string }).name ?? 'inline'}" is not supported by the compiled bridge; use step, assign, emit or raise`,
      );
  }
}

function assign(run: Run, assignment: Expression | Readonly<Record<string, unknown>>, params: unknown): void {
  const args = { context: run.context, event: run.event };
  if (typeof assignment === 'function') {
    run.context = { ...(run.context as object), ...(assignment(args, params) as object) };
    return;
  }
  const changes: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(assignment))
    changes[key] = typeof value === 'function' ? (value as Expression)(args, params) : value;
  run.context = { ...(run.context as object), ...changes };
}

function raise(machine: AnyStateMachine, run: Run, action: BuiltIn, valueOf: (expression: unknown, run: Run) => unknown): void {
  const event = valueOf(action.event, run) as MachineEvent;
  let delay = action.delay;
  if (typeof delay === 'string') delay = machine.implementations.delays[delay] ?? delay;
  const delayMs = valueOf(delay, run);
  if (delayMs === undefined) run.raise(event);
  else if (typeof delayMs === 'number') run.arm(String(valueOf(action.id, run) ?? event.type), delayMs, event);
  else throw new Error(`machine "${machine.id}": there is no delay "${String(delayMs)}"`);
}

/** XState runs the collected actions one after the other once `collect` has returned. */
function enqueue(machine: AnyStateMachine, place: string, run: Run, action: BuiltIn, params: unknown): void {
  const queued: CompiledAction[] = [];
  const add = (item: unknown): void => void queued.push(compileAction(machine, place, item));
  const { context, event } = run;
  const enqueuer = Object.assign(add, {
    assign: (assignment: Expression | Readonly<Record<string, unknown>>) =>
      void queued.push((later) => assign(later, assignment, undefined)),
    emit: (effect: unknown) =>
      void queued.push((later) =>
        later.emit(
          (typeof effect === 'function' ? (effect as Expression)({ context: later.context, event }, undefined) : effect) as Effect,
        ),
      ),
    raise: (raised: unknown, options?: { readonly id?: string; readonly delay?: number }) =>
      void queued.push((later) => {
        const value = (
          typeof raised === 'function' ? (raised as Expression)({ context: later.context, event }, undefined) : raised
        ) as MachineEvent;
        if (options?.delay === undefined) later.raise(value);
        else later.arm(options.id ?? value.type, options.delay, value);
      }),
    cancel: (id: string) => void queued.push((later) => later.cancel(id)),
  });
  action.collect!({ context, event, enqueue: enqueuer, check: (guard: unknown) => compileGuard(machine, place, guard)(run) }, params);
  for (const item of queued) item(run);
}

import { and, not, or, type AnyStateMachine } from 'xstate';
import type { MachineEvent } from './compile.ts';

/** What guards and expressions are asked with. */
export interface Asked {
  readonly context: unknown;
  readonly event: MachineEvent;
}
export type CompiledGuard = (asked: Asked) => boolean;

type GuardFunction = ((args: Asked, params: unknown) => boolean) & {
  readonly check?: unknown;
  readonly guards?: readonly unknown[];
};

/** XState's combinators are told apart by the functions that check them. */
const checkOf = (guard: unknown): unknown => (guard as GuardFunction).check;
const always = (): boolean => true;
const combinators = { and: checkOf(and([always])), or: checkOf(or([always])), not: checkOf(not(always)) };

/** A guard as a predicate. Throws for guards that look at more than context and event. */
export function compileGuard(machine: AnyStateMachine, place: string, guard: unknown): CompiledGuard {
  if (typeof guard === 'string') return named(machine, place, guard, undefined);
  if (typeof guard === 'function') return inline(machine, place, guard as GuardFunction, undefined);
  const { type, params } = guard as { readonly type: string; readonly params?: unknown };
  return named(machine, place, type, params);
}

function named(machine: AnyStateMachine, place: string, name: string, params: unknown): CompiledGuard {
  const guard = machine.implementations.guards[name] as GuardFunction | string | undefined;
  if (guard === undefined) throw new Error(`machine "${machine.id}", state "${place}": there is no guard "${name}"`);
  if (typeof guard === 'string') return named(machine, place, guard, params);
  return inline(machine, place, guard, params);
}

function inline(machine: AnyStateMachine, place: string, guard: GuardFunction, params: unknown): CompiledGuard {
  if (guard.check !== undefined) {
    const parts = (guard.guards ?? []).map((part) => compileGuard(machine, place, part));
    if (guard.check === combinators.and) return (asked) => parts.every((part) => part(asked));
    if (guard.check === combinators.or) return (asked) => parts.some((part) => part(asked));
    if (guard.check === combinators.not) return (asked) => !parts[0]!(asked);
    throw new Error(`machine "${machine.id}", state "${place}": this guard is not supported by the compiled bridge`);
  }
  if (typeof params === 'function') return (asked) => guard(asked, (params as (args: Asked) => unknown)(asked));
  return (asked) => guard(asked, params);
}

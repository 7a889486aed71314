import { describe, expect, it } from 'vitest';
import { transition, type AnyStateMachine, type StateValue } from 'xstate';
import { openCluster } from '#cluster/index.ts';
import { createWorld } from '#kernel/world.ts';
import { compile, type CompiledMachine, type MachineState, type StepResult } from '#kernel/xstate/compile.ts';

/** `running.leading` as XState writes it. */
function stateValue(path: string): StateValue {
  const [first = '', ...rest] = path.split('.');
  return rest.length === 0 ? first : { [first]: stateValue(rest.join('.')) };
}

function dotted(value: StateValue): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value);
  return `${key}.${dotted(inner!)}`;
}

/** What XState itself makes of an event. */
function reference(
  machine: AnyStateMachine,
  state: MachineState,
  event: { readonly type: string },
): { readonly value: string; readonly context: unknown; readonly effects: readonly unknown[] } {
  const snapshot = machine.resolveState({ value: stateValue(state.value), context: state.context } as never);
  const [next, actions] = transition(machine, snapshot, event as never);
  const effects = (actions as unknown as readonly { readonly type: string; readonly params?: unknown }[])
    .filter((action) => action.type === 'xstate.emit' || action.type === 'emit')
    .map((action) => (action.params as { readonly event: unknown }).event);
  return { value: dotted(next.value), context: next.context, effects };
}

describe('the compiled bridge', () => {
  it('does with every event of a real run what XState does', () => {
    const cluster = openCluster({ shape: 'minikube', seed: 3 })!;
    const world = createWorld(cluster.world, { strict: true });
    const seen = new Map<string, number>();
    let compared = 0;
    let withEffects = 0;
    for (const { name, machine } of cluster.world.definitions) {
      const compiled = compile(machine) as CompiledMachine & { step: CompiledMachine['step'] };
      const original = compiled.step.bind(compiled);
      compiled.step = (state, event): StepResult => {
        const result = original(state, event);
        const key = `${name} ${state.value} ${event.type}`;
        const count = (seen.get(key) ?? 0) + 1;
        seen.set(key, count);
        if (count <= 3) {
          const expected = reference(machine, state, event);
          expect(result.value, key).toBe(expected.value);
          expect(result.context, key).toEqual(expected.context);
          expect(result.effects, key).toEqual(expected.effects);
          if (expected.effects.length > 0) withEffects++;
          compared++;
        }
        return result;
      };
    }
    world.runUntil(world.now + 15_000);
    world.input({
      type: 'message',
      to: 'alice/terminal',
      message: { type: 'terminal.line', line: 'kubectl create deployment web --image=nginx --replicas=2' } as never,
    });
    world.runUntil(world.now + 10_000);
    expect(compared).toBeGreaterThan(100);
    expect(withEffects).toBeGreaterThan(50);
  });

  it('refuses what it does not support, with the place', () => {
    const parallel = { id: 'p', root: { type: 'parallel', path: [], invoke: [], states: {} } } as unknown as AnyStateMachine;
    expect(() => compile(parallel)).toThrow(/machine "p".*parallel/);
  });
});

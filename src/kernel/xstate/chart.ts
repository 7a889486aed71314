import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** A machine as a chart: states in document order, nested by dots, and the transitions between them. */
export interface StateChart {
  readonly states: readonly { readonly id: string; readonly type: 'atomic' | 'compound' | 'final'; readonly initial: boolean }[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    readonly event: string;
    readonly guard: string | undefined;
  }[];
}

const charts = new WeakMap<AnyStateMachine, StateChart>();

/** Reads the chart off a machine's definition; each machine once. */
export function chartOf(machine: AnyStateMachine): StateChart {
  let chart = charts.get(machine);
  if (chart === undefined) {
    const states: StateChart['states'][number][] = [];
    const transitions: StateChart['transitions'][number][] = [];
    visit(machine.root, states, transitions);
    chart = { states, transitions };
    charts.set(machine, chart);
  }
  return chart;
}

function visit(node: AnyStateNode, states: StateChart['states'][number][], transitions: StateChart['transitions'][number][]): void {
  const id = node.path.join('.');
  if (node.parent !== undefined) {
    const first = (node.parent.initial as unknown as { readonly target?: readonly AnyStateNode[] } | undefined)?.target?.[0];
    states.push({ id, type: node.type as 'atomic' | 'compound' | 'final', initial: first === node });
  }
  for (const [event, items] of node.transitions) for (const item of items) addTransition(id, event, item, transitions);
  for (const item of node.always ?? []) addTransition(id, '', item, transitions);
  for (const child of Object.values(node.states) as AnyStateNode[]) visit(child, states, transitions);
}

function addTransition(from: string, event: string, item: unknown, transitions: StateChart['transitions'][number][]): void {
  const { target, guard } = item as { readonly target?: readonly AnyStateNode[]; readonly guard?: unknown };
  const name = event.startsWith('xstate.after.') ? `after ${event.split('.')[2]}` : event;
  for (const state of target ?? []) transitions.push({ from, to: state.path.join('.'), event: name, guard: guardName(guard) });
}

/** A guard that is a function has no name that a build would keep. */
function guardName(guard: unknown): string | undefined {
  if (guard === undefined || typeof guard === 'function') return undefined;
  return typeof guard === 'string' ? guard : (guard as { readonly type: string }).type;
}

import type { StateChart } from '#session/port.ts';

export type Chart = StateChart;

/** One way from a state to another: all transitions between the two. */
export interface ChartEdge {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
}

/** The ways of a chart between its leaves: what an enclosing state does, each state in it does; entering it is entering its first. */
export function edgesOf({ states, transitions }: Chart): readonly ChartEdge[] {
  const leaves = states.filter((state) => state.type !== 'compound');
  const first = (id: string): string => {
    const inner = states.find((state) => state.initial && state.id.startsWith(`${id}.`) && !state.id.slice(id.length + 1).includes('.'));
    return inner === undefined ? id : first(inner.id);
  };
  const edges = new Map<string, { readonly from: string; readonly to: string; readonly events: string[] }>();
  for (const { from, to, event, guard } of transitions) {
    const goal = first(to);
    for (const leaf of leaves) {
      if (leaf.type === 'final' || leaf.id === goal || !(from === '' || leaf.id === from || leaf.id.startsWith(`${from}.`))) continue;
      const key = `${leaf.id} ${goal}`;
      const edge = edges.get(key) ?? { from: leaf.id, to: goal, events: [] };
      edges.set(key, edge);
      const name = event === '' ? (guard ?? '') : event;
      if (name !== '' && !edge.events.includes(name)) edge.events.push(name);
    }
  }
  return [...edges.values()];
}

/** The edges that lead from one state to another: one step may pass through states that are left at once. */
export function passed(edges: readonly ChartEdge[], from: string, to: string): readonly ChartEdge[] {
  const before = new Map<string, ChartEdge | undefined>([[from, undefined]]);
  const waiting = [from];
  for (let state = waiting.shift(); state !== undefined && !before.has(to); state = waiting.shift()) {
    for (const edge of edges) {
      if (edge.from !== state || before.has(edge.to)) continue;
      before.set(edge.to, edge);
      waiting.push(edge.to);
    }
  }
  const way: ChartEdge[] = [];
  for (let edge = before.get(to); edge !== undefined; edge = before.get(edge.from)) way.unshift(edge);
  return way;
}

import { describe, expect, it } from 'vitest';
import { edgesOf, passed, type Chart } from './edges.ts';
import { layoutChart } from './layout.ts';

const chart: Chart = {
  states: [
    { id: 'created', type: 'atomic', initial: true },
    { id: 'candidate', type: 'atomic', initial: false },
    { id: 'leading', type: 'compound', initial: false },
    { id: 'leading.syncing', type: 'atomic', initial: true },
    { id: 'leading.running', type: 'atomic', initial: false },
    { id: 'stopped', type: 'final', initial: false },
  ],
  transitions: [
    { from: 'created', to: 'candidate', event: 'process.start', guard: undefined },
    { from: 'candidate', to: 'leading', event: '', guard: 'leads' },
    { from: 'candidate', to: 'candidate', event: 'tick', guard: undefined },
    { from: 'leading.syncing', to: 'leading.running', event: '', guard: undefined },
    { from: '', to: 'stopped', event: 'process.terminate', guard: undefined },
  ],
};

describe('a state chart’s ways', () => {
  it('go between leaves: into an enclosing state means its first, out of it means from each', () => {
    expect(edgesOf(chart).map(({ from, to, events }) => `${from} → ${to} ${events.join()}`)).toEqual([
      'created → candidate process.start',
      'candidate → leading.syncing leads',
      'leading.syncing → leading.running ',
      'created → stopped process.terminate',
      'candidate → stopped process.terminate',
      'leading.syncing → stopped process.terminate',
      'leading.running → stopped process.terminate',
    ]);
  });

  it('are found through states that are left at once', () => {
    expect(passed(edgesOf(chart), 'created', 'leading.running').map(({ to }) => to)).toEqual([
      'candidate',
      'leading.syncing',
      'leading.running',
    ]);
    expect(passed(edgesOf(chart), 'stopped', 'created')).toEqual([]);
  });

  it('are laid out in layers, states beside or below each other and never over each other', () => {
    const { states, edges, width, height } = layoutChart(chart);
    const y = (id: string): number => states.find((state) => state.id === id)!.y;
    expect(y('created')).toBeLessThan(y('candidate'));
    expect(y('candidate')).toBeLessThan(y('leading.syncing'));
    for (const a of states) {
      expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
      expect(a.y + a.height / 2).toBeLessThanOrEqual(height);
      for (const b of states)
        if (a !== b) expect(Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2).toBe(true);
    }
    expect(edges.every((edge) => edge.points.length >= 2)).toBe(true);
  });
});

import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { isReady, metricsMachine, type MetricsState } from './machine.ts';
import { useOf } from './scrape.ts';

export type { MetricsInput } from './machine.ts';

function inspect(state: MetricsState): Inspection {
  const rows = [...state.store.nodes].map(([node, known]) => {
    const usage = useOf(known)?.usage;
    return [node, usage?.cpu ?? '', usage?.memory ?? ''];
  });
  return {
    summary: `${rows.length} nodes`,
    health: isReady(state) ? 'good' : 'waiting',
    sections: [{ type: 'table', title: 'Nodes', columns: ['node', 'CPU', 'memory'], rows }],
  };
}

export const metricsServer: ProcessDefinition = { name: 'metrics-server', machine: metricsMachine, inspect };

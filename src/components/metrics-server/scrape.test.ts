import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { emptyStore, nodeMetrics, podMetrics, taken, type Store } from './scrape.ts';

const page = (cpu: number): string => `# HELP container_cpu_usage_seconds_total text
container_cpu_usage_seconds_total{container="c",namespace="team",pod="web"} ${cpu}
node_cpu_usage_seconds_total ${cpu + 1}
container_memory_working_set_bytes{container="c",namespace="team",pod="web"} 2097152
node_memory_working_set_bytes 4194304
`;
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'team', labels: { app: 'web' } } };
const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
const after = (...cpu: readonly number[]): Store =>
  cpu.reduce((store, seconds, round) => taken(store, 'n', page(seconds), round * 15_000, 60_000), emptyStore);

describe('what was used', () => {
  it('is the difference of two points', () => {
    expect(podMetrics(after(1), pod, 0)).toBeUndefined();
    expect(podMetrics(after(1, 4), pod, 15_000)).toMatchObject({
      kind: 'PodMetrics',
      metadata: { name: 'web', namespace: 'team', labels: { app: 'web' } },
      window: '15s',
      containers: [{ name: 'c', usage: { cpu: '200000000n', memory: '2048Ki' } }],
    });
    expect(nodeMetrics(after(1, 4), node, 15_000)).toMatchObject({ usage: { cpu: '200000000n', memory: '4096Ki' } });
  });

  it('is not known of a counter that began anew, nor of what was not seen for a while', () => {
    expect(podMetrics(after(4, 1), pod, 15_000)).toBeUndefined();
    expect(podMetrics(taken(after(1, 4), 'n', 'node_cpu_usage_seconds_total 9\n', 100_000, 60_000), pod, 100_000)).toBeUndefined();
  });
});

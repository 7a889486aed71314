import { describe, expect, it } from 'vitest';
import { openCluster } from '#cluster/index.ts';
import { createWorld, type World } from '#kernel/world.ts';
import { readKeyspace } from '#components/etcd/index.ts';
import { census } from '../swarm/census.ts';

const hourMs = 3_600_000;

/** What remembers a bounded number of things of the past and is not full yet: by upstream's own limits. */
const bounded: readonly (readonly [what: RegExp, most: number])[] = [
  // The caches of event correlators: 4096 entries each (client-go tools/record, maxLruCacheEntries).
  [/\.reported\b/, 4096 * 12],
  [/^kube-scheduler\.decisions/, 100 * 8],
  // Who had a seat is forgotten when all of them seem taken: 400 for reads and 200 for writes (--max-requests-inflight).
  [/^kube-apiserver\.flows\[\]\.executing/, 600],
  // Raft's log until its next snapshot, and that snapshot (SnapshotCount).
  [/^etcd\.raft\.log/, 20_000],
];

/** A cluster with a schedule and a script at its terminal: pods, jobs, events and commands come and go every minute. */
function cluster(): World {
  const world = createWorld(openCluster({ shape: 'cluster', nodes: 1, seed: 1 })!.world, { strict: true });
  world.runUntil(world.now + 40_000);
  const lines = [
    "kubectl create cronjob tick --image=busybox:1.36 --schedule='* * * * *' -- true",
    'while true; do kubectl get pods > /dev/null; sleep 60; done',
  ];
  for (const line of lines) {
    world.input({ type: 'message', to: 'alice/terminal', message: { type: 'terminal.line', line } as never });
    world.runUntil(world.now + 10_000);
  }
  return world;
}

describe('a cluster that is left alone', () => {
  it('comes to a size and keeps it: nothing in it grows with time', () => {
    const world = cluster();
    world.runUntil(world.now + 1.2 * hourMs);
    const before = census(world);
    world.runUntil(world.now + 0.5 * hourMs);
    const grown = [...census(world)].filter(([what, size]) => {
      const limit = bounded.find(([pattern]) => pattern.test(what))?.[1];
      return limit === undefined ? size > (before.get(what) ?? 0) * 1.1 + 8 : size > limit;
    });
    expect(grown).toEqual([]);
    const etcd = [...world.processes()].find(({ definition }) => definition === 'etcd')!;
    const events = readKeyspace(etcd.context, '/registry/events/', 0).keys.map(({ value }) => value as { readonly lastTimestamp?: string });
    const oldest = Math.min(...events.map(({ lastTimestamp }) => Date.parse(lastTimestamp ?? '') || world.now));
    expect(events.length).toBeGreaterThan(100);
    expect(world.now - oldest).toBeLessThan(1.05 * hourMs);
    const nodes = readKeyspace(etcd.context, '/registry/leases/kube-node-lease/', 0).keys;
    for (const { value } of nodes)
      expect(world.now - Date.parse((value as { readonly spec: { readonly renewTime: string } }).spec.renewTime)).toBeLessThan(15_000);
  }, 300_000);
});

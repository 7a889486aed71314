import '#cluster/late.ts';
import { parseArgs } from 'node:util';
import { Group } from '#components/etcd/testing/group.ts';
import type { History } from '#kernel/history.ts';
import { apiServerRows, type Row } from './api-server.ts';
import { openRoomy } from './cluster.ts';
import { drain, rollingUpdate, spread } from './loops.ts';

/** A baseline in the same run: a plain loop over a queue of plain objects, as fast as this machine does it. */
function baseline(events: number): number {
  interface Item {
    readonly at: number;
    readonly to: number;
  }
  const counters = new Array<number>(64).fill(0);
  const queue: Item[] = [{ at: 0, to: 0 }];
  const started = performance.now();
  for (let i = 0; i < events; i++) {
    const item = queue[i]!;
    counters[item.to] = counters[item.to]! + 1;
    queue.push({ at: item.at + 1, to: (item.to + 7) % 64 });
  }
  return performance.now() - started;
}

function deploy(pods: number, nodes: number): { readonly history: History; readonly ms: number; readonly events: number } {
  const history = openRoomy(nodes);
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: pods,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] } },
    },
  };
  history.input({
    type: 'message',
    to: 'admin/script-runner',
    message: { type: 'script.run', run: 'apply', argv: ['apply', '-f', '-'], stdin: JSON.stringify(manifest) } as never,
  });
  const first = history.world.seq;
  const started = performance.now();
  let ready = 0;
  const seen = new Set<string>();
  history.advance({
    maxEvents: 20_000_000,
    until: (entry) => {
      for (const note of entry.notes) {
        const data = note.data as {
          readonly subresource?: string;
          readonly name?: string;
          readonly verb?: string;
          readonly user?: string;
          readonly response?: { readonly status?: { readonly phase?: string } };
        };
        if (
          note.topic !== 'audit' ||
          data.subresource !== 'status' ||
          data.user?.startsWith('system:node:') !== true ||
          data.response?.status?.phase !== 'Running'
        )
          continue;
        if (data.name !== undefined && !seen.has(data.name)) {
          seen.add(data.name);
          ready++;
        }
      }
      return ready >= pods;
    },
  });
  return { history, ms: performance.now() - started, events: history.world.seq - first };
}

/** What a write costs in a group of etcd members, and what the group does while nothing is written. */
function etcdGroup(size: number): { readonly perWrite: number; readonly us: number; readonly idlePerSecond: number } {
  const group = new Group(size, {}, false);
  const before = group.world.seq;
  group.pass(10_000);
  const idlePerSecond = (group.world.seq - before) / 10;
  const writes = 2000;
  const first = group.world.seq;
  const began = group.world.now;
  const started = performance.now();
  for (let i = 0; i < writes; i++) {
    group.ask(group.leader, { op: 'put', key: `/k${i % 100}`, value: i });
    group.pass(10);
  }
  const ms = performance.now() - started;
  const idle = ((group.world.now - began) / 1000) * idlePerSecond;
  return { perWrite: (group.world.seq - first - idle) / writes, us: (ms * 1000) / writes, idlePerSecond };
}

function seeks(history: History): readonly number[] {
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const seq = Math.floor((history.head.seq * ((i * 7919) % 1000)) / 1000);
    const started = performance.now();
    history.seek({ seq });
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
}

function main(): void {
  const { values } = parseArgs({ options: { large: { type: 'boolean', default: false }, loops: { type: 'boolean', default: false } } });
  const rows: Row[] = [];
  const add = (name: string, value: number, unit: string, note = ''): void => void rows.push({ name, value, unit, note });
  deploy(20, 3);
  const plainMs = baseline(1_000_000);
  add('baseline: plain loop', 1_000_000 / plainMs, 'events/ms');
  let perPod = 0;
  for (const [pods, nodes] of [[100, 10], [1000, 10], ...(values.large ? [[10_000, 100] as const] : [])] as const) {
    const { history, ms, events } = deploy(pods, nodes);
    add(
      `apply → all ready, ${pods} pods on ${nodes} nodes`,
      ms,
      'ms',
      perPod === 0 ? '' : `per pod ${(ms / pods / perPod).toFixed(2)} × that of the row before`,
    );
    add(`  events/ms`, events / ms, 'events/ms', `${(1_000_000 / plainMs / (events / ms)).toFixed(0)} × slower than the plain loop`);
    perPod = ms / pods;
    const times = seeks(history);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['max', 1],
    ] as const)
      add(`  seek ${name}`, times[Math.min(times.length - 1, Math.floor(times.length * share))]!, 'ms');
    add('  heap', process.memoryUsage().heapUsed / 2 ** 20, 'MiB', `${history.head.seq} events`);
  }
  etcdGroup(3);
  let alone = 0;
  for (const size of [1, 3, 5]) {
    const { perWrite, us, idlePerSecond } = etcdGroup(size);
    alone = alone === 0 ? us / perWrite : alone;
    add(`etcd, ${size} members: a write`, us, 'µs', `${(us / perWrite / alone).toFixed(2)} × as much for each event as one member`);
    add('  events for a write', perWrite, 'events', `${idlePerSecond.toFixed(0)} events/s while nothing is written`);
  }
  rows.push(...apiServerRows());
  if (values.loops) {
    add('rolling update, 1000 pods on 10 nodes', rollingUpdate(1000, 10), 'ms');
    add('5000 pods with affinity and spread on 500 nodes', spread(5000, 500), 'ms', `a tenth of both: ${spread(500, 50).toFixed(0)} ms`);
    add('drain of 20 of 200 nodes with 2000 pods', drain(2000, 200, 20), 'ms');
  }
  for (const { name, value, unit, note } of rows)
    console.log(`${name.padEnd(48)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(10)} ${note ?? ''}`);
}

main();

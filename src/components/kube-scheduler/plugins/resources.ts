import type { KubeObject } from '#api/object.ts';
import { maxScore, plain, type NodeFilter, type Plugin, type Refusal } from '../framework.ts';
import { allocatableOf, requestsOf, type NodeInfo, type Resources } from '../node-info.ts';

const messages: Readonly<Record<string, string>> = { pods: 'Too many pods' };
const order = (a: string, b: string): number => rank(a) - rank(b);
const rank = (name: string): number =>
  ['pods', 'cpu', 'memory', 'ephemeral-storage'].indexOf(name) + (['pods', 'cpu', 'memory', 'ephemeral-storage'].includes(name) ? 0 : 10);

/** noderesources/fit.go, fitsRequest: everything that there is too little of. */
function fits(pod: KubeObject): NodeFilter {
  const asked = Object.entries(requestsOf(pod).exact)
    .filter(([, value]) => value > 0)
    .sort(([a], [b]) => order(a, b));
  return (info) => {
    const most = allocatableOf(info.node!);
    let reasons: string[] | undefined;
    let final = false;
    for (const [name, value] of asked) {
      const there = most[name] ?? 0;
      if (value <= there - (info.requested[name] ?? 0)) continue;
      (reasons ??= []).push(messages[name] ?? `Insufficient ${name}`);
      final ||= name !== 'pods' && value > there;
    }
    return reasons === undefined ? undefined : ({ reasons, final } satisfies Refusal);
  };
}

function hasRoom(pod: KubeObject, node: KubeObject): boolean {
  const most = allocatableOf(node);
  return Object.entries(requestsOf(pod).exact).every(([name, value]) => value <= (most[name] ?? 0));
}

const grew = (before: Resources, now: Resources, asked: Resources): boolean =>
  Object.keys(asked).some((name) => (now[name] ?? 0) > (before[name] ?? 0));

/** LeastAllocated over CPU and memory. */
function least(pod: KubeObject, info: NodeInfo): number {
  const asked = requestsOf(pod).nonZero;
  const most = allocatableOf(info.node!);
  let sum = 0;
  for (const name of ['cpu', 'memory'] as const) {
    const capacity = most[name] ?? 0;
    const used = (info.nonZero[name] ?? 0) + (asked[name] ?? 0);
    sum += capacity === 0 || used > capacity ? 0 : Math.floor(((capacity - used) * maxScore) / capacity);
  }
  return Math.floor(sum / 2);
}

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  filter: fits,
  score: (pod, feasible) => plain(feasible.map((info) => least(pod, info))),
  hint: (pod, event) => {
    if (event.resource === 'assigned-pod') return event.action === 'delete';
    if (event.resource !== 'node' || event.action === 'delete' || !hasRoom(pod, event.object)) return false;
    return event.old === undefined || grew(allocatableOf(event.old), allocatableOf(event.object), requestsOf(pod).exact);
  },
};

/** One minus half the difference between the shares of CPU and memory. */
function balance(asked: Resources, info: NodeInfo): number {
  const most = allocatableOf(info.node!);
  const share = (name: string): number => Math.min(1, ((info.requested[name] ?? 0) + (asked[name] ?? 0)) / (most[name] ?? 1));
  return Math.floor((1 - Math.abs(share('cpu') - share('memory')) / 2) * maxScore);
}

export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score: (pod, feasible) => {
    const { exact } = requestsOf(pod);
    return (exact['cpu'] ?? 0) + (exact['memory'] ?? 0) === 0 ? undefined : plain(feasible.map((info) => balance(exact, info)));
  },
};

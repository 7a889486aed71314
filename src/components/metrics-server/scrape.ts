import { formatTime, type KubeObject } from '#api/object.ts';
import { SortedMap } from '#base/sorted-map.ts';

/** What was read of one container, or of a node as a whole. */
export interface Point {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}
/** The last two points of a node or container: their difference is its use. */
export interface Series {
  readonly before: Point | undefined;
  readonly last: Point;
}
/** By `node`, and by `namespace/pod/container`. */
export interface Store {
  readonly nodes: SortedMap<Series>;
  readonly containers: SortedMap<Series>;
}
export const emptyStore: Store = { nodes: SortedMap.empty(), containers: SortedMap.empty() };

type Amounts = Map<string, { cpuSeconds: number; memoryBytes: number }>;
const families = { cpu_usage_seconds_total: 'cpuSeconds', memory_working_set_bytes: 'memoryBytes' } as const;

/** The amounts in a page of `/metrics/resource`: those of the node under ''. */
function parse(text: string): Amounts {
  const amounts: Amounts = new Map();
  for (const line of text.split('\n')) {
    const match = /^(node|container)_(cpu_usage_seconds_total|memory_working_set_bytes)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries([...(match[3] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
    const key = match[1] === 'node' ? '' : `${labels['namespace']}/${labels['pod']}/${labels['container']}`;
    const amount = amounts.get(key) ?? { cpuSeconds: 0, memoryBytes: 0 };
    amount[families[match[2] as keyof typeof families]] = Number(match[4]);
    amounts.set(key, amount);
  }
  return amounts;
}

/** A counter that went back was begun anew: what was before says nothing (storage/point.go). */
function series(known: Series | undefined, point: Point): Series {
  const usable = known !== undefined && known.last.cpuSeconds <= point.cpuSeconds;
  return { before: usable ? known.last : undefined, last: point };
}

/** pkg/storage: the store after a page of one node; containers that are on no page for a while are forgotten. */
export function taken(store: Store, node: string, text: string, now: number, keepMs: number): Store {
  let { nodes, containers } = store;
  for (const [key, amount] of parse(text)) {
    const point = { at: now, ...amount };
    if (key === '') nodes = nodes.set(node, series(nodes.get(node), point));
    else containers = containers.set(key, series(containers.get(key), point));
  }
  for (const [key, { last }] of containers) if (last.at < now - keepMs) containers = containers.delete(key);
  return { nodes, containers };
}

interface Use {
  readonly timestamp: number;
  readonly windowMs: number;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

/** What was used between the last two points; undefined before there are two. */
export function useOf({ before, last }: Series): Use | undefined {
  if (before === undefined || last.at <= before.at) return undefined;
  const windowMs = last.at - before.at;
  const nanos = Math.round(((last.cpuSeconds - before.cpuSeconds) * 1e12) / windowMs);
  return {
    timestamp: last.at,
    windowMs,
    usage: { cpu: nanos === 0 ? '0' : `${nanos}n`, memory: `${Math.round(last.memoryBytes / 1024)}Ki` },
  };
}

const windowText = (ms: number): string => `${Math.round(ms) / 1000}s`;

function metricsOf(kind: 'NodeMetrics' | 'PodMetrics', { metadata }: KubeObject, { timestamp, windowMs }: Use, now: number): object {
  const { name, namespace, labels } = metadata;
  const own = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: formatTime(now),
    ...(labels === undefined ? {} : { labels }),
  };
  return { kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: own, timestamp: formatTime(timestamp), window: windowText(windowMs) };
}

/** metrics.k8s.io/v1beta1 NodeMetrics; undefined where nothing is known yet. */
export function nodeMetrics(store: Store, node: KubeObject, now: number): object | undefined {
  const known = store.nodes.get(node.metadata.name);
  const use = known === undefined ? undefined : useOf(known);
  return use === undefined ? undefined : { ...metricsOf('NodeMetrics', node, use, now), usage: use.usage };
}

/** PodMetrics: of a pod whose running containers have all been measured. */
export function podMetrics(store: Store, pod: KubeObject, now: number): object | undefined {
  const prefix = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}/`;
  const uses = [...store.containers.prefixed(prefix)].map(([key, known]) => [key.slice(prefix.length), useOf(known)] as const);
  const [first] = uses;
  if (first?.[1] === undefined || uses.some(([, use]) => use === undefined)) return undefined;
  const containers = uses.map(([name, use]) => ({ name, usage: use!.usage }));
  return { ...metricsOf('PodMetrics', pod, first[1], now), containers };
}

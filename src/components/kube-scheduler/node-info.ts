import { SortedMap } from '#base/sorted-map.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import type { Affinity, Container, Node, Pod, PodSpec } from '#api/types.generated.ts';

/** Amounts of resources: CPU in thousandths, everything else in whole units. */
export type Resources = Readonly<Record<string, number>>;

/** What a node has and what its pods have asked for (framework/types.go NodeInfo), kept up to date pod by pod. */
export interface NodeInfo {
  readonly name: string;
  readonly node: KubeObject | undefined;
  readonly pods: SortedMap<KubeObject>;
  /** Those of its pods that have an affinity or anti-affinity to other pods. */
  readonly withAffinity: SortedMap<KubeObject>;
  readonly requested: Resources;
  /** The same, where a container that asks for nothing counts as a small one: for scores. */
  readonly nonZero: Resources;
  readonly ports: SortedMap<number>;
}

/** What a container that asks for nothing is counted with when nodes are scored. */
const assumed: Resources = { cpu: 100, memory: 200 * 2 ** 20 };

const requests = new WeakMap<object, { readonly exact: Resources; readonly nonZero: Resources }>();
export const specOf = (pod: KubeObject): PodSpec => (pod as unknown as Pod).spec!;
export const podOf = (pod: KubeObject): Pod => pod as unknown as Pod;
export const priorityOf = (pod: KubeObject): number => specOf(pod).priority ?? 0;
export const podKey = (pod: KubeObject): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;

const amount = (name: string, quantity: string | number): number =>
  name === 'cpu' ? Math.ceil(parseQuantity(quantity) * 1000 - 1e-6) : parseQuantity(quantity);

function amounts(list: Readonly<Record<string, string | number>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, quantity]) => [name, amount(name, quantity)]));
}

function add(sum: Record<string, number>, more: Resources): void {
  for (const [name, value] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + value;
}

function atLeast(sum: Record<string, number>, floor: Resources): void {
  for (const [name, value] of Object.entries(floor)) sum[name] = Math.max(sum[name] ?? 0, value);
}

/** Containers and sidecars together, or what the start of the largest init container needs (resourcehelper.PodRequests). */
function total(spec: PodSpec, missing: Resources): Resources {
  const ask = (item: Container): Resources => ({ ...missing, ...amounts(item.resources?.requests) });
  const sum: Record<string, number> = {};
  for (const item of spec.containers) add(sum, ask(item));
  const sidecars: Record<string, number> = {};
  const start: Record<string, number> = {};
  for (const item of spec.initContainers ?? []) {
    const asked: Record<string, number> = { ...ask(item) };
    if (item.restartPolicy === 'Always') {
      add(sidecars, asked);
      add(sum, asked);
      atLeast(start, sidecars);
    } else {
      add(asked, sidecars);
      atLeast(start, asked);
    }
  }
  atLeast(sum, start);
  Object.assign(sum, amounts(spec.resources?.requests));
  add(sum, amounts(spec.overhead));
  return { ...sum, pods: 1 };
}

export function requestsOf(pod: KubeObject): { readonly exact: Resources; readonly nonZero: Resources } {
  const spec = specOf(pod);
  let known = requests.get(spec);
  if (known === undefined) requests.set(spec, (known = { exact: total(spec, {}), nonZero: total(spec, assumed) }));
  return known;
}

export function hostPortsOf(pod: KubeObject): readonly string[] {
  return specOf(pod).containers.flatMap((item) =>
    (item.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0).map((port) => `${port.protocol ?? 'TCP'}/${port.hostPort}`),
  );
}

const relatesToPods = (affinity: Affinity | undefined): boolean =>
  affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;

export function emptyInfo(name: string): NodeInfo {
  return {
    name,
    node: undefined,
    pods: SortedMap.empty(),
    withAffinity: SortedMap.empty(),
    requested: {},
    nonZero: {},
    ports: SortedMap.empty(),
  };
}

function changed(sum: Resources, more: Resources, sign: 1 | -1): Resources {
  const next: Record<string, number> = { ...sum };
  for (const [name, value] of Object.entries(more)) next[name] = (next[name] ?? 0) + sign * value;
  return next;
}

export function withPod(info: NodeInfo, key: string, pod: KubeObject): NodeInfo {
  const base = info.pods.has(key) ? withoutPod(info, key) : info;
  const { exact, nonZero } = requestsOf(pod);
  let { ports } = base;
  for (const port of hostPortsOf(pod)) ports = ports.set(port, (ports.get(port) ?? 0) + 1);
  const withAffinity = relatesToPods(specOf(pod).affinity) ? base.withAffinity.set(key, pod) : base.withAffinity;
  return {
    ...base,
    pods: base.pods.set(key, pod),
    withAffinity,
    requested: changed(base.requested, exact, 1),
    nonZero: changed(base.nonZero, nonZero, 1),
    ports,
  };
}

export function withoutPod(info: NodeInfo, key: string): NodeInfo {
  const pod = info.pods.get(key);
  if (pod === undefined) return info;
  const { exact, nonZero } = requestsOf(pod);
  let { ports } = info;
  for (const port of hostPortsOf(pod)) ports = (ports.get(port) ?? 0) > 1 ? ports.set(port, ports.get(port)! - 1) : ports.delete(port);
  const withAffinity = info.withAffinity.has(key) ? info.withAffinity.delete(key) : info.withAffinity;
  return {
    ...info,
    pods: info.pods.delete(key),
    withAffinity,
    requested: changed(info.requested, exact, -1),
    nonZero: changed(info.nonZero, nonZero, -1),
    ports,
  };
}

const allocatable = new WeakMap<object, Resources>();

export function allocatableOf(node: KubeObject): Resources {
  let known = allocatable.get(node);
  if (known === undefined) allocatable.set(node, (known = { pods: 110, ...amounts((node as unknown as Node).status?.allocatable) }));
  return known;
}

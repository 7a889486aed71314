import { SortedMap } from '#base/sorted-map.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import type { Container, Node, Pod, PodSpec } from '#api/types.generated.ts';

/** What a node has and what its pods have asked for (framework/types.go NodeInfo), kept up to date pod by pod. */
export interface NodeInfo {
  readonly name: string;
  readonly node: KubeObject | undefined;
  readonly pods: SortedMap<KubeObject>;
  readonly requested: Resources;
  readonly nonZero: Resources;
  readonly ports: SortedMap<number>;
  /** How many of its pods each controller has, by uid. */
  readonly owners: SortedMap<number>;
}
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

/** What a container that asks for nothing is counted with when nodes are scored. */
const defaultCpu = 0.1;
const defaultMemory = 200 * 2 ** 20;

const requests = new WeakMap<object, { readonly exact: Resources; readonly nonZero: Resources }>();
const specOf = (pod: KubeObject): PodSpec => (pod as unknown as Pod).spec!;

/** The requests of a pod: its containers together, or its largest init container. */
export function requestsOf(pod: KubeObject): { readonly exact: Resources; readonly nonZero: Resources } {
  const spec = specOf(pod);
  const known = requests.get(spec);
  if (known !== undefined) return known;
  const asked = (item: Container, name: string): number => parseQuantity(item.resources?.requests?.[name] ?? '0');
  const total = (name: string, missing: number): number => {
    const sum = spec.containers.reduce((value, item) => value + (asked(item, name) || missing), 0);
    const init = Math.max(0, ...(spec.initContainers ?? []).map((item) => asked(item, name)));
    return Math.max(sum, init);
  };
  const made = {
    exact: { cpu: total('cpu', 0), memory: total('memory', 0), pods: 1 },
    nonZero: { cpu: total('cpu', defaultCpu), memory: total('memory', defaultMemory), pods: 1 },
  };
  requests.set(spec, made);
  return made;
}

export const hostPortsOf = (pod: KubeObject): readonly string[] =>
  specOf(pod).containers.flatMap((item) =>
    (item.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0).map((port) => `${port.protocol ?? 'TCP'}/${port.hostPort}`),
  );

const none: Resources = { cpu: 0, memory: 0, pods: 0 };
export const emptyInfo = (name: string): NodeInfo => ({
  name,
  node: undefined,
  pods: SortedMap.empty(),
  requested: none,
  nonZero: none,
  ports: SortedMap.empty(),
  owners: SortedMap.empty(),
});

const plus = (a: Resources, b: Resources, sign: 1 | -1): Resources => ({
  cpu: a.cpu + sign * b.cpu,
  memory: a.memory + sign * b.memory,
  pods: a.pods + sign * b.pods,
});

/** The uid of the controller of a pod. */
export const ownerOf = (pod: KubeObject): string | undefined => pod.metadata.ownerReferences?.find((item) => item.controller === true)?.uid;

function counted(counts: SortedMap<number>, key: string | undefined, change: 1 | -1): SortedMap<number> {
  if (key === undefined) return counts;
  const count = (counts.get(key) ?? 0) + change;
  return count > 0 ? counts.set(key, count) : counts.delete(key);
}

export function withPod(info: NodeInfo, key: string, pod: KubeObject): NodeInfo {
  const base = info.pods.has(key) ? withoutPod(info, key) : info;
  const { exact, nonZero } = requestsOf(pod);
  let { ports } = base;
  for (const port of hostPortsOf(pod)) ports = ports.set(port, (ports.get(port) ?? 0) + 1);
  return {
    ...base,
    pods: base.pods.set(key, pod),
    requested: plus(base.requested, exact, 1),
    nonZero: plus(base.nonZero, nonZero, 1),
    ports,
    owners: counted(base.owners, ownerOf(pod), 1),
  };
}

export function withoutPod(info: NodeInfo, key: string): NodeInfo {
  const pod = info.pods.get(key);
  if (pod === undefined) return info;
  const { exact, nonZero } = requestsOf(pod);
  let { ports } = info;
  for (const port of hostPortsOf(pod)) ports = (ports.get(port) ?? 0) > 1 ? ports.set(port, ports.get(port)! - 1) : ports.delete(port);
  return {
    ...info,
    pods: info.pods.delete(key),
    requested: plus(info.requested, exact, -1),
    nonZero: plus(info.nonZero, nonZero, -1),
    ports,
    owners: counted(info.owners, ownerOf(pod), -1),
  };
}

const allocatable = new WeakMap<object, Resources>();

export function allocatableOf(node: KubeObject): Resources {
  let known = allocatable.get(node);
  if (known === undefined) {
    const list = (node as unknown as Node).status?.allocatable ?? {};
    known = {
      cpu: parseQuantity(list['cpu'] ?? '0'),
      memory: parseQuantity(list['memory'] ?? '0'),
      pods: parseQuantity(list['pods'] ?? '110'),
    };
    allocatable.set(node, known);
  }
  return known;
}

import type { KubeObject } from '#api/object.ts';
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration } from '#api/types.generated.ts';
import { normalize, refuse, type ClusterEvent, type Plugin } from '../framework.ts';
import { hostPortsOf, specOf, type NodeInfo } from '../node-info.ts';

export const asNode = (object: KubeObject): Node => object as unknown as Node;
export const labelsOf = (node: KubeObject | undefined): Readonly<Record<string, string>> => node?.metadata.labels ?? {};
const taintsOf = (node: KubeObject): readonly Taint[] => asNode(node).spec?.taints ?? [];

/** component-helpers/scheduling/corev1: whether one of the tolerations is for the taint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(
    (item) =>
      (item.effect === undefined || item.effect === taint.effect) &&
      (item.key === undefined || item.key === '' || item.key === taint.key) &&
      (item.operator === 'Exists' || (item.value ?? '') === (taint.value ?? '')),
  );
}

const operators: Readonly<Record<string, (value: string | undefined, list: readonly string[]) => boolean>> = {
  In: (value, list) => value !== undefined && list.includes(value),
  NotIn: (value, list) => value === undefined || !list.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
  Gt: (value, list) => value !== undefined && Number(value) > Number(list[0]),
  Lt: (value, list) => value !== undefined && Number(value) < Number(list[0]),
};
const meets = (item: NodeSelectorRequirement, values: Readonly<Record<string, string>>): boolean =>
  operators[item.operator]?.(values[item.key], item.values ?? []) ?? false;

function matchesTerm(term: NodeSelectorTerm, node: KubeObject): boolean {
  const { matchFields = [], matchExpressions = [] } = term;
  if (matchFields.length + matchExpressions.length === 0) return false;
  const name = { 'metadata.name': node.metadata.name };
  return matchFields.every((item) => meets(item, name)) && matchExpressions.every((item) => meets(item, labelsOf(node)));
}

export const matchesNodeSelector = (selector: NodeSelector, node: KubeObject): boolean =>
  selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));

/** The node selector and the required node affinity of a pod (nodeaffinity.GetRequiredNodeAffinity). */
export function matchesNode(pod: KubeObject, node: KubeObject): boolean {
  const { nodeSelector, affinity } = specOf(pod);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(nodeSelector ?? {}).every(([key, value]) => labelsOf(node)[key] === value) &&
    (required === undefined || matchesNodeSelector(required, node))
  );
}

/** Helps when a node has come that suits, or one has begun to suit. */
const whenNode =
  (suits: (pod: KubeObject, node: KubeObject) => boolean) =>
  (pod: KubeObject, event: ClusterEvent): boolean =>
    event.resource === 'node' &&
    event.action !== 'delete' &&
    suits(pod, event.object) &&
    (event.old === undefined || !suits(pod, event.old));

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const open = (pod: KubeObject, node: KubeObject): boolean =>
  asNode(node).spec?.unschedulable !== true || tolerates(specOf(pod).tolerations, unschedulableTaint);
export const untolerated = (pod: KubeObject, node: KubeObject): Taint | undefined =>
  taintsOf(node).find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, taint));
const refusals = {
  unschedulable: refuse('node(s) were unschedulable', true),
  name: refuse("node(s) didn't match the requested node name", true),
  taint: refuse('node(s) had untolerated taint(s)', true),
  affinity: refuse("node(s) didn't match Pod's node affinity/selector", true),
  ports: refuse("node(s) didn't have free ports for the requested pod ports"),
};

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  weight: 0,
  filter: (pod) => (info) => (open(pod, info.node!) ? undefined : refusals.unschedulable),
  hint: whenNode(open),
};

export const nodeName: Plugin = {
  name: 'NodeName',
  weight: 0,
  filter: (pod) => {
    const wanted = specOf(pod).nodeName ?? '';
    return wanted === '' ? undefined : (info) => (info.name === wanted ? undefined : refusals.name);
  },
  hint: whenNode((pod, node) => specOf(pod).nodeName === node.metadata.name),
};

const softTaints = (pod: KubeObject, info: NodeInfo): number =>
  taintsOf(info.node!).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, taint)).length;

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter: (pod) => (info) => (untolerated(pod, info.node!) === undefined ? undefined : refusals.taint),
  score: (pod, feasible) =>
    normalize(
      feasible.map((info) => softTaints(pod, info)),
      true,
    ),
  hint: whenNode((pod, node) => untolerated(pod, node) === undefined),
};

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter: (pod) => {
    const { nodeSelector, affinity } = specOf(pod);
    if (nodeSelector === undefined && affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined)
      return undefined;
    return (info) => (matchesNode(pod, info.node!) ? undefined : refusals.affinity);
  },
  score: (pod, feasible) => {
    const preferred = specOf(pod).affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return normalize(
      feasible.map((info) => preferred.reduce((sum, item) => sum + (matchesTerm(item.preference, info.node!) ? item.weight : 0), 0)),
      false,
    );
  },
  hint: whenNode(matchesNode),
};

export const nodePorts: Plugin = {
  name: 'NodePorts',
  weight: 0,
  filter: (pod) => {
    const wanted = hostPortsOf(pod);
    return wanted.length === 0 ? undefined : (info) => (wanted.some((port) => info.ports.has(port)) ? refusals.ports : undefined);
  },
  hint: (pod, event) => {
    if (event.resource === 'assigned-pod')
      return event.action === 'delete' && hostPortsOf(event.object).some((port) => hostPortsOf(pod).includes(port));
    return event.resource === 'node' && event.action === 'add';
  },
};

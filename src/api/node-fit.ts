import type { KubeObject } from './object.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration } from './types.generated.ts';

/** Whether a pod may be on a node by what both say of each other: what the scheduler and the DaemonSet controller ask alike. */
export const labelsOf = (node: KubeObject | undefined): Readonly<Record<string, string>> => node?.metadata.labels ?? {};

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

export function matchesTerm(term: NodeSelectorTerm, node: KubeObject): boolean {
  const { matchFields = [], matchExpressions = [] } = term;
  if (matchFields.length + matchExpressions.length === 0) return false;
  const name = { 'metadata.name': node.metadata.name };
  return matchFields.every((item) => meets(item, name)) && matchExpressions.every((item) => meets(item, labelsOf(node)));
}

export const matchesNodeSelector = (selector: NodeSelector, node: KubeObject): boolean =>
  selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));

/** The node selector and the required node affinity of a pod (nodeaffinity.GetRequiredNodeAffinity). */
export function specMatchesNode({ nodeSelector, affinity }: PodSpec, node: KubeObject): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(nodeSelector ?? {}).every(([key, value]) => labelsOf(node)[key] === value) &&
    (required === undefined || matchesNodeSelector(required, node))
  );
}

export const matchesNode = (pod: KubeObject, node: KubeObject): boolean => specMatchesNode(pod['spec'] as PodSpec, node);

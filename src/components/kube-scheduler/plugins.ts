import type { KubeObject } from '#api/object.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Taint, Toleration } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import { allocatableOf, hostPortsOf, ownerOf, requestsOf, type NodeInfo } from './node-info.ts';

/** Why a node will not do. `final`: preemption would not help. */
export interface Refusal {
  readonly reason: string;
  readonly final: boolean;
}
type Filter = (pod: KubeObject, info: NodeInfo, all: readonly NodeInfo[]) => Refusal | undefined;
type Score = (pod: KubeObject, info: NodeInfo) => number;

const specOf = (pod: KubeObject): PodSpec => (pod as unknown as Pod).spec!;
const nodeOf = (info: NodeInfo): Node => info.node as unknown as Node;
const labelsOf = (info: NodeInfo): Readonly<Record<string, string>> => info.node?.metadata.labels ?? {};

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(
    (item) =>
      (item.effect === undefined || item.effect === taint.effect) &&
      (item.key === undefined || item.key === '' || item.key === taint.key) &&
      (item.operator === 'Exists' || (item.value ?? '') === (taint.value ?? '')),
  );
}

function meets(requirement: NodeSelectorRequirement, values: Readonly<Record<string, string>>): boolean {
  const value = values[requirement.key];
  const list = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && list.includes(value);
    case 'NotIn':
      return value === undefined || !list.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(list[0]);
    default:
      return value !== undefined && Number(value) < Number(list[0]);
  }
}

export function matchesTerm(term: NodeSelectorTerm, info: NodeInfo): boolean {
  const fields = (term.matchFields ?? []).every((item) => meets(item, { 'metadata.name': info.name }));
  return fields && (term.matchExpressions ?? []).every((item) => meets(item, labelsOf(info)));
}

const untolerated = (): string => 'node(s) had untolerated taint(s)';

const filters: Readonly<Record<string, Filter>> = {
  NodeUnschedulable: (pod, info) =>
    nodeOf(info).spec?.unschedulable === true &&
    !tolerates(specOf(pod).tolerations, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
      ? { reason: 'node(s) were unschedulable', final: true }
      : undefined,
  NodeName: (pod, info) =>
    (specOf(pod).nodeName ?? '') !== '' && specOf(pod).nodeName !== info.name
      ? { reason: "node(s) didn't match the requested node name", final: true }
      : undefined,
  TaintToleration: (pod, info) => {
    const taint = (nodeOf(info).spec?.taints ?? []).find(
      (item) => item.effect !== 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, item),
    );
    return taint === undefined ? undefined : { reason: untolerated(), final: true };
  },
  NodeAffinity: (pod, info) => {
    const { nodeSelector, affinity } = specOf(pod);
    const selected = Object.entries(nodeSelector ?? {}).every(([key, value]) => labelsOf(info)[key] === value);
    const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    return selected && (terms === undefined || terms.some((term) => matchesTerm(term, info)))
      ? undefined
      : { reason: "node(s) didn't match Pod's node affinity/selector", final: true };
  },
  NodePorts: (pod, info) =>
    hostPortsOf(pod).some((port) => info.ports.has(port))
      ? { reason: "node(s) didn't have free ports for the requested pod ports", final: false }
      : undefined,
  NodeResourcesFit: (pod, info) => {
    const asked = requestsOf(pod).exact;
    const most = allocatableOf(info.node!);
    const reasons: string[] = [];
    let final = false;
    if (info.requested.pods + 1 > most.pods) reasons.push('Too many pods');
    if (asked.cpu > 0 && info.requested.cpu + asked.cpu > most.cpu + 1e-9) {
      reasons.push('Insufficient cpu');
      final ||= asked.cpu > most.cpu;
    }
    if (asked.memory > 0 && info.requested.memory + asked.memory > most.memory) {
      reasons.push('Insufficient memory');
      final ||= asked.memory > most.memory;
    }
    return reasons.length === 0 ? undefined : { reason: reasons.join('\n'), final };
  },
  PodTopologySpread: (pod, info, all) => {
    for (const constraint of specOf(pod).topologySpreadConstraints ?? []) {
      if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
      const value = labelsOf(info)[constraint.topologyKey];
      if (value === undefined)
        return { reason: "node(s) didn't match pod topology spread constraints (missing required label)", final: true };
      const selector = labelSelectorFromObject(constraint.labelSelector);
      const counts = new Map<string, number>();
      for (const other of all) {
        const domain = labelsOf(other)[constraint.topologyKey];
        if (domain === undefined) continue;
        const matching = [...other.pods.values()].filter(
          (item) => item.metadata.namespace === pod.metadata.namespace && matchesLabels(selector, item.metadata.labels),
        ).length;
        counts.set(domain, (counts.get(domain) ?? 0) + matching);
      }
      const self = matchesLabels(selector, pod.metadata.labels) ? 1 : 0;
      if ((counts.get(value) ?? 0) + self - Math.min(...counts.values()) > constraint.maxSkew)
        return { reason: "node(s) didn't match pod topology spread constraints", final: false };
    }
    return undefined;
  },
  InterPodAffinity: (pod, info, all) => {
    const affinity = specOf(pod).affinity;
    const inDomain = (topologyKey: string): readonly KubeObject[] => {
      const domain = labelsOf(info)[topologyKey];
      return domain === undefined
        ? []
        : all.filter((other) => labelsOf(other)[topologyKey] === domain).flatMap((other) => [...other.pods.values()]);
    };
    for (const term of affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      const selector = labelSelectorFromObject(term.labelSelector);
      if (
        inDomain(term.topologyKey).some(
          (item) => item.metadata.namespace === pod.metadata.namespace && matchesLabels(selector, item.metadata.labels),
        )
      )
        return { reason: "node(s) didn't match pod anti-affinity rules", final: false };
    }
    for (const term of affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      const selector = labelSelectorFromObject(term.labelSelector);
      const found = inDomain(term.topologyKey).some((item) => matchesLabels(selector, item.metadata.labels));
      const anywhere = all.some((other) => [...other.pods.values()].some((item) => matchesLabels(selector, item.metadata.labels)));
      if (!found && (anywhere || !matchesLabels(selector, pod.metadata.labels)))
        return { reason: "node(s) didn't match pod affinity rules", final: true };
    }
    return undefined;
  },
};

function shares(pod: KubeObject, info: NodeInfo): readonly number[] {
  const asked = requestsOf(pod).nonZero;
  const most = allocatableOf(info.node!);
  return [(info.nonZero.cpu + asked.cpu) / most.cpu, (info.nonZero.memory + asked.memory) / most.memory].map((share) =>
    Math.min(1, Number.isFinite(share) ? share : 1),
  );
}

const maxScore = 100;

const scores: Readonly<
  Record<string, { readonly weight: number; readonly reverse: boolean; readonly normalize: boolean; readonly score: Score }>
> = {
  TaintToleration: {
    weight: 3,
    reverse: true,
    normalize: true,
    score: (pod, info) =>
      (nodeOf(info).spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, taint))
        .length,
  },
  NodeAffinity: {
    weight: 2,
    reverse: false,
    normalize: true,
    score: (pod, info) =>
      (specOf(pod).affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).reduce(
        (sum, item) => sum + (matchesTerm(item.preference, info) ? item.weight : 0),
        0,
      ),
  },
  NodeResourcesFit: {
    weight: 1,
    reverse: false,
    normalize: false,
    score: (pod, info) => Math.floor(shares(pod, info).reduce((sum, share) => sum + (1 - share) * maxScore, 0) / 2),
  },
  PodTopologySpread: {
    weight: 2,
    reverse: true,
    normalize: true,
    // The default constraints spread the pods of one owner over nodes.
    score: (pod, info) => {
      const owner = ownerOf(pod);
      return owner === undefined ? 0 : (info.owners.get(owner) ?? 0);
    },
  },
  NodeResourcesBalancedAllocation: {
    weight: 1,
    reverse: false,
    normalize: false,
    score: (pod, info) => {
      const [cpu = 0, memory = 0] = shares(pod, info);
      return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxScore);
    },
  },
};

export const filterPlugins: readonly (readonly [name: string, filter: Filter])[] = Object.entries(filters);
export const scorePlugins = Object.entries(scores);

/** Scores between 0 and 100, the largest becoming 100 (helper.DefaultNormalizeScore). */
export function normalize(values: readonly number[], reverse: boolean): readonly number[] {
  const most = Math.max(0, ...values);
  if (most === 0) return values.map(() => (reverse ? maxScore : 0));
  return values.map((value) => {
    const share = Math.floor((value * maxScore) / most);
    return reverse ? maxScore - share : share;
  });
}

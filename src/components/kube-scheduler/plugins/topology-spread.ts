import { labelsOf, matchesNode } from '#api/node-fit.ts';
import type { KubeObject } from '#api/object.ts';
import type { TopologySpreadConstraint } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels, type Selector } from '#api/selectors.ts';
import { controllerOf } from '#machinery/owner-references.ts';
import { byIndex } from '#machinery/informer.ts';
import { countMatching, podMatch, type PodMatch } from '../counts.ts';
import { maxScore, refuse, type ClusterEvent, type NodeFilter, type NodeScores, type Plugin, type Snapshot } from '../framework.ts';
import { specOf, type NodeInfo } from '../node-info.ts';
import { untolerated } from './node.ts';

interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly match: PodMatch;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}
const hostname = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';
/** What pods of a service or a workload are spread by where they do not say it themselves (SystemDefaulting). */
const systemDefaults: readonly (readonly [key: string, maxSkew: number])[] = [
  [hostname, 3],
  [zone, 5],
];

function constraintOf(pod: KubeObject, item: TopologySpreadConstraint): Constraint {
  const keys: Selector = (item.matchLabelKeys ?? []).flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: 'In' as const, values: [value] }];
  });
  const selector = labelSelectorFromObject(item.labelSelector);
  return {
    key: item.topologyKey,
    maxSkew: item.maxSkew,
    minDomains: item.minDomains ?? 1,
    match: podMatch([pod.metadata.namespace ?? ''], selector === undefined ? undefined : [...selector, ...keys], true),
    honorsAffinity: item.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: item.nodeTaintsPolicy === 'Honor',
  };
}

const constraintsOf = (pod: KubeObject, when: string): readonly Constraint[] =>
  (specOf(pod).topologySpreadConstraints ?? []).filter((item) => item.whenUnsatisfiable === when).map((item) => constraintOf(pod, item));

const counts = (constraint: Constraint, pod: KubeObject, node: KubeObject): boolean =>
  (!constraint.honorsAffinity || matchesNode(pod, node)) && (!constraint.honorsTaints || untolerated(pod, node) === undefined);

/** How many matching pods each domain has. */
function domains(constraint: Constraint, all: readonly Constraint[], pod: KubeObject, nodes: readonly NodeInfo[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const info of nodes) {
    const labels = labelsOf(info.node);
    const value = labels[constraint.key];
    if (value === undefined || !all.every((item) => labels[item.key] !== undefined) || !counts(constraint, pod, info.node!)) continue;
    found.set(value, (found.get(value) ?? 0) + countMatching(info, constraint.match));
  }
  return found;
}

const reasons = {
  skew: refuse("node(s) didn't match pod topology spread constraints"),
  label: refuse("node(s) didn't match pod topology spread constraints (missing required label)", true),
};

/** podtopologyspread/filtering.go. */
function filter(pod: KubeObject, { nodes }: Snapshot): NodeFilter | undefined {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  if (constraints.length === 0) return undefined;
  const prepared = constraints.map((constraint) => {
    const found = domains(constraint, constraints, pod, nodes);
    const least = found.size < constraint.minDomains ? 0 : Math.min(...found.values());
    return { constraint, found, least, self: constraint.match.matches(pod) ? 1 : 0 };
  });
  return (info) => {
    for (const { constraint, found, least, self } of prepared) {
      const value = labelsOf(info.node)[constraint.key];
      if (value === undefined) return reasons.label;
      if ((found.get(value) ?? 0) + self - least > constraint.maxSkew) return reasons.skew;
    }
    return undefined;
  };
}

/** helper.DefaultSelector: what the services and the controller of a pod select it by. */
function defaultSelector(pod: KubeObject, caches: Snapshot['caches']): Selector {
  const { namespace = '', labels } = pod.metadata;
  const wanted: Record<string, string> = {};
  for (const service of byIndex(caches['services'], 'namespace', namespace)) {
    const selector = (service['spec'] as { readonly selector?: Readonly<Record<string, string>> } | undefined)?.selector;
    if (selector !== undefined && Object.entries(selector).every(([key, value]) => labels?.[key] === value))
      Object.assign(wanted, selector);
  }
  const owner = controllerOf(pod);
  const plural = { ReplicaSet: 'replicasets', StatefulSet: 'statefulsets', ReplicationController: 'replicationcontrollers' }[
    owner?.kind ?? ''
  ];
  const selector =
    plural === undefined
      ? undefined
      : (caches[plural]?.store.get(`${namespace}/${owner!.name}`)?.['spec'] as { readonly selector?: object } | undefined)?.selector;
  if (owner?.kind === 'ReplicationController') Object.assign(wanted, selector);
  const own = owner?.kind === 'ReplicationController' ? undefined : labelSelectorFromObject(selector);
  return [...Object.entries(wanted).map(([key, value]) => ({ key, operator: 'In' as const, values: [value] })), ...(own ?? [])];
}

function softConstraints(
  pod: KubeObject,
  { caches }: Snapshot,
): { readonly constraints: readonly Constraint[]; readonly defaulted: boolean } {
  if ((specOf(pod).topologySpreadConstraints ?? []).length > 0)
    return { constraints: constraintsOf(pod, 'ScheduleAnyway'), defaulted: false };
  const selector = defaultSelector(pod, caches);
  if (selector.length === 0) return { constraints: [], defaulted: true };
  const match = podMatch([pod.metadata.namespace ?? ''], selector, true);
  return {
    constraints: systemDefaults.map(([key, maxSkew]) => ({
      key,
      maxSkew,
      minDomains: 1,
      match,
      honorsAffinity: true,
      honorsTaints: false,
    })),
    defaulted: true,
  };
}

/** podtopologyspread/scoring.go: fewer matching pods in the domain, weighed by how many domains there are. */
function score(pod: KubeObject, feasible: readonly NodeInfo[], snapshot: Snapshot): NodeScores | undefined {
  const { constraints, defaulted } = softConstraints(pod, snapshot);
  if (constraints.length === 0) return undefined;
  const ignored = feasible.map((info) => !defaulted && !constraints.every((item) => labelsOf(info.node)[item.key] !== undefined));
  const prepared = constraints.map((constraint) => {
    const values = new Set(feasible.flatMap((info, index) => (ignored[index] === true ? [] : [labelsOf(info.node)[constraint.key] ?? ''])));
    values.delete('');
    const size = constraint.key === hostname ? ignored.filter((skip) => !skip).length : values.size;
    const found = constraint.key === hostname ? undefined : domains(constraint, defaulted ? [] : constraints, pod, snapshot.nodes);
    return { constraint, weight: Math.log(size + 2), found };
  });
  const raw = feasible.map((info, index) => {
    if (ignored[index] === true) return 0;
    let sum = 0;
    for (const { constraint, weight, found } of prepared) {
      const value = labelsOf(info.node)[constraint.key];
      if (value === undefined) continue;
      const there = found === undefined ? countMatching(info, constraint.match) : (found.get(value) ?? 0);
      sum += there * weight + (constraint.maxSkew - 1);
    }
    return Math.round(sum);
  });
  const counted = raw.filter((_, index) => ignored[index] !== true);
  const most = Math.max(0, ...counted);
  const least = Math.min(...counted);
  return {
    raw,
    normalized: raw.map((value, index) =>
      ignored[index] === true ? 0 : most === 0 ? maxScore : Math.floor((maxScore * (most + least - value)) / most),
    ),
  };
}

function hint(pod: KubeObject, event: ClusterEvent): boolean {
  if (event.resource === 'node') return constraintsOf(pod, 'DoNotSchedule').every((item) => labelsOf(event.object)[item.key] !== undefined);
  if (event.resource !== 'assigned-pod' || event.object.metadata.namespace !== pod.metadata.namespace) return false;
  return (specOf(pod).topologySpreadConstraints ?? []).some((item) =>
    matchesLabels(labelSelectorFromObject(item.labelSelector), event.object.metadata.labels),
  );
}

export const podTopologySpread: Plugin = { name: 'PodTopologySpread', weight: 2, filter, score, hint };

import { labelsOf } from '#api/node-fit.ts';
import type { KubeObject } from '#api/object.ts';
import type { PodAffinityTerm, WeightedPodAffinityTerm } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels, type Selector } from '#api/selectors.ts';
import { countMatching, podMatch, type PodMatch } from '../counts.ts';
import { maxScore, refuse, type ClusterEvent, type NodeFilter, type NodeScores, type Plugin, type Snapshot } from '../framework.ts';
import { specOf, type NodeInfo } from '../node-info.ts';

/** How much the required affinity of pods that are there counts for a pod that they want (hardPodAffinityWeight). */
const hardWeight = 1;
type Namespaces = Snapshot['caches'];

/** A term of a pod's affinity, with its namespaces and label keys resolved (framework.AffinityTerm). */
interface Term {
  readonly key: string;
  readonly match: PodMatch;
}

function selectorOf(term: PodAffinityTerm, owner: KubeObject): Selector | undefined {
  const selector = labelSelectorFromObject(term.labelSelector);
  const keys = (names: readonly string[] | undefined, operator: 'In' | 'NotIn'): Selector =>
    (names ?? []).flatMap((key) => {
      const value = owner.metadata.labels?.[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  return selector === undefined ? undefined : [...selector, ...keys(term.matchLabelKeys, 'In'), ...keys(term.mismatchLabelKeys, 'NotIn')];
}

function termOf(term: PodAffinityTerm, owner: KubeObject, caches: Namespaces): Term {
  const named = term.namespaces ?? [];
  const { namespaceSelector } = term;
  const own = named.length === 0 && namespaceSelector === undefined ? [owner.metadata.namespace ?? ''] : named;
  const everywhere = namespaceSelector !== undefined && Object.keys(namespaceSelector).length === 0;
  const selected =
    namespaceSelector === undefined || everywhere
      ? []
      : [...(caches['namespaces']?.store.values() ?? [])]
          .filter((item) => matchesLabels(labelSelectorFromObject(namespaceSelector), item.metadata.labels))
          .map((item) => item.metadata.name);
  return { key: term.topologyKey, match: podMatch(everywhere ? undefined : [...own, ...selected], selectorOf(term, owner), false) };
}

const resolved = (terms: readonly PodAffinityTerm[] | undefined, owner: KubeObject, caches: Namespaces): readonly Term[] =>
  (terms ?? []).map((term) => termOf(term, owner, caches));
const antiTerms = (pod: KubeObject): readonly PodAffinityTerm[] =>
  specOf(pod).affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
const affinityTerms = (pod: KubeObject): readonly PodAffinityTerm[] =>
  specOf(pod).affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Counts by topology: `<key>\0<value>`. */
type Counts = Map<string, number>;
const place = (key: string, value: string): string => `${key}\0${value}`;

function count(counts: Counts, info: NodeInfo, key: string, by: number): void {
  const value = labelsOf(info.node)[key];
  if (value !== undefined && by !== 0) counts.set(place(key, value), (counts.get(place(key, value)) ?? 0) + by);
}

const reasons = {
  affinity: refuse("node(s) didn't match pod affinity rules", true),
  anti: refuse("node(s) didn't match pod anti-affinity rules"),
  existing: refuse("node(s) didn't satisfy existing pods anti-affinity rules"),
};

/** interpodaffinity/filtering.go: three sets of counts by topology, then one look for each node. */
function filter(pod: KubeObject, { nodes, caches }: Snapshot): NodeFilter | undefined {
  const wants = resolved(affinityTerms(pod), pod, caches);
  const avoids = resolved(antiTerms(pod), pod, caches);
  const near: Counts = new Map();
  const far: Counts = new Map();
  const shunned: Counts = new Map();
  const all: PodMatch = {
    id: wants.map((term) => term.match.id).join('&'),
    matches: (other) => wants.every((term) => term.match.matches(other)),
  };
  for (const info of nodes) {
    for (const other of info.withAffinity.values()) {
      for (const term of resolved(antiTerms(other), other, caches)) if (term.match.matches(pod)) count(shunned, info, term.key, 1);
    }
    if (wants.length > 0) {
      const found = countMatching(info, all);
      for (const term of wants) count(near, info, term.key, found);
    }
    for (const term of avoids) count(far, info, term.key, countMatching(info, term.match));
  }
  if (wants.length + avoids.length + shunned.size === 0) return undefined;
  const first = near.size === 0 && all.matches(pod);
  return (info) => {
    const labels = labelsOf(info.node);
    const has = (counts: Counts, key: string): boolean => labels[key] !== undefined && (counts.get(place(key, labels[key])) ?? 0) > 0;
    if (!wants.every((term) => labels[term.key] !== undefined) || (!first && !wants.every((term) => has(near, term.key))))
      return reasons.affinity;
    if (avoids.some((term) => has(far, term.key))) return reasons.anti;
    return shunned.size > 0 && Object.keys(labels).some((key) => has(shunned, key)) ? reasons.existing : undefined;
  };
}

/** What the pods that are there think of the new one. */
function opinions(pod: KubeObject, info: NodeInfo, caches: Namespaces, counts: Counts): void {
  for (const other of info.withAffinity.values()) {
    const { podAffinity, podAntiAffinity } = specOf(other).affinity ?? {};
    const weigh = (term: PodAffinityTerm, weight: number): void => {
      const { key, match } = termOf(term, other, caches);
      if (match.matches(pod)) count(counts, info, key, weight);
    };
    for (const term of affinityTerms(other)) weigh(term, hardWeight);
    for (const item of podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) weigh(item.podAffinityTerm, item.weight);
    for (const item of podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) weigh(item.podAffinityTerm, -item.weight);
  }
}

/** interpodaffinity/scoring.go. */
function score(pod: KubeObject, feasible: readonly NodeInfo[], { nodes, caches }: Snapshot): NodeScores | undefined {
  const { podAffinity, podAntiAffinity } = specOf(pod).affinity ?? {};
  const preferred = (list: readonly WeightedPodAffinityTerm[] | undefined, sign: 1 | -1): readonly (Term & { readonly weight: number })[] =>
    (list ?? []).map((item) => ({ ...termOf(item.podAffinityTerm, pod, caches), weight: sign * item.weight }));
  const wishes = [
    ...preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1),
    ...preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1),
  ];
  const counts: Counts = new Map();
  for (const info of nodes) {
    opinions(pod, info, caches, counts);
    for (const wish of wishes) count(counts, info, wish.key, wish.weight * countMatching(info, wish.match));
  }
  if (counts.size === 0) return undefined;
  const keys = new Set([...counts.keys()].map((at) => at.slice(0, at.indexOf('\0'))));
  const raw = feasible.map((info) =>
    [...keys].reduce((sum, key) => sum + (counts.get(place(key, labelsOf(info.node)[key] ?? '')) ?? 0), 0),
  );
  const least = Math.min(...raw);
  const range = Math.max(...raw) - least;
  return { raw, normalized: raw.map((value) => (range === 0 ? 0 : Math.floor((maxScore * (value - least)) / range))) };
}

/** interpodaffinity/plugin.go: pods that come near, pods that go, and nodes with other labels. */
function hint(pod: KubeObject, event: ClusterEvent): boolean {
  if (event.resource === 'node') return event.action !== 'delete';
  if (event.resource !== 'assigned-pod') return false;
  if (event.action !== 'delete') return affinityTerms(pod).some((term) => termOf(term, pod, {}).match.matches(event.object));
  const gone = event.object;
  return (
    antiTerms(pod).some((term) => termOf(term, pod, {}).match.matches(gone)) ||
    antiTerms(gone).some((term) => termOf(term, gone, {}).match.matches(pod))
  );
}

export const interPodAffinity: Plugin = { name: 'InterPodAffinity', weight: 2, filter, score, hint };

import type { KubeObject } from '#api/object.ts';
import type { PodDisruptionBudget } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { Snapshot } from './framework.ts';
import { podKey, podOf, priorityOf, specOf, withoutPod, withPod, type NodeInfo } from './node-info.ts';
import { check, prepare, tally, withNominated, type Outcome } from './schedule.ts';

/** Pods of a node that would have to go. */
interface Candidate {
  readonly node: string;
  readonly victims: readonly KubeObject[];
  /** How many of them a disruption budget protects. */
  readonly violations: number;
}
export type Preemption = { readonly node: string; readonly victims: readonly KubeObject[] } | { readonly message: string };

const noVictims = 'No preemption victims found for incoming pod';
const notHelpful = 'Preemption is not helpful for scheduling';
const startOf = (pod: KubeObject): string => podOf(pod).status?.startTime ?? '9999';

/** util.MoreImportantPod: higher priority first, then the one that started earlier. */
function byImportance(a: KubeObject, b: KubeObject): number {
  return priorityOf(b) - priorityOf(a) || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);
}

/** Which of the pods no budget allows to be taken away (filterPodsWithPDBViolation). */
function violating(pods: readonly KubeObject[], budgets: Iterable<KubeObject>): ReadonlySet<KubeObject> {
  const list = [...budgets].map((object) => ({
    object,
    allowed: (object as unknown as PodDisruptionBudget).status?.disruptionsAllowed ?? 0,
  }));
  const protectedPods = new Set<KubeObject>();
  for (const pod of pods) {
    for (const budget of list) {
      const { spec, status } = budget.object as unknown as PodDisruptionBudget;
      if (
        budget.object.metadata.namespace !== pod.metadata.namespace ||
        !matchesLabels(labelSelectorFromObject(spec?.selector), pod.metadata.labels)
      )
        continue;
      if (status?.disruptedPods?.[pod.metadata.name] !== undefined) continue;
      budget.allowed--;
      if (budget.allowed < 0) protectedPods.add(pod);
    }
  }
  return protectedPods;
}

type Prepared = ReturnType<typeof prepare>;
/** Filters that look at the pods of other nodes too, so that they must be prepared anew for each node that is tried. */
const lookAround: ReadonlySet<string> = new Set(['PodTopologySpread', 'InterPodAffinity', 'VolumeRestrictions']);

/** The filters of a pod where none of them depends on other nodes: then one preparation serves all. */
function localFilters(pod: KubeObject, snapshot: Snapshot): Prepared | undefined {
  const prepared = prepare(pod, snapshot);
  return 'filters' in prepared && !prepared.filters.some(([name]) => lookAround.has(name)) ? prepared : undefined;
}

/** default_preemption.go, SelectVictimsOnNode: takes all lower pods away, then gives back as many as there is room for. */
function selectVictims(
  pod: KubeObject,
  info: NodeInfo,
  snapshot: Snapshot,
  local: Prepared | undefined,
  nominated: readonly KubeObject[],
): Candidate | string {
  const lower = [...info.pods.values()].filter((other) => priorityOf(other) < priorityOf(pod)).sort(byImportance);
  if (lower.length === 0) return noVictims;
  const fits = (candidate: NodeInfo): string | undefined => {
    const crowded = withNominated(pod, candidate, nominated);
    const prepared =
      local ?? prepare(pod, { ...snapshot, nodes: snapshot.nodes.map((other) => (other.name === info.name ? crowded : other)) });
    return 'all' in prepared ? prepared.all.reasons.join(', ') : check(prepared.filters, crowded)?.refusal.reasons.join(', ');
  };
  let left = info;
  for (const other of lower) left = withoutPod(left, podKey(other));
  const refusal = fits(left);
  if (refusal !== undefined) return refusal;
  const guarded = violating(lower, snapshot.caches['poddisruptionbudgets']?.store.values() ?? []);
  const victims: KubeObject[] = [];
  for (const other of [...lower.filter((item) => guarded.has(item)), ...lower.filter((item) => !guarded.has(item))]) {
    const back = withPod(left, podKey(other), other);
    if (fits(back) === undefined) left = back;
    else victims.push(other);
  }
  return { node: info.name, victims: victims.sort(byImportance), violations: victims.filter((victim) => guarded.has(victim)).length };
}

const lowest = 2 ** 31;

/** preemption.go, pickOneNodeForPreemption: the criteria one after the other, smaller is better. */
const criteria: readonly ((candidate: Candidate) => number)[] = [
  (candidate) => candidate.violations,
  ({ victims }) => (victims.length === 0 ? -lowest : priorityOf(victims[0]!)),
  ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + lowest, 0),
  ({ victims }) => victims.length,
  ({ victims }) =>
    -Math.min(
      ...victims.filter((victim) => priorityOf(victim) === priorityOf(victims[0]!)).map((victim) => Date.parse(startOf(victim)) || 0),
    ),
];

function pick(candidates: readonly Candidate[]): Candidate {
  let rest = candidates;
  for (const criterion of criteria) {
    const best = Math.min(...rest.map(criterion));
    rest = rest.filter((candidate) => criterion(candidate) === best);
  }
  return rest[0]!;
}

/** Whether a pod may take others' place now (PodEligibleToPreemptOthers). */
function refusesToPreempt(pod: KubeObject, snapshot: Snapshot, nominated: string | undefined): string | undefined {
  if (specOf(pod).preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const info = nominated === undefined ? undefined : snapshot.nodes.find(({ name }) => name === nominated);
  const leaving = [...(info?.pods.values() ?? [])].some(
    (other) => other.metadata.deletionTimestamp !== undefined && priorityOf(other) < priorityOf(pod),
  );
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

/** How many candidates are looked for at least, and which part of the nodes (DefaultPreemptionArgs). */
const minCandidates = 100;
const candidateShare = 0.1;

/** The PostFilter of DefaultPreemption: a node and who has to leave it, or why nobody's leaving would help. */
export function preempt(
  pod: KubeObject,
  snapshot: Snapshot,
  outcome: Outcome,
  nominated: string | undefined,
  nominatedOn: (node: string) => readonly KubeObject[],
): Preemption {
  const ineligible = refusesToPreempt(pod, snapshot, nominated);
  if (ineligible !== undefined) return { message: ineligible };
  const infos = new Map(snapshot.nodes.map((info) => [info.name, info]));
  const enough = Math.max(minCandidates, Math.floor(snapshot.nodes.length * candidateShare));
  const local = localFilters(pod, snapshot);
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  for (const { node, refusal } of outcome.refused) {
    if (refusal.final) {
      reasons.push(notHelpful);
      continue;
    }
    if (candidates.length >= enough) break;
    const result = selectVictims(pod, infos.get(node)!, snapshot, local, nominatedOn(node));
    if (typeof result === 'string') reasons.push(result);
    else if (result.victims.length > 0) candidates.push(result);
  }
  if (candidates.length > 0) return pick(candidates);
  const total = snapshot.nodes.length;
  return { message: `0/${total} nodes are available: ${tally(reasons)}.` };
}

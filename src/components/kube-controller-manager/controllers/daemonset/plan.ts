import type { KubeObject } from '#api/object.ts';
import { isAvailable, isReady, podOf } from '../pods.ts';
import { revisionLabel } from '../history.ts';
import { asSet, fitOf, generationLabel, nodeOf, templateGeneration } from './nodes.ts';

/** A set with its pods, as a sync finds it. */
export interface Situation {
  readonly set: KubeObject;
  readonly nodes: readonly KubeObject[];
  readonly byNode: ReadonlyMap<string, readonly KubeObject[]>;
  readonly hash: string;
  readonly now: number;
}
/** On which nodes pods have to be made, and which pods have to go. */
export interface Plan {
  readonly create: readonly string[];
  readonly remove: readonly KubeObject[];
}

const isGoing = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== null;
export const phaseOf = (pod: KubeObject): string => podOf(pod).status?.phase ?? 'Pending';
const minReady = ({ set }: Situation): number => asSet(set).spec?.minReadySeconds ?? 0;
const available = (pod: KubeObject, situation: Situation): boolean => isAvailable(pod, minReady(situation), situation.now);

/** Of the present template (IsPodUpdated). */
export function isUpdated(pod: KubeObject, { set, hash }: Situation): boolean {
  const labels = pod.metadata.labels ?? {};
  return labels[revisionLabel] === hash || (templateGeneration(set) !== '' && labels[generationLabel] === templateGeneration(set));
}

/** Pods that have a node first, then the oldest (podByCreationTimestampAndPhase). */
export function oldestFirst(pods: readonly KubeObject[]): readonly KubeObject[] {
  const rank = (pod: KubeObject): readonly (number | string)[] => [
    podOf(pod).spec?.nodeName ? 0 : 1,
    Date.parse(pod.metadata.creationTimestamp ?? ''),
    pod.metadata.name,
  ];
  return [...pods].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
  });
}

export function groupByNode(pods: readonly KubeObject[]): ReadonlyMap<string, readonly KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const pod of pods) groups.set(nodeOf(pod), [...(groups.get(nodeOf(pod)) ?? []), pod]);
  return groups;
}

const share = (value: string | number | undefined, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number((value ?? '0').replace('%', '')) * total) / 100);
const surgeOf = ({ set }: Situation): string | number | undefined => {
  const { type, rollingUpdate } = asSet(set).spec?.updateStrategy ?? {};
  return type === 'RollingUpdate' ? rollingUpdate?.maxSurge : undefined;
};
const allowsSurge = (situation: Situation): boolean => share(surgeOf(situation), 100) > 0;

/** Where there may be an old and a new pod for a while, the old one goes when the new one is available or it is not ready itself. */
function surplusOfSurge(pods: readonly KubeObject[], situation: Situation): readonly KubeObject[] {
  const [fresh, stale] = [pods.filter((pod) => isUpdated(pod, situation)), pods.filter((pod) => !isUpdated(pod, situation))];
  const [newest, oldest] = [fresh[0], stale[0]];
  const replaced = newest !== undefined && oldest !== undefined && (!isReady(oldest) || available(newest, situation));
  return [...fresh.slice(1), ...stale.slice(1), ...(replaced ? [oldest] : [])];
}

/** What one node lacks or has too much of (podsShouldBeOnNode). */
function onNode(node: KubeObject, situation: Situation): Plan {
  const { name } = node.metadata;
  const pods = (situation.byNode.get(name) ?? []).filter((pod) => !isGoing(pod));
  const { run, stay } = fitOf(situation.set, node);
  if (!stay) return { create: [], remove: pods };
  if (run && !situation.byNode.has(name)) return { create: [name], remove: [] };
  const ended = pods.filter((pod) => phaseOf(pod) === 'Failed' || phaseOf(pod) === 'Succeeded');
  const active = oldestFirst(pods.filter((pod) => !ended.includes(pod)));
  const surplus = active.length <= 1 ? [] : allowsSurge(situation) ? surplusOfSurge(active, situation) : active.slice(1);
  return { create: [], remove: [...ended, ...surplus] };
}

/** daemon_controller.go, manage: one pod on each node that is wanted; pods for nodes that are not there go. */
export function manage(situation: Situation): Plan {
  const plans = situation.nodes.map((node) => onNode(node, situation));
  const names = new Set(situation.nodes.map((node) => node.metadata.name));
  const homeless = [...situation.byNode].flatMap(([name, pods]) =>
    names.has(name) ? [] : pods.filter((pod) => !podOf(pod).spec?.nodeName && !isGoing(pod)),
  );
  return { create: plans.flatMap((plan) => plan.create), remove: [...plans.flatMap((plan) => plan.remove), ...homeless] };
}

interface Pair {
  readonly node: string;
  readonly fresh: KubeObject | undefined;
  readonly stale: KubeObject | undefined;
  /** More than one of a kind: that is to be managed first. */
  readonly crowded: boolean;
}

/** The new and the old pod of each node that has pods or wants one (findUpdatedPodsOnNode). */
function pairsOf(situation: Situation, wanted: readonly string[]): readonly Pair[] {
  return [...new Set([...situation.byNode.keys(), ...wanted])].map((node) => {
    const pods = (situation.byNode.get(node) ?? []).filter((pod) => !isGoing(pod));
    const [fresh, stale] = [pods.filter((pod) => isUpdated(pod, situation)), pods.filter((pod) => !isUpdated(pod, situation))];
    return { node, fresh: fresh[0], stale: stale[0], crowded: fresh.length > 1 || stale.length > 1 };
  });
}

/** Old pods go, as many as may be unavailable; those that are not available anyhow go at once. */
function replace(pairs: readonly Pair[], maxUnavailable: number, situation: Situation): Plan {
  const isOld = ({ fresh, stale, crowded }: Pair): boolean => !crowded && fresh === undefined && stale !== undefined;
  const broken = pairs.filter((pair) => isOld(pair) && !available(pair.stale!, situation));
  const candidates = pairs.filter((pair) => isOld(pair) && available(pair.stale!, situation));
  const good = pairs.filter(
    ({ fresh, stale, crowded }) => !crowded && stale === undefined && fresh !== undefined && available(fresh, situation),
  );
  const unavailable = pairs.length - candidates.length - good.length;
  const allowed = candidates.slice(0, Math.max(0, maxUnavailable - unavailable));
  return { create: [], remove: [...broken, ...allowed].map((pair) => pair.stale!) };
}

/** New pods come beside old ones, as many as may be too many; an old one goes when its new one is available. */
function surge(pairs: readonly Pair[], maxSurge: number, situation: Situation): Plan {
  const both = pairs.filter(({ fresh, stale, crowded }) => !crowded && fresh !== undefined && stale !== undefined);
  const old = pairs.filter(({ fresh, stale, crowded }) => !crowded && fresh === undefined && stale !== undefined);
  const [ready, waiting] = [
    both.filter((pair) => available(pair.fresh!, situation)),
    both.filter((pair) => !available(pair.fresh!, situation)),
  ];
  const [broken, candidates] = [
    old.filter((pair) => !available(pair.stale!, situation)),
    old.filter((pair) => available(pair.stale!, situation)),
  ];
  const surging = waiting.length + pairs.filter((pair) => pair.crowded).length;
  const allowed = candidates.slice(0, Math.max(0, maxSurge - surging));
  return { create: [...broken, ...allowed].map((pair) => pair.node), remove: ready.map((pair) => pair.stale!) };
}

/** daemon/update.go, rollingUpdate (updatedDesiredNodeCounts: neither too few nor too many at all would stand still). */
export function rollingUpdate(situation: Situation): Plan {
  const wanted = situation.nodes.filter((node) => fitOf(situation.set, node).run).map((node) => node.metadata.name);
  const { rollingUpdate: limits } = asSet(situation.set).spec?.updateStrategy ?? {};
  const [maxSurge, unavailable] = [share(surgeOf(situation), wanted.length), share(limits?.maxUnavailable, wanted.length)];
  const maxUnavailable = wanted.length > 0 && unavailable === 0 && maxSurge === 0 ? 1 : unavailable;
  const pairs = pairsOf(situation, wanted);
  return maxSurge === 0 ? replace(pairs, maxUnavailable, situation) : surge(pairs, maxSurge, situation);
}

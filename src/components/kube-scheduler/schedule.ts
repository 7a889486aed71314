import { nextInteger, type RandomState } from '#base/random.ts';
import type { KubeObject } from '#api/object.ts';
import type { NodeFilter, NodeScores, Refusal, Snapshot } from './framework.ts';
import { withPod, podKey, priorityOf, type NodeInfo } from './node-info.ts';
import { plugins } from './plugins/index.ts';
import type { PluginVerdict } from './state.ts';

/** A refusal, by whom and where. */
export interface Refused {
  readonly node: string;
  readonly plugin: string;
  readonly refusal: Refusal;
}
export interface Outcome {
  /** '' where no node will do. */
  readonly node: string;
  readonly verdicts: readonly PluginVerdict[];
  readonly refused: readonly Refused[];
  /** What a plugin said before any node was looked at. */
  readonly before: string;
  readonly random: RandomState;
  readonly nextStart: number;
}

const smallCluster = 100;
const enoughNodes = 100;
/** With more nodes than this, verdicts are kept of the chosen node alone. */
const keptVerdictNodes = 20;

/** schedule_one.go, numFeasibleNodesToFind: half of a small cluster, 5 % of a very large one, never fewer than 100. */
export function nodesToFind(total: number): number {
  if (total < smallCluster) return total;
  const percentage = Math.max(5, 50 - Math.floor(total / 125));
  return Math.max(enoughNodes, Math.floor((total * percentage) / 100));
}

type Prepared = readonly (readonly [plugin: string, filter: NodeFilter])[];

/** The filters that have something to say about a pod; or the refusal that holds for all nodes. */
export function prepare(
  pod: KubeObject,
  snapshot: Snapshot,
): { readonly filters: Prepared } | { readonly plugin: string; readonly all: Refusal } {
  const filters: (readonly [string, NodeFilter])[] = [];
  for (const { name, filter } of plugins) {
    const made = filter?.(pod, snapshot);
    if (made === undefined) continue;
    if (typeof made !== 'function') return { plugin: name, all: made.all };
    filters.push([name, made]);
  }
  return { filters };
}

/** The first refusal of a node. */
export function check(filters: Prepared, info: NodeInfo): Refused | undefined {
  for (const [plugin, filter] of filters) {
    const refusal = filter(info);
    if (refusal !== undefined) return { node: info.name, plugin, refusal };
  }
  return undefined;
}

/** Pods for which room is being made on a node count as if they were there already (RunFilterPluginsWithNominatedPods). */
export function withNominated(pod: KubeObject, info: NodeInfo, nominated: readonly KubeObject[]): NodeInfo {
  let next = info;
  for (const other of nominated)
    if (priorityOf(other) >= priorityOf(pod) && podKey(other) !== podKey(pod)) next = withPod(next, podKey(other), other);
  return next;
}

interface Found {
  readonly feasible: readonly NodeInfo[];
  readonly refused: readonly Refused[];
  readonly before: string;
  readonly looked: number;
}

function find(pod: KubeObject, snapshot: Snapshot, start: number, nominatedOn: (node: string) => readonly KubeObject[]): Found {
  const prepared = prepare(pod, snapshot);
  const { nodes } = snapshot;
  if ('all' in prepared) {
    const { plugin, all } = prepared;
    return {
      feasible: [],
      refused: nodes.map(({ name }) => ({ node: name, plugin, refusal: all })),
      before: all.reasons.join(', '),
      looked: 0,
    };
  }
  const wanted = nodesToFind(nodes.length);
  const feasible: NodeInfo[] = [];
  const refused: Refused[] = [];
  let looked = 0;
  for (; looked < nodes.length && feasible.length < wanted; looked++) {
    const info = nodes[(start + looked) % nodes.length]!;
    const nominated = nominatedOn(info.name);
    const crowded = nominated.length === 0 ? info : withNominated(pod, info, nominated);
    const refusal = (crowded === info ? undefined : check(prepared.filters, crowded)) ?? check(prepared.filters, info);
    if (refusal === undefined) feasible.push(info);
    else refused.push(refusal);
  }
  return { feasible, refused, before: '', looked };
}

function refusalVerdict({ node, plugin, refusal }: Refused): PluginVerdict {
  const status = refusal.final ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
  return { plugin, node, status, reason: refusal.reasons.join(', '), score: undefined, normalized: undefined, weighted: undefined };
}

/** prioritizeNodes and selectHost: every score with its weight; chance between equals. */
function choose(
  pod: KubeObject,
  feasible: readonly NodeInfo[],
  snapshot: Snapshot,
  seed: RandomState,
): {
  readonly index: number;
  readonly scores: readonly (readonly [plugin: string, weight: number, scores: NodeScores])[];
  readonly random: RandomState;
} {
  if (feasible.length === 1) return { index: 0, scores: [], random: seed };
  const scores = plugins.flatMap(({ name, weight, score }) => {
    const made = score?.(pod, feasible, snapshot);
    return made === undefined ? [] : [[name, weight, made] as const];
  });
  const totals = feasible.map((_, index) => scores.reduce((sum, [, weight, { normalized }]) => sum + weight * normalized[index]!, 0));
  let best = Number.NEGATIVE_INFINITY;
  for (const total of totals) best = Math.max(best, total);
  const winners = totals.flatMap((total, index) => (total === best ? [index] : []));
  const [chosen, random] = nextInteger(seed, winners.length);
  return { index: winners[chosen]!, scores, random };
}

/** One scheduling cycle (schedule_one.go, schedulePod): filter, score, normalise, choose. */
export function schedule(
  pod: KubeObject,
  snapshot: Snapshot,
  seed: RandomState,
  start: number,
  nominatedOn: (node: string) => readonly KubeObject[],
): Outcome {
  const { feasible, refused, before, looked } = find(pod, snapshot, start, nominatedOn);
  const small = snapshot.nodes.length <= keptVerdictNodes;
  const refusals = small ? refused.map(refusalVerdict) : [];
  const nextStart = snapshot.nodes.length === 0 ? 0 : (start + looked) % snapshot.nodes.length;
  if (feasible.length === 0) return { node: '', verdicts: refusals, refused, before, random: seed, nextStart };
  const { index: chosen, scores, random } = choose(pod, feasible, snapshot, seed);
  const node = feasible[chosen]!.name;
  const kept = small ? feasible.map((_, index) => index) : [chosen];
  const scored = scores.flatMap(([plugin, weight, { raw, normalized }]) =>
    kept.map((index): PluginVerdict => ({
      plugin,
      node: feasible[index]!.name,
      status: 'Success',
      reason: '',
      score: raw[index]!,
      normalized: normalized[index]!,
      weighted: normalized[index]! * weight,
    })),
  );
  return { node, verdicts: [...refusals, ...scored], refused, before, random, nextStart };
}

/** `3 Insufficient cpu, 1 node(s) were unschedulable`: how often each reason was given, in order of the text. */
export function tally(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, times]) => `${times} ${text}`)
    .sort()
    .join(', ');
}

/** framework/types.go, FitError.Error. */
export function fitError(total: number, { before, refused }: Pick<Outcome, 'before' | 'refused'>, afterwards: string): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const main = before === '' ? tally(refused.flatMap(({ refusal }) => refusal.reasons)) : before;
  return `0/${total} nodes are available: ${main}.${afterwards === '' ? '' : ` ${afterwards}`}`;
}

import { nextInteger, type RandomState } from '#base/random.ts';
import type { KubeObject } from '#api/object.ts';
import type { NodeInfo } from './node-info.ts';
import { filterPlugins, normalize, scorePlugins, type Refusal } from './plugins.ts';
import type { PluginVerdict } from './state.ts';

export interface Outcome {
  /** '' where no node will do. */
  readonly node: string;
  readonly verdicts: readonly PluginVerdict[];
  readonly message: string;
  readonly random: RandomState;
}

/** Of larger clusters only what was said of the chosen node is kept. */
const keptVerdictNodes = 20;

interface Scores {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: readonly number[];
  readonly values: readonly number[];
}

function refusalOf(pod: KubeObject, info: NodeInfo, infos: readonly NodeInfo[]): (Refusal & { readonly plugin: string }) | undefined {
  for (const [plugin, filter] of filterPlugins) {
    const refusal = filter(pod, info, infos);
    if (refusal !== undefined) return { ...refusal, plugin };
  }
  return undefined;
}

/** One scheduling cycle (schedule_one.go schedulePod): filter, score, normalise, choose. */
export function schedule(pod: KubeObject, infos: readonly NodeInfo[], seed: RandomState): Outcome {
  const detailed = infos.length <= keptVerdictNodes;
  const verdicts: PluginVerdict[] = [];
  const feasible: NodeInfo[] = [];
  const reasons: Refusal[] = [];
  for (const info of infos) {
    const refusal = refusalOf(pod, info, infos);
    if (refusal === undefined) {
      feasible.push(info);
      continue;
    }
    reasons.push(refusal);
    if (detailed)
      verdicts.push({
        plugin: refusal.plugin,
        node: info.name,
        status: refusal.final ? 'UnschedulableAndUnresolvable' : 'Unschedulable',
        reason: refusal.reason,
        score: undefined,
        normalized: undefined,
        weighted: undefined,
      });
  }
  if (feasible.length === 0) return { node: '', verdicts, message: unschedulable(infos.length, reasons), random: seed };
  const totals = feasible.map(() => 0);
  const scores: Scores[] = [];
  for (const [plugin, { weight, reverse, normalize: normalized, score }] of scorePlugins) {
    const raw = feasible.map((info) => score(pod, info));
    const values = normalized ? normalize(raw, reverse) : raw;
    for (let index = 0; index < values.length; index++) totals[index] = totals[index]! + values[index]! * weight;
    scores.push({ plugin, weight, raw, values });
  }
  let best = totals[0]!;
  for (const total of totals) if (total > best) best = total;
  const winners = feasible.filter((_, index) => totals[index] === best);
  const [chosen, random] = nextInteger(seed, winners.length);
  const node = winners[chosen]!.name;
  for (const { plugin, weight, raw, values } of scores) {
    for (const [index, { name }] of feasible.entries()) {
      if (detailed || name === node)
        verdicts.push({
          plugin,
          node: name,
          status: 'Success',
          reason: '',
          score: raw[index]!,
          normalized: values[index]!,
          weighted: values[index]! * weight,
        });
    }
  }
  return { node, verdicts, message: '', random };
}

/** `0/3 nodes are available: …` (framework/types.go FitError, and what preemption adds). */
function unschedulable(count: number, reasons: readonly { readonly reason: string; readonly final: boolean }[]): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const tally = (texts: readonly string[]): string => {
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    return [...counts]
      .map(([text, times]) => `${times} ${text}`)
      .sort()
      .join(', ');
  };
  const main = tally(reasons.flatMap(({ reason }) => reason.split('\n')));
  const preemption = tally(
    reasons.map(({ final }) => (final ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod')),
  );
  return `0/${count} nodes are available: ${main}. no new claims to deallocate, preemption: 0/${count} nodes are available: ${preemption}.`;
}

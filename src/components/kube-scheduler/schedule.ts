import { nextInteger, type RandomState } from '#base/random.ts';
import type { KubeObject } from '#api/object.ts';
import type { NodeInfo } from './node-info.ts';
import { filterPlugins, normalize, scorePlugins } from './plugins.ts';
import type { PluginVerdict } from './state.ts';

export interface Outcome {
  /** '' where no node will do. */
  readonly node: string;
  readonly verdicts: readonly PluginVerdict[];
  readonly message: string;
  readonly random: RandomState;
}

/** One scheduling cycle (schedule_one.go schedulePod): filter, score, normalise, choose. */
export function schedule(pod: KubeObject, infos: readonly NodeInfo[], seed: RandomState): Outcome {
  const verdicts: PluginVerdict[] = [];
  const feasible: NodeInfo[] = [];
  const reasons: { readonly reason: string; readonly final: boolean }[] = [];
  for (const info of infos) {
    let refused = false;
    for (const [plugin, filter] of filterPlugins) {
      const refusal = filter(pod, info, infos);
      if (refusal === undefined) continue;
      verdicts.push({ plugin, node: info.name, status: refusal.final ? 'UnschedulableAndUnresolvable' : 'Unschedulable', reason: refusal.reason, score: undefined, normalized: undefined, weighted: undefined });
      reasons.push(refusal);
      refused = true;
      break;
    }
    if (!refused) feasible.push(info);
  }
  if (feasible.length === 0) return { node: '', verdicts, message: unschedulable(infos.length, reasons), random: seed };
  const totals = feasible.map(() => 0);
  for (const [plugin, { weight, reverse, normalize: normalized, score }] of scorePlugins) {
    const raw = feasible.map((info) => score(pod, info));
    const values = normalized ? normalize(raw, reverse) : raw;
    for (const [index, info] of feasible.entries()) {
      const weighted = values[index]! * weight;
      totals[index] = totals[index]! + weighted;
      verdicts.push({ plugin, node: info.name, status: 'Success', reason: '', score: raw[index]!, normalized: values[index]!, weighted });
    }
  }
  const best = Math.max(...totals);
  const winners = feasible.filter((_, index) => totals[index] === best);
  const [chosen, random] = nextInteger(seed, winners.length);
  return { node: winners[chosen]!.name, verdicts, message: '', random };
}

/** `0/3 nodes are available: …` (framework/types.go FitError, and what preemption adds). */
function unschedulable(count: number, reasons: readonly { readonly reason: string; readonly final: boolean }[]): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const tally = (texts: readonly string[]): string => {
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    return [...counts].map(([text, times]) => `${times} ${text}`).sort().join(', ');
  };
  const main = tally(reasons.flatMap(({ reason }) => reason.split('\n')));
  const preemption = tally(reasons.map(({ final }) => (final ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod')));
  return `0/${count} nodes are available: ${main}. no new claims to deallocate, preemption: 0/${count} nodes are available: ${preemption}.`;
}

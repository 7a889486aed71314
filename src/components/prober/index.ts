import type { Inspection, Millis, ProcessDefinition } from '#kernel/types.ts';
import { proberMachine } from './machine.ts';
import type { ProbeName, ProberState, Result } from './state.ts';

export type { ProbeName, ProberInput } from './state.ts';

function inspect({ probes, results, runs }: ProberState): Inspection {
  const known = probes.flatMap((probe) => results[probe] ?? []);
  const failed = known.filter((result) => !result.ok).length;
  return {
    summary: `${known.length - failed}/${probes.length} work`,
    health: failed > 0 ? 'bad' : known.length < probes.length ? 'waiting' : 'good',
    sections: [
      {
        type: 'table',
        title: 'Probes',
        columns: ['probe', 'works', 'ms', 'problem', 'at work'],
        rows: probes.map((probe) => {
          const result = results[probe];
          return [
            probe,
            result === undefined ? '' : result.ok ? 'yes' : 'no',
            String(Math.round(result?.ms ?? 0)),
            result?.text ?? '',
            runs[probe] === undefined ? '' : 'yes',
          ];
        }),
      },
    ],
  };
}

/** What a prober knows of each thing that it tries. @param context the context of a running `prober` process */
export function probeResults(
  context: unknown,
): readonly { readonly probe: ProbeName; readonly result: Result | undefined; readonly since: Millis | undefined }[] {
  const { probes, results, runs } = context as ProberState;
  return probes.map((probe) => ({ probe, result: results[probe], since: runs[probe]?.since }));
}

/** The client behind the table of what still works. */
export const prober: ProcessDefinition = { name: 'prober', machine: proberMachine, inspect };

import { useMemo, type JSX } from 'react';
import type { ProbeSummary } from '#session/port.ts';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import './probes.css';

const order = ['read', 'write', 'schedule', 'heal', 'serve'] as const satisfies readonly ProbeSummary['what'][];
/** A turn that has been at work for so long is worth saying. */
const longMs = 1500;

/** One line: what the tries from all hosts came to. */
interface Line {
  readonly what: ProbeSummary['what'];
  readonly tries: readonly ProbeSummary[];
}

/** What still works, as clients find it out that try it again and again. */
export function ProbeTable({ close }: { readonly close: () => void }): JSX.Element {
  const t = useText();
  const probes = useSession((state) => state.frame?.probes);
  const lines = useMemo<readonly Line[]>(
    () => order.map((what) => ({ what, tries: (probes ?? []).filter((probe) => probe.what === what) })),
    [probes],
  );
  return (
    <section className="probes" aria-label={t('stillWorks')}>
      <header>
        <h2>{t('stillWorks')}</h2>
        <button type="button" onClick={close} aria-label={t('stopProbes')} title={t('stopProbes')}>
          ×
        </button>
      </header>
      <table>
        <tbody>
          {lines.map((line) => (
            <ProbeLine key={line.what} {...line} />
          ))}
        </tbody>
      </table>
      <p>{t('stillWorksAbout')}</p>
    </section>
  );
}

function ProbeLine({ what, tries }: Line): JSX.Element {
  const t = useText();
  // Whole seconds: the line is drawn anew once a second, and only while something is waited for.
  const waited = useSession(({ frame }) => {
    const since = Math.min(...tries.map((probe) => probe.since ?? Number.POSITIVE_INFINITY));
    const ms = (frame?.time ?? 0) - since;
    return ms > longMs ? Math.floor(ms / 1000) : 0;
  });
  const known = tries.filter((probe) => probe.ok !== undefined);
  const failed = known.filter((probe) => probe.ok === false);
  const state = known.length === 0 ? 'waiting' : failed.length === 0 ? 'good' : 'bad';
  const slowest = Math.max(0, ...known.filter((probe) => probe.ok === true).map((probe) => probe.ms));
  const said = state === 'waiting' ? t('probeUnknown') : state === 'good' ? t('probeWorks') : t('probeFails');
  const share = tries.length > 1 && state === 'bad' ? ` ${known.length - failed.length}/${tries.length}` : '';
  const problem = failed[0]?.text ?? '';
  return (
    <tr>
      <th scope="row" title={t(`${what}ProbeAbout`)}>
        <span className={`dot ${state}`} />
        {t(`${what}Probe`)}
      </th>
      <td className={state}>
        {said}
        {share}
      </td>
      <td className="took">{state === 'good' ? took(slowest) : ''}</td>
      <td className="problem-text" title={problem}>
        {waited > 0 ? t('probeWaits', { seconds: waited }) : problem}
      </td>
    </tr>
  );
}

const took = (ms: number): string => (ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`);

import type { JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import { Chart } from '../chart/chart.tsx';
import { processFaults, send } from '../stores/faults.ts';
import { useText, useWord } from '../text/index.ts';
import { Entries } from './entries.tsx';

type ProcessInspected = Extract<Inspected, { readonly type: 'process' }>;

/** One component from inside: what can be done to it, its state chart, what it holds, what it did last. */
export function ProcessView({ inspected }: { readonly inspected: ProcessInspected }): JSX.Element {
  const t = useText();
  const word = useWord();
  const { summary, inspection, recent } = inspected;
  return (
    <>
      <b className="key">{summary.address}</b>
      {summary.address.split('/').length === 2 ? (
        <div className="tabs">
          {processFaults(summary.address, true).map((fault) => (
            <button key={fault.key} type="button" onClick={() => send(fault)}>
              {t(fault.key)}
            </button>
          ))}
        </div>
      ) : null}
      <h2>{t('state')}</h2>
      <Chart inspected={inspected} />
      <Ways inspected={inspected} />
      {inspection.sections.map((section) => (
        <div key={section.title}>
          <h2>{word(section.title)}</h2>
          <Section section={section} />
        </div>
      ))}
      <h2>{t('recent')}</h2>
      <Entries entries={recent} />
    </>
  );
}

const shownWays = 12;

/** What may come next: the events that lead out of the live state. */
function Ways({ inspected: { chart, summary } }: { readonly inspected: ProcessInspected }): JSX.Element | null {
  const inside = (id: string): boolean => id === '' || id === summary.state || summary.state.startsWith(`${id}.`);
  const ways = chart.transitions.filter(({ from, to }) => inside(from) && from !== to && !inside(to));
  if (ways.length === 0) return null;
  return (
    <ul className="ways">
      {ways.slice(0, shownWays).map(({ event, to, guard }, index) => (
        <li key={index}>
          <code>{event === '' ? (guard ?? 'always') : event}</code> → {to}
        </li>
      ))}
    </ul>
  );
}

const shownRows = 60;

function Section({ section }: { readonly section: ProcessInspected['inspection']['sections'][number] }): JSX.Element {
  const t = useText();
  const word = useWord();
  if (section.type === 'fields')
    return (
      <dl className="facts">
        {section.rows.map(([label, value]) => [<dt key={label}>{word(label)}</dt>, <dd key={`${label} value`}>{value}</dd>])}
      </dl>
    );
  if (section.rows.length === 0) return <span className="mode">{t('empty')}</span>;
  return (
    <table>
      <thead>
        <tr>
          {section.columns.map((column) => (
            <th key={column}>{word(column)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {section.rows.slice(0, shownRows).map((row, index) => (
          <tr key={index}>
            {row.map((cell, at) => (
              <td key={at}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

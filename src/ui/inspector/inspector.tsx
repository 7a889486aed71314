import type { JSX } from 'react';
import type { Inspected, JournalEntrySummary } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/timeline.tsx';

const json = (value: unknown): string => {
  const text = JSON.stringify(value, null, 2) ?? '';
  return text.length > 20_000 ? `${text.slice(0, 20_000)}\n…` : text;
};

function Entries({ entries }: { readonly entries: readonly JournalEntrySummary[] }): JSX.Element {
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  return (
    <ul className="events">
      {entries.map((entry) => (
        <li key={entry.seq}>
          <button type="button" onClick={() => port.send({ type: 'seek', to: { seq: entry.seq } })}>
            <time>{clock(entry.at - epoch)}</time>
            {entry.process.split('/').slice(1).join('/') || entry.process} · {entry.label}
            {entry.before === entry.after ? '' : ` (${entry.before} → ${entry.after})`}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Process({ inspected }: { readonly inspected: Extract<Inspected, { readonly type: 'process' }> }): JSX.Element {
  const t = useText();
  const { summary, inspection, chart, recent } = inspected;
  return (
    <>
      <b>{summary.address}</b>
      <h2>{t('state')}</h2>
      <div className="chart">
        {chart.states.filter((state) => state.type !== 'compound').map((state) => (
          <span key={state.id} className={state.id === summary.state ? 'lit' : ''}>
            {state.id}
          </span>
        ))}
      </div>
      {inspection.sections.map((section) => (
        <div key={section.title}>
          <h2>{section.title}</h2>
          {section.type === 'fields' ? (
            <dl className="facts">
              {section.rows.map(([label, value]) => [<dt key={label}>{label}</dt>, <dd key={`${label} value`}>{value}</dd>])}
            </dl>
          ) : section.rows.length === 0 ? (
            <span className="mode">{t('empty')}</span>
          ) : (
            <table>
              <thead>
                <tr>
                  {section.columns.map((column) => (
                    <th key={column}>{column}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {section.rows.slice(0, 60).map((row, index) => (
                  <tr key={index}>
                    {row.map((cell, at) => (
                      <td key={at}>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      ))}
      <h2>{t('recent')}</h2>
      <Entries entries={recent} />
    </>
  );
}

function Packet({ inspected }: { readonly inspected: Extract<Inspected, { readonly type: 'packet' }> }): JSX.Element {
  const t = useText();
  const { packet, gates, request, response, message, why } = inspected;
  return (
    <>
      <b>{packet.label}</b>
      <div className="mode">
        {packet.from} → {packet.to}
      </div>
      {gates.length > 0 ? (
        <>
          <h2>{t('gates')}</h2>
          <table>
            <tbody>
              {gates.map((gate, index) => (
                <tr key={index}>
                  <td>{gate.gate}</td>
                  <td>{gate.verdict}</td>
                  <td>{gate.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : null}
      <h2>{t(request === undefined ? 'message' : 'request')}</h2>
      <pre>{json(request ?? message)}</pre>
      {response === undefined ? null : (
        <>
          <h2>{t('response')}</h2>
          <pre>{json(response)}</pre>
        </>
      )}
      <h2>{t('why')}</h2>
      <Entries entries={why} />
    </>
  );
}

function ObjectView({ inspected }: { readonly inspected: Extract<Inspected, { readonly type: 'object' }> }): JSX.Element {
  return (
    <>
      <b>{inspected.key}</b>
      <table>
        <tbody>
          {inspected.events.map((event, index) => (
            <tr key={index}>
              <td>{event.reason}</td>
              <td>{event.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <pre>{json(inspected.object)}</pre>
    </>
  );
}

/** What is selected, from inside. */
export function Inspector(): JSX.Element {
  const t = useText();
  const inspected = useSession((state) => state.frame?.inspected);
  return (
    <section className="panel" aria-label={t('inspector')}>
      <header>
        {t('inspector')}
        {inspected === undefined ? null : (
          <button type="button" onClick={() => port.send({ type: 'inspect', target: undefined })}>
            {t('close')}
          </button>
        )}
      </header>
      <div className="body" tabIndex={0}>
        {inspected === undefined ? <p style={{ color: 'var(--soft)' }}>{t('nothingSelected')}</p> : null}
        {inspected?.type === 'process' ? <Process inspected={inspected} /> : null}
        {inspected?.type === 'packet' ? <Packet inspected={inspected} /> : null}
        {inspected?.type === 'object' ? <ObjectView inspected={inspected} /> : null}
      </div>
    </section>
  );
}

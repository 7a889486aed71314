import type { JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { clock } from '../timeline/clock.ts';
import { useText } from '../text/index.ts';

type GateInspected = Extract<Inspected, { readonly type: 'gate' }>;

type Text = ReturnType<typeof useText>;

const gates = ['authentication', 'authorization', 'mutating', 'schema', 'validating', 'storage', 'response', 'watching'] as const;
const verdictNames = ['passed', 'refused', 'retried', 'watching'] as const;

/** A gate in the chosen language. */
export function gateName(t: Text, gate: string): string {
  const known = gates.find((item) => item === gate);
  return known === undefined ? gate : t(known);
}

/** What a gate decided, in the chosen language; a status stays the number it is. */
export function verdictName(t: Text, verdict: string): string {
  const known = verdictNames.find((item) => item === verdict);
  return known === undefined ? verdict : t(known);
}

/** A gate of the API server: what it is for, and what it decided last. */
export function GateView({ inspected: { server, gate, verdicts } }: { readonly inspected: GateInspected }): JSX.Element {
  const t = useText();
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const explained = gate !== 'response' && gate !== 'watching';
  return (
    <>
      <b className="key">
        {server} · {t(gate) === gate ? gate : `${t(gate)} (${gate})`}
      </b>
      {explained ? <p>{t(`${gate}About`)}</p> : null}
      <h2>{t('verdicts')}</h2>
      {verdicts.length === 0 ? <p className="mode">{t('empty')}</p> : null}
      <ol className="passage">
        {verdicts.map(({ seq, at, client, verdict, detail }) => (
          <li key={seq} className={verdict}>
            <button type="button" className="plain" onClick={() => port.send({ type: 'seek', to: { seq } })}>
              <time>{clock(at - epoch)}</time> <b>{verdictName(t, verdict)}</b> {client}
              <span>{detail}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

import { useState, type FormEvent, type JSX } from 'react';
import type { RunCondition } from '#session/port.ts';
import { port } from '../stores/session.ts';
import { useText, type TextKey } from '../text/index.ts';

const conditions: readonly (readonly [Extract<TextKey, `until_${string}`>, RunCondition])[] = [
  ['until_settled', { type: 'settled' }],
  ['until_refused', { type: 'moment', moment: { verdict: 'refused' } }],
  ['until_conflict', { type: 'status', code: 409 }],
  ['until_bound', { type: 'moment', moment: { label: 'POST pods/*/binding' } }],
  ['until_deleted', { type: 'moment', moment: { label: 'DELETED *' } }],
];

/** Goes on until something happens: one of what is offered, or any message that has a text in it. */
export function RunUntil(): JSX.Element {
  const t = useText();
  const [wanted, setWanted] = useState('');
  const run = (event: FormEvent): void => {
    event.preventDefault();
    const text = wanted.trim();
    if (text === '') return;
    const condition = conditions.find(([key]) => t(key) === text)?.[1] ?? { type: 'text', text };
    port.send({ type: 'run-until', condition });
  };
  return (
    <form className="run-until" onSubmit={run}>
      <input
        type="search"
        list="run-until"
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
        placeholder={t('runUntil')}
        aria-label={t('runUntil')}
        title={t('runUntilAbout')}
      />
      <datalist id="run-until">
        {conditions.map(([key]) => (
          <option key={key} value={t(key)} />
        ))}
      </datalist>
    </form>
  );
}

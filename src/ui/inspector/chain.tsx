import { useState, type JSX } from 'react';
import type { JournalEntrySummary } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText, type TextKey } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';

type Saying = Extract<TextKey, `say_${string}`>;

const sayings: Readonly<Record<string, Saying>> = {
  'terminal.line': 'say_typed',
  'http.request': 'say_asked',
  'http.response': 'say_answered',
  'http.chunk': 'say_told',
  'etcd.response': 'say_kept',
  'etcd.watch': 'say_told',
};

/** How a link of a chain is said. */
function sayingOf({ messageType, kind, label, definition }: JournalEntrySummary): Saying {
  const known = sayings[messageType];
  if (known !== undefined) return known;
  if (kind === 'input') return 'say_fault';
  if (messageType === 'etcd.request') return label.startsWith('range') ? 'say_asked' : 'say_stored';
  if (messageType.startsWith('cri.')) return 'say_runtime';
  if (messageType.startsWith('xstate.after.') && definition === 'kube-apiserver/request') return 'say_passed';
  if (kind === 'timer') return 'say_timer';
  return kind === 'start' ? 'say_started' : 'say_inside';
}

/** Whom a sentence is about: people by their names, controllers by theirs, requests as their server. */
function whoIs(address: string): string {
  const [host = '', name = '', part] = address.split('/');
  if (name.startsWith('terminal')) return host;
  if (part !== undefined && name === 'kube-controller-manager') return part;
  return name === '' ? host : name;
}

/** What goes on inside a component says little to whoever wants to know who said what to whom. */
const isStep = (entry: JournalEntrySummary): boolean => sayingOf(entry) === 'say_inside' || sayingOf(entry) === 'say_started';

interface Link {
  readonly entry: JournalEntrySummary;
  readonly what: string;
}

/** The links of a chain; the gates that a request has passed one after the other are one of them. */
function linksOf(entries: readonly JournalEntrySummary[]): readonly Link[] {
  const links: Link[] = [];
  for (const entry of entries) {
    const last = links.at(-1);
    const what = entry.label.replace(/ ✓$/, '');
    if (last !== undefined && sayingOf(entry) === 'say_passed' && sayingOf(last.entry) === 'say_passed')
      links.splice(-1, 1, { entry: last.entry, what: `${what} → ${last.what}` });
    else links.push({ entry, what });
  }
  return links;
}

/** Who asked the API server last in a chain; undefined where nobody did. */
export function askerOf(entries: readonly JournalEntrySummary[]): string | undefined {
  const asked = entries.find(({ messageType }) => messageType === 'http.request');
  return asked === undefined ? undefined : whoIs(asked.from);
}

/** The chain of causes, from the event back to the keystroke or timer: a sentence for each link, and a click goes to its moment. */
export function Chain({ entries }: { readonly entries: readonly JournalEntrySummary[] }): JSX.Element {
  const t = useText();
  const [all, setAll] = useState(false);
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const hidden = entries.filter(isStep).length;
  const shown = all ? entries : entries.filter((entry, index) => !isStep(entry) || index === entries.length - 1);
  return (
    <>
      <ol className="chain">
        {linksOf(shown).map(({ entry, what }) => (
          <li key={entry.seq} className={sayingOf(entry)}>
            <button type="button" className="plain" onClick={() => port.send({ type: 'seek', to: { seq: entry.seq } })}>
              <time>{clock(entry.at - epoch)}</time> {t(sayingOf(entry), { by: whoIs(entry.process), from: whoIs(entry.from), what })}
            </button>
          </li>
        ))}
      </ol>
      {hidden === 0 ? null : (
        <label className="mode">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> {t('allSteps')} (+{hidden})
        </label>
      )}
    </>
  );
}

import type { JSX } from 'react';
import type { JournalEntrySummary } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { clock } from '../timeline/clock.ts';

/** Events of the journal; a click goes to one. */
export function Entries({ entries }: { readonly entries: readonly JournalEntrySummary[] }): JSX.Element {
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

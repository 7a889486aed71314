import { useEffect, useMemo, useState, type JSX, type KeyboardEvent } from 'react';
import { closeDialog } from '../stores/dialogs.ts';
import { useText } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { allEntries, lineEntry, type Entry } from './entries.ts';
import { fit } from './fuzzy.ts';
import './palette.css';

const most = 40;

/** The best that fits what was typed. */
function search(entries: readonly Entry[], query: string): readonly Entry[] {
  const scored = entries.flatMap((entry) => {
    const [label, all] = [fit(query, entry.label), fit(query, `${entry.label} ${entry.about}`)];
    if (label === undefined && all === undefined) return [];
    return [{ entry, score: Math.max(label === undefined ? -Infinity : label + 2, all ?? -Infinity) }];
  });
  // Where nothing was typed, things stay in their order.
  const sorted = query.trim() === '' ? scored : scored.sort((a, b) => b.score - a.score);
  return sorted.slice(0, most).map(({ entry }) => entry);
}

/** Finds everything by a few letters, and does it. */
export default function Palette(): JSX.Element {
  const t = useText();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const [early, setEarly] = useState(false);
  useEffect(() => void allEntries(t).then(setEntries), []);
  const found = useMemo(() => {
    const line = query.trim();
    return [...(/^kubectl \S/.test(line) ? [lineEntry(line, t('runLine'))] : []), ...search(entries, query)];
  }, [entries, query]);
  const chosen = Math.min(at, found.length - 1);
  useEffect(() => void document.getElementById(`found-${chosen}`)?.scrollIntoView({ block: 'nearest' }), [chosen]);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    closeDialog();
    // After the dialog has given the focus back, so that what opens now can take it.
    setTimeout(entry.run);
  };
  // Whoever is faster than the session's answer gets what fits when it is there.
  useEffect(() => {
    if (early && entries.length > 0) run(found[0]);
  }, [early, entries]);
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && found.length === 0) setEarly(entries.length === 0);
    else if (event.key === 'Enter') run(found[chosen]);
    else if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setAt((chosen - 1 + found.length) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label={t('find')} bare>
      <input
        type="text"
        className="palette"
        role="combobox"
        aria-label={t('findHint')}
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant={found.length > 0 ? `found-${chosen}` : undefined}
        placeholder={t('findHint')}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => (setQuery(event.target.value), setAt(0))}
        onKeyDown={keys}
      />
      <div id="found" className="found" role="listbox" aria-label={t('find')} tabIndex={0} onKeyDown={keys}>
        {found.map((entry, index) => (
          <div
            key={`${entry.group} ${entry.about} ${entry.label} ${index}`}
            id={`found-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerMove={() => setAt(index)}
            onClick={() => run(entry)}
          >
            <b>{entry.label}</b>
            <span>{entry.about}</span>
            {entry.key === undefined ? null : <kbd>{entry.key}</kbd>}
            <i>{t(entry.group)}</i>
          </div>
        ))}
      </div>
      {entries.length > 0 && found.length === 0 ? <p className="none">{t('nothingFound')}</p> : null}
    </Dialog>
  );
}

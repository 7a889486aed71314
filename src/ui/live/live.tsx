import { useEffect, useState, type JSX } from 'react';
import { useText } from '../text/index.ts';
import { nameOf, useTranscript, type Happening } from '../stores/transcript.ts';
import './live.css';

/** A screen reader can follow a few sentences, and not more often than this. */
const everyMs = 3_000;
const atOnce = 3;

/** Tells screen readers what happens, at a rate at which it can be heard: the newest sentences; the log has all. */
export function Live(): JSX.Element {
  const t = useText();
  const [told, setTold] = useState<readonly Happening[]>([]);
  useEffect(() => {
    let last = -1;
    const timer = setInterval(() => {
      const { lines } = useTranscript.getState();
      const newest = lines.at(-1)?.id ?? -1;
      if (newest === last) return;
      const fresh = lines.filter(({ id }) => id > last).slice(-atOnce);
      last = newest;
      setTold(fresh);
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="unseen" role="status" aria-label={t('transcriptTitle')}>
      {told.map(({ id, from, to, label }) => (
        <p key={id}>{t('happened', { from: nameOf(from), to: nameOf(to), label })}</p>
      ))}
    </div>
  );
}

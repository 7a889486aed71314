import type { JSX } from 'react';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { nameOf, useTranscript } from '../stores/transcript.ts';
import './live.css';

/** What has happened, to be read at leisure. */
export default function Log(): JSX.Element {
  const t = useText();
  const lines = useTranscript((state) => state.lines);
  const epoch = useSession((state) => state.frame?.epoch) ?? 0;
  return (
    <Dialog label={t('transcriptTitle')}>
      <div className="content" tabIndex={0} role="region" aria-label={t('transcriptTitle')}>
        {lines.length === 0 ? <p>{t('transcriptNone')}</p> : null}
        <ol className="transcript">
          {lines.map(({ id, sentAt, from, to, label }) => (
            <li key={id}>
              <time>{clock(sentAt - epoch)}</time> {t('happened', { from: nameOf(from), to: nameOf(to), label })}
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}

import type { JSX } from 'react';
import type { ViewAnswers } from '#session/view-port.ts';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { useAnswer } from './answer.ts';
import './activity.css';

const buckets = 160;
const height = 84;
const colours = { reads: 'read', writes: 'write', refused: 'error', events: 'event', revisions: 'watch' } as const;

/** How much the cluster does over time: one plot for each kind of work. */
export function Activity(): JSX.Element {
  const t = useText();
  const answer = useAnswer({ type: 'activity', buckets });
  return (
    <div className="sheet" tabIndex={0}>
      <p>{t('activityAbout')}</p>
      {(answer?.series ?? []).map(({ id, counts }) => (
        <Plot key={id} id={id} counts={counts} bucketMs={answer!.bucketMs} />
      ))}
    </div>
  );
}

interface PlotProps {
  readonly id: ViewAnswers['activity']['series'][number]['id'];
  readonly counts: readonly number[];
  readonly bucketMs: number;
}

function Plot({ id, counts, bucketMs }: PlotProps): JSX.Element {
  const t = useText();
  const elapsed = useSession(({ frame }) => (frame === undefined ? 0 : frame.time - frame.epoch));
  const rates = counts.map((count) => (count * 1000) / bucketMs);
  const most = Math.max(1, ...rates);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const bars = rates.map((rate, index) => `M${index} ${height}v${-(rate / most) * (height - 4)}`).join('');
  const summary = t('plotSummary', { total, most: most.toFixed(most < 10 ? 1 : 0), last: (rates.at(-1) ?? 0).toFixed(1) });
  return (
    <figure className="plot">
      <figcaption>
        <b>{t(`plot_${id}`)}</b> <span className="soft">{summary}</span>
      </figcaption>
      <svg viewBox={`0 0 ${buckets} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${t(`plot_${id}`)}: ${summary}`}>
        <path d={bars} transform="translate(0.5 0)" stroke={`var(--${colours[id]})`} strokeWidth={0.86} />
      </svg>
      <div className="axis" aria-hidden="true">
        <span>{clock(0)}</span>
        <span>{clock(elapsed)}</span>
      </div>
    </figure>
  );
}

import { lazy, Suspense, useEffect, useRef, useState, type ComponentType, type JSX } from 'react';
import { Diagram } from '../diagram/diagram.tsx';
import { showView, useViews, viewIds, type ViewId } from '../stores/views.ts';
import { useText } from '../text/index.ts';
import { Splitter } from '../widgets/splitter.tsx';
import { Tabs } from '../widgets/tabs.tsx';
import './stage.css';

const views: Readonly<Record<ViewId, ComponentType>> = {
  topology: Diagram,
  ladder: lazy(() => import('../ladder/ladder.tsx').then(({ Ladder }) => ({ default: Ladder }))),
  keyspace: lazy(() => import('../keyspace/keyspace.tsx').then(({ KeyspaceView }) => ({ default: KeyspaceView }))),
  caches: lazy(() => import('./caches.tsx').then(({ Caches }) => ({ default: Caches }))),
  queues: lazy(() => import('./queues.tsx').then(({ Queues }) => ({ default: Queues }))),
  schedule: lazy(() => import('./schedule.tsx').then(({ Schedule }) => ({ default: Schedule }))),
  audit: lazy(() => import('./audit.tsx').then(({ Audit }) => ({ default: Audit }))),
  activity: lazy(() => import('./activity.tsx').then(({ Activity }) => ({ default: Activity }))),
  compare: lazy(() => import('./compare.tsx').then(({ Compare }) => ({ default: Compare }))),
};

const narrowest = 260;

function useWidth(): readonly [element: React.RefObject<HTMLDivElement | null>, width: number] {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** The main area: the same run in one view or in two beside each other, all at the cursor's moment. */
export function Stage(): JSX.Element {
  const t = useText();
  const { main, beside, width: chosen, onlyStory, change } = useViews();
  const [element, room] = useWidth();
  const most = Math.max(narrowest, room - narrowest);
  const width = Math.max(narrowest, Math.min(most, chosen ?? room / 2));
  const tabs = viewIds.map((id) => ({ id, label: t(id) }));
  return (
    <div className="stage" ref={element}>
      <div className="pane">
        <header>
          <Tabs label={t('views')} tabs={tabs} chosen={main} choose={showView} />
          <button
            type="button"
            className="story"
            aria-pressed={onlyStory}
            title={t('onlyStoryAbout')}
            onClick={() => change({ onlyStory: !onlyStory })}
          >
            {t('onlyStory')}
          </button>
          {beside === undefined ? (
            <button
              type="button"
              className="open-beside"
              title={t('openBeside')}
              aria-label={t('openBeside')}
              onClick={() => change({ beside: main === 'ladder' ? 'topology' : 'ladder' })}
            >
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M1.5 2.5h13v11h-13zM8 2.5v11" />
              </svg>
            </button>
          ) : null}
        </header>
        <View id={main} />
      </div>
      {beside === undefined ? null : (
        <div className="pane beside" style={{ width }}>
          <Splitter
            label={t('resizeBeside')}
            axis="x"
            size={width}
            limits={[narrowest, most]}
            change={(next) => change({ width: next })}
            reset={() => change({ width: undefined })}
          />
          <header>
            <select aria-label={t('viewBeside')} value={beside} onChange={(event) => change({ beside: event.target.value as ViewId })}>
              {tabs
                .filter(({ id }) => id !== main)
                .map(({ id, label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
            </select>
            <button type="button" aria-label={t('closeBeside')} title={t('closeBeside')} onClick={() => change({ beside: undefined })}>
              ✕
            </button>
          </header>
          <View id={beside} />
        </div>
      )}
    </div>
  );
}

function View({ id }: { readonly id: ViewId }): JSX.Element {
  const t = useText();
  const Shown = views[id];
  return (
    <section className={`view ${id}`} aria-label={t(id)}>
      <Suspense fallback={<div className="loading">{t('loadingView')}</div>}>
        <Shown />
      </Suspense>
    </section>
  );
}

import { useEffect, useRef, useState, type JSX } from 'react';
import type { Inspected } from '#session/port.ts';
import { useText } from '../text/index.ts';
import { passed, type ChartEdge } from './edges.ts';
import type { ChartLayout } from './layout.ts';
import './chart.css';

type ProcessInspected = Extract<Inspected, { readonly type: 'process' }>;

/** One layout for each machine; the library that makes them is fetched with the first. */
const layouts = new Map<string, Promise<ChartLayout>>();

function layoutOf({ chart, summary }: ProcessInspected): Promise<ChartLayout> {
  let layout = layouts.get(summary.definition);
  if (layout === undefined) {
    layout = import('./layout.ts').then(({ layoutChart }) => layoutChart(chart));
    layouts.set(summary.definition, layout);
  }
  return layout;
}

const zooms = [0.5, 0.7, 0.85, 1, 1.25, 1.6] as const;

/** The machine, drawn from its definition: the live state lit, and the way by which it came there. */
export function Chart({ inspected }: { readonly inspected: ProcessInspected }): JSX.Element {
  const t = useText();
  const { state, definition } = inspected.summary;
  const [layout, setLayout] = useState<ChartLayout>();
  const [zoom, setZoom] = useState<number>();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(inspected);
  latest.current = inspected;
  useEffect(() => {
    let current = true;
    void layoutOf(latest.current).then((found) => current && setLayout(found));
    return () => {
      current = false;
    };
  }, [definition]);
  useEffect(() => {
    const { current } = place;
    const lit = current?.querySelector('.lit')?.getBoundingClientRect();
    if (current === null || lit === undefined) return;
    const { top, left, height, width } = current.getBoundingClientRect();
    current.scrollBy(lit.left + lit.width / 2 - left - width / 2, lit.top + lit.height / 2 - top - height / 2);
  }, [state, layout]);
  const last = inspected.lastChange;
  const way = layout === undefined || last === undefined ? [] : passed(layout.edges, last.before, last.after);
  const shown = zoom ?? fitted(layout, place.current?.clientWidth);
  const change = (direction: 1 | -1): void =>
    setZoom(direction === 1 ? zooms.find((item) => item > shown + 0.01) : zooms.findLast((item) => item < shown - 0.01));
  return (
    <section className="chart" aria-label={t('chart')}>
      <div className="chart-place" ref={place} tabIndex={0}>
        {layout === undefined ? null : <Drawing layout={layout} state={state} way={way} zoom={shown} />}
      </div>
      <div className="chart-zoom">
        <button type="button" aria-label={t('smaller')} onClick={() => change(-1)}>
          −
        </button>
        <button type="button" aria-label={t('larger')} onClick={() => change(1)}>
          +
        </button>
      </div>
      {last === undefined ? null : (
        <p className="mode">
          {t('lastTransition')} <code>{last.before}</code> → <code>{last.after}</code> · {last.label}
        </p>
      )}
    </section>
  );
}

/** As wide as its place, where that can be read. */
function fitted(layout: ChartLayout | undefined, width = 340): number {
  return layout === undefined ? 1 : Math.max(0.7, Math.min(1, (width - 4) / layout.width));
}

interface DrawingProps {
  readonly layout: ChartLayout;
  readonly state: string;
  readonly way: readonly ChartEdge[];
  readonly zoom: number;
}

function Drawing({ layout, state, way, zoom }: DrawingProps): JSX.Element {
  const t = useText();
  const { width, height, states, edges } = layout;
  const took = (edge: ChartEdge): boolean => way.some(({ from, to }) => from === edge.from && to === edge.to);
  // What was taken is drawn last, above the rest.
  const ordered = [...edges].sort((a, b) => Number(took(a)) - Number(took(b)));
  return (
    <svg width={width * zoom} height={height * zoom} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${t('state')}: ${state}`}>
      <defs>
        {(['arrow', 'arrow-taken'] as const).map((id) => (
          <marker
            key={id}
            id={id}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        ))}
      </defs>
      {ordered.map((edge) => (
        <g key={`${edge.from} ${edge.to}`} className={took(edge) ? 'edge taken' : 'edge'}>
          <path d={curve(edge.points)} markerEnd={`url(#${took(edge) ? 'arrow-taken' : 'arrow'})`}>
            <title>{`${edge.from} → ${edge.to}: ${edge.events.join(', ')}`}</title>
          </path>
          {edge.label === '' ? null : (
            <text x={edge.at.x} y={edge.at.y + 3}>
              {edge.label}
            </text>
          )}
        </g>
      ))}
      {states.map((item) => (
        <g
          key={item.id}
          className={`state${item.id === state ? ' lit' : ''}${item.final ? ' final' : ''}`}
          aria-current={item.id === state}
        >
          <rect x={item.x - item.width / 2} y={item.y - item.height / 2} width={item.width} height={item.height} rx={item.height / 2} />
          {item.initial ? <circle cx={item.x - item.width / 2 + 10} cy={item.y} r={3} /> : null}
          <text x={item.x + (item.initial ? 5 : 0)} y={item.y + 4}>
            {item.label}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** A line through points, rounded at each. */
function curve(points: ChartLayout['edges'][number]['points']): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const parts = rest.map((point, index) => {
    const next = rest[index + 1];
    return next === undefined ? `L${point.x} ${point.y}` : `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}

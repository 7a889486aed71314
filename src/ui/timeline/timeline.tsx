import { useEffect, useRef, useState, type JSX, type PointerEvent, type RefObject } from 'react';
import type { Tempo } from '#session/port.ts';
import { PaneBorder } from '../app/panes.tsx';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { Branches } from './branches.tsx';
import { clock } from './clock.ts';
import { RunUntil } from './run-until.tsx';
import './timeline.css';

const icons = {
  back: 'M3 2h2v12H3zM14 2v12L6 8z',
  play: 'M3 1.5v13L14 8z',
  pause: 'M3 2h4v12H3zM9 2h4v12H9z',
  step: 'M11 2h2v12h-2zM2 2v12l8-6z',
  end: 'M2 2v12l6-6zM8 2v12l6-6z',
} as const;

function Icon({ name }: { readonly name: keyof typeof icons }): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={icons[name]} />
    </svg>
  );
}

const tempos: readonly (readonly [key: 'readable' | 'realTime' | 'fast' | 'fastest', tempo: Tempo])[] = [
  ['readable', { mode: 'readable' }],
  ['realTime', { mode: 'factor', factor: 1 }],
  ['fast', { mode: 'factor', factor: 20 }],
  ['fastest', { mode: 'fastest' }],
];

const processOf = (lane: string): string => lane.split('/')[1] ?? lane;

/** A lane is called by its process, and by its host as well where several hosts have such a process. */
function laneName(lane: string, names: readonly string[]): string {
  const name = processOf(lane);
  return names.filter((other) => other === name).length < 2 ? name : lane.replace('/container-', ' ').replace('/', ' ');
}

/** Pixels that a lane needs for its name. */
const laneHeight = 9;
const fewestLanes = 3;

/** How many lanes have room. */
function useRows(element: RefObject<HTMLDivElement | null>): number {
  const [rows, setRows] = useState(fewestLanes);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => setRows(Math.max(fewestLanes, Math.floor(current.clientHeight / laneHeight))));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return rows;
}

function Lanes(): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const timeline = useSession((state) => state.frame?.timeline);
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const head = useSession((state) => state.frame?.head.time ?? 1);
  const time = useSession((state) => state.frame?.time ?? 0);
  const span = Math.max(1, head - epoch);
  const names = (timeline?.lanes ?? []).map((lane) => processOf(lane.id));
  const lanes = (timeline?.lanes ?? []).slice(0, useRows(element));
  const height = 100 / Math.max(1, lanes.length);
  const seek = (event: PointerEvent): void => {
    if (event.buttons !== 1 || element.current === null) return;
    const { left, width } = element.current.getBoundingClientRect();
    port.send({ type: 'seek', to: { time: epoch + (span * (event.clientX - left)) / width } });
  };
  return (
    <div className="tracks">
      <ul aria-hidden="true">
        {lanes.map((lane) => (
          <li key={lane.id}>{laneName(lane.id, names)}</li>
        ))}
      </ul>
      <div
        className="lanes"
        ref={element}
        onPointerDown={seek}
        onPointerMove={seek}
        role="slider"
        aria-label="timeline"
        aria-valuenow={Math.round(time - epoch)}
        aria-valuemin={0}
        aria-valuemax={Math.round(span)}
        tabIndex={0}
      >
        <svg className="counts" viewBox="0 0 1000 100" preserveAspectRatio="none">
          {lanes.map((lane, row) =>
            lane.counts.map((count, index) =>
              count === 0 ? null : (
                <rect
                  key={`${lane.id} ${index}`}
                  x={(index * (timeline?.bucketMs ?? 1) * 1000) / span}
                  width={Math.max(1.6, ((timeline?.bucketMs ?? 1) * 1000) / span)}
                  y={row * height + height * 0.12}
                  height={height * 0.76}
                  fill="var(--event)"
                  opacity={Math.min(1, 0.25 + count / 40)}
                />
              ),
            ),
          )}
          {(timeline?.marks ?? []).map((mark) => {
            // An error is in the lane of whoever got it; what somebody did from outside goes through all of them.
            const row = lanes.findIndex((lane) => lane.id === mark.lane);
            const error = mark.type === 'error';
            if (error && row < 0) return null;
            return (
              <rect
                key={mark.seq}
                x={((mark.at - epoch) * 1000) / span}
                width={error ? 1.6 : 2.4}
                y={error ? row * height : 0}
                height={error ? height : 100}
                fill={error ? 'var(--error)' : 'var(--brass)'}
                opacity={0.85}
              >
                <title>{mark.label}</title>
              </rect>
            );
          })}
          <rect x={((time - epoch) * 1000) / span - 1} width={2.5} y={0} height={100} fill="var(--ink)" />
        </svg>
      </div>
    </div>
  );
}

/** Play, step, scrub. */
export function Timeline(): JSX.Element {
  const t = useText();
  const playing = useSession((state) => state.frame?.playing ?? false);
  const tempo = useSession((state) => state.frame?.tempo);
  const elapsed = useSession((state) => (state.frame === undefined ? 0 : state.frame.time - state.frame.epoch));
  const last = useSession((state) => state.frame?.last);
  const branches = useSession((state) => state.frame?.branches) ?? [];
  const branch = useSession((state) => state.frame?.branch);
  const current = tempos.find(([, value]) => JSON.stringify(value) === JSON.stringify(tempo))?.[0] ?? 'readable';
  const name = (address: string): string => address.split('/').slice(1, 3).join('/') || address;
  return (
    <footer className="time" aria-label={t('timeline')}>
      <PaneBorder pane="time" />
      <div className="transport">
        <button type="button" title={t('stepBack')} aria-label={t('stepBack')} onClick={() => port.send({ type: 'step', direction: -1 })}>
          <Icon name="back" />
        </button>
        <button
          type="button"
          className="primary"
          aria-label={playing ? t('pause') : t('play')}
          onClick={() => port.send({ type: playing ? 'pause' : 'play' })}
        >
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        <button type="button" title={t('step')} aria-label={t('step')} onClick={() => port.send({ type: 'step', direction: 1 })}>
          <Icon name="step" />
        </button>
        <button type="button" title={t('toNow')} aria-label={t('toNow')} onClick={() => port.send({ type: 'seek', to: 'head' })}>
          <Icon name="end" />
        </button>
        <select
          aria-label={t('tempo')}
          value={current}
          onChange={(event) => port.send({ type: 'tempo', tempo: tempos.find(([key]) => key === event.target.value)![1] })}
        >
          {tempos.map(([key]) => (
            <option key={key} value={key}>
              {t(key)}
            </option>
          ))}
        </select>
        <RunUntil />
        {branches.length > 1 ? (
          <select aria-label={t('branch')} value={branch} onChange={(event) => port.send({ type: 'branch', branch: event.target.value })}>
            {branches.map((item) => (
              <option key={item.id} value={item.id}>
                {item.name}
              </option>
            ))}
          </select>
        ) : null}
        <span className="clock">{clock(elapsed)}</span>
        <span className="live" role="log" aria-label={t('live')}>
          {last === undefined ? '' : t('happened', { from: name(last.from), to: name(last.process), label: last.label })}
        </span>
      </div>
      <div className="past">
        <Branches />
        <Lanes />
      </div>
    </footer>
  );
}

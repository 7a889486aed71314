import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import type { GateMark, Rung } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';
import { useStory, useViews } from '../stores/views.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { gateName, verdictName } from '../inspector/gate.tsx';
import { Export } from './export-menu.tsx';
import { exchangesOf, headHeight, labelOf, labelPlace, lanesOf, marks, namesOf, rowHeight, scaleOf, type Scale } from './geometry.ts';
import { useRungs } from './use-rungs.ts';
import './ladder.css';

/** Rows that are drawn besides those in sight. */
const spare = 6;
/** How far down the view the present moment is kept. */
const presentAt = 0.7;

interface Window {
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What of the scrolled element is in sight. */
function useWindow(): readonly [element: React.RefObject<HTMLDivElement | null>, window: Window, measure: () => void] {
  const element = useRef<HTMLDivElement>(null);
  const [window, setWindow] = useState<Window>({ top: 0, width: 600, height: 400 });
  const measure = (): void => {
    const { current } = element;
    if (current !== null) setWindow({ top: current.scrollTop, width: current.clientWidth, height: current.clientHeight });
  };
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return [element, window, measure];
}

/** The run as a sequence diagram: who said what to whom, from top to bottom. */
export function Ladder(): JSX.Element {
  const t = useText();
  const story = useStory();
  const onlyStory = useViews((state) => state.onlyStory);
  const [chatter, setChatter] = useState(false);
  const [follow, setFollow] = useState(true);
  const { rungs, gates } = useRungs(onlyStory && story > 0 ? story : undefined, chatter);
  return (
    <div className="ladder-view">
      <div className="bar">
        <label>
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} /> {t('follow')}
        </label>
        <label>
          <input type="checkbox" checked={chatter} disabled={onlyStory} onChange={(event) => setChatter(event.target.checked)} />{' '}
          {t('background')}
        </label>
        <Export rungs={rungs} gates={gates} />
      </div>
      <Rungs rungs={rungs} gates={gates} follow={follow} leave={() => setFollow(false)} />
    </div>
  );
}

interface RungsProps {
  readonly rungs: readonly Rung[];
  readonly gates: readonly GateMark[];
  readonly follow: boolean;
  /** The view is scrolled by hand. */
  readonly leave: () => void;
}

const choose = (rung: Rung | undefined): void => {
  if (rung !== undefined) port.send({ type: 'inspect', target: { type: 'packet', packet: rung.id } });
};

function Rungs({ rungs, gates, follow, leave }: RungsProps): JSX.Element {
  const t = useText();
  const [element, window, measure] = useWindow();
  const lanes = useMemo(() => lanesOf(rungs), [rungs]);
  const exchanges = useMemo(() => exchangesOf(rungs, gates), [rungs, gates]);
  const scale = useMemo(() => scaleOf(lanes, window.width), [lanes, window.width]);
  const time = useSession((state) => state.frame?.time ?? 0);
  const selected = useSession((state) => (state.frame?.inspected?.type === 'packet' ? state.frame.inspected.packet.id : undefined));
  const present = useMemo(() => rungs.findLastIndex(({ sentAt }) => sentAt <= time) + 1, [rungs, time]);
  const here = selected === undefined ? -1 : rungs.findIndex(({ id }) => id === selected);
  const scrollTo = (row: number, share: number): void => {
    const { current } = element;
    if (current !== null) current.scrollTop = row * rowHeight - share * (current.clientHeight - headHeight);
  };
  useEffect(() => {
    if (follow) scrollTo(present, presentAt);
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [follow, present, window.height]);
  const first = Math.max(0, Math.floor(window.top / rowHeight) - spare);
  const last = Math.min(rungs.length, Math.ceil((window.top + window.height) / rowHeight) + spare);
  const keys = (event: KeyboardEvent): void => {
    const from = here < 0 ? present - 1 : here;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + 15,
      PageUp: from - 15,
      Home: 0,
      End: rungs.length - 1,
    };
    const move = moves[event.key];
    if (move !== undefined) {
      const to = Math.max(0, Math.min(rungs.length - 1, move));
      leave();
      choose(rungs[to]);
      if (to * rowHeight < window.top || (to + 3) * rowHeight > window.top + window.height) scrollTo(to, 0.5);
    } else if (event.key === 'Enter' && here >= 0) port.send({ type: 'seek', to: { seq: rungs[here]!.seq } });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="ladder" ref={element} onScroll={measure} onWheel={leave}>
      <div className="lanes" style={{ width: scale.width, height: headHeight }}>
        {lanes.map((lane) => (
          <LaneHead key={lane} lane={lane} x={scale.x(lane)} />
        ))}
      </div>
      {rungs.length === 0 ? <p className="none">{t('noMessages')}</p> : null}
      <div
        className="rungs"
        role="listbox"
        aria-label={t('ladder')}
        tabIndex={0}
        aria-activedescendant={here >= first && here < last ? `rung-${selected}` : undefined}
        onKeyDown={keys}
        style={{ width: scale.width, height: Math.max(1, rungs.length) * rowHeight }}
      >
        <svg aria-hidden="true" width={scale.width} height={Math.max(0, last - first) * rowHeight} style={{ top: first * rowHeight }}>
          {lanes.map((lane) => (
            <path key={lane} className="lifeline" d={`M${scale.x(lane)} 0V${(last - first) * rowHeight}`} />
          ))}
          {rungs.slice(first, last).map((rung, index) => (
            <text key={rung.id} x={labelPlace(rung, scale)} y={index * rowHeight + 11} className={classOf(rung, time)}>
              {labelOf(rung)}
            </text>
          ))}
          {rungs.slice(first, last).map((rung, index) => (
            <Arrow key={rung.id} rung={rung} y={index * rowHeight + 16} scale={scale} time={time} gates={exchanges.gates(rung)} />
          ))}
        </svg>
        {rungs.slice(first, last).map((rung, index) => (
          <Row
            key={rung.id}
            rung={rung}
            row={first + index}
            count={rungs.length}
            selected={rung.id === selected}
            gates={exchanges.gates(rung)}
          />
        ))}
        <div className="present" aria-hidden="true" style={{ top: present * rowHeight + 3 }} />
      </div>
    </div>
  );
}

function LaneHead({ lane, x }: { readonly lane: string; readonly x: number }): JSX.Element {
  const [name, host] = namesOf(lane);
  const selected = useSession(({ frame }) => frame?.inspected?.type === 'process' && frame.inspected.summary.address === lane);
  return (
    <button
      type="button"
      className={selected ? 'lane selected' : 'lane'}
      style={{ left: x }}
      onClick={() => port.send({ type: 'inspect', target: { type: 'process', address: lane } })}
    >
      <b>{name}</b>
      <small>{host}</small>
    </button>
  );
}

interface ArrowProps {
  readonly rung: Rung;
  readonly y: number;
  readonly scale: Scale;
  readonly time: number;
  readonly gates: readonly GateMark[];
}

const classOf = ({ sentAt, chatter }: Rung, time: number): string => (time < sentAt ? 'future' : chatter ? 'chatter' : '');

/** One message: its way, its mark where it is now, and the gates that it passed at the API server. */
function Arrow({ rung, y, scale, time, gates }: ArrowProps): JSX.Element {
  const { kind, sentAt, arrivesAt, lost, lanes } = rung;
  const [from, to] = [scale.x(lanes[0]), scale.x(lanes[1])];
  const share = Math.max(0, Math.min(1, (time - sentAt) / Math.max(0.001, arrivesAt - sentAt)));
  const { d, filled } = marks[kind];
  const colour = `var(--${kind})`;
  const style = { stroke: colour, fill: filled ? colour : 'var(--paper)' };
  return (
    <g className={classOf(rung, time)}>
      <path className="way" d={`M${from} ${y}H${to}`} style={{ stroke: colour }} strokeDasharray={lost ? '2 5' : undefined} />
      {gates.map((gate, index) =>
        gate.at > time ? null : (
          <path key={index} className={`tick ${gate.verdict}`} d={`M${to + (to < from ? -10 - index * 4 : 10 + index * 4)} ${y - 4}v8`} />
        ),
      )}
      <path className="mark" d={d} style={style} transform={`translate(${from + (to - from) * share} ${y})`} />
    </g>
  );
}

interface RowProps {
  readonly rung: Rung;
  readonly row: number;
  readonly count: number;
  readonly selected: boolean;
  readonly gates: readonly GateMark[];
}

/** What can be chosen of a message, and what a screen reader says of it. */
function Row({ rung, row, count, selected, gates }: RowProps): JSX.Element {
  const t = useText();
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const { id, label, lanes, sentAt, seq } = rung;
  const at = clock(sentAt - epoch);
  const words = gates.map(({ gate, verdict, detail }) => `${gateName(t, gate)}: ${verdictName(t, verdict)} ${detail}`.trim());
  const title = [t('happened', { from: lanes[0], to: lanes[1], label }), ...words].join('\n');
  return (
    <div
      id={`rung-${id}`}
      role="option"
      aria-selected={selected}
      aria-setsize={count}
      aria-posinset={row + 1}
      aria-label={`${at} ${title}`}
      title={title}
      className="rung"
      style={{ top: row * rowHeight, height: rowHeight }}
      onClick={() => choose(rung)}
      onDoubleClick={() => port.send({ type: 'seek', to: { seq } })}
    >
      <time>{at}</time>
    </div>
  );
}

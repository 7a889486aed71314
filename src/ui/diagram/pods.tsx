import { memo, type JSX } from 'react';
import type { PodSummary } from '#session/port.ts';
import { useText, type TextKey } from '../text/index.ts';
import { samePod, slotsIn, stateOf, type Level, type PodState } from './slots.ts';
import { Thing } from './thing.tsx';

/** More pods than this cannot be told apart by name. */
const namedPods = 50;

const counted: readonly (readonly [PodState, TextKey])[] = [
  ['running', 'podsRunning'],
  ['pending', 'podsPending'],
  ['failed', 'podsFailed'],
  ['ended', 'podsEnded'],
  ['leaving', 'podsLeaving'],
];

interface PodsProps {
  readonly pods: readonly PodSummary[];
  readonly level: Level;
  /** The size of the host's box. */
  readonly width: number;
  readonly height: number;
}

/** The pods of a node: each in its slot; counted by state from afar, and where there are too many. */
export function Pods({ pods, level, width, height }: PodsProps): JSX.Element | null {
  const { columns, slots } = slotsIn(width, height);
  if (level === 'far') return <Counters pods={pods} />;
  if (pods.length > Math.max(namedPods, slots)) {
    return (
      <>
        <Counters pods={pods} />
        <div className="pod-dots">
          {pods.map((pod) => (
            <PodDot key={pod.uid} pod={pod} />
          ))}
        </div>
      </>
    );
  }
  const ordered = [...pods].sort((a, b) => Number(a.namespace === 'kube-system') - Number(b.namespace === 'kube-system'));
  const shown = pods.length > slots ? slots - 1 : slots;
  return (
    <div className="pods" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {ordered.slice(0, shown).map((pod) => (
        <Pod key={pod.uid} pod={pod} level={level} />
      ))}
      {pods.length > shown ? <div className="pod more">+{pods.length - shown}</div> : null}
    </div>
  );
}

function PodThing({
  pod,
  className,
  children,
}: {
  readonly pod: PodSummary;
  readonly className: string;
  readonly children: JSX.Element | null;
}): JSX.Element {
  const { namespace, name, status } = pod;
  return (
    <Thing
      target={{ type: 'object', resource: 'pods', namespace, name }}
      menu={{ type: 'pod', namespace, name }}
      className={className}
      title={`${namespace}/${name}: ${status}`}
      label={`${namespace}/${name}: ${status}`}
    >
      {children}
    </Thing>
  );
}

/** The end of a generated name says which pod it is, so that it is never what is cut off: `-x7k2p`. */
const tailLength = 6;

/** Frames bring all pods anew; what is drawn of one changes seldom, and there may be hundreds. */
const PodDot = memo(
  ({ pod }: { readonly pod: PodSummary }): JSX.Element => (
    <PodThing pod={pod} className={`pod-dot ${stateOf(pod)}`}>
      {null}
    </PodThing>
  ),
  (before, after) => samePod(before.pod, after.pod),
);

const Pod = memo(PodChip, (before, after) => before.level === after.level && samePod(before.pod, after.pod));

function PodChip({ pod, level }: { readonly pod: PodSummary; readonly level: Level }): JSX.Element {
  const { name, namespace, status, containers } = pod;
  const cut = Math.max(0, name.length - (pod.ownerKind === '' || pod.static ? 0 : tailLength));
  return (
    <PodThing pod={pod} className={`pod ${stateOf(pod)} ${status}`}>
      <>
        <b>
          <span>{name.slice(0, cut)}</span>
          {name.slice(cut)}
        </b>
        {level === 'near' ? (
          <span className="containers">
            {containers.map((container) => (
              <i key={container.name} className={container.state}>
                {container.name} {container.state}
                {container.ready ? ' ✓' : ''}
                {container.restarts > 0 ? ` ↻${container.restarts}` : ''}
              </i>
            ))}
          </span>
        ) : (
          <i>
            {namespace === 'default' ? '' : `${namespace} · `}
            {status}
          </i>
        )}
      </>
    </PodThing>
  );
}

/** How many pods there are of each state. */
function Counters({ pods }: { readonly pods: readonly PodSummary[] }): JSX.Element {
  const t = useText();
  const states = pods.map(stateOf);
  return (
    <dl className="counters">
      {counted.map(([state, key]) => {
        const count = states.filter((item) => item === state).length;
        return count === 0 && state !== 'running' ? null : (
          <div key={state} className={state}>
            <dt>{t(key)}</dt>
            <dd>{count}</dd>
          </div>
        );
      })}
    </dl>
  );
}

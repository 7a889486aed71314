import { useState, type JSX } from 'react';
import { stringify } from 'yaml';
import type { ObjectDifference } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { useAnswer } from './answer.ts';
import './compare.css';

const shownFields = 40;

/** Two branches at the same moment: what one has and the other has not, field by field. */
export function Compare(): JSX.Element {
  const t = useText();
  const branches = useSession((state) => state.frame?.branches) ?? [];
  const current = useSession((state) => state.frame?.branch ?? '');
  const [chosen, setChosen] = useState<readonly [string | undefined, string | undefined]>([undefined, undefined]);
  const known = (id: string | undefined): string | undefined => branches.find((branch) => branch.id === id)?.id;
  const parent = branches.find(({ id }) => id === current)?.parent;
  const second = known(chosen[1]) ?? current;
  const first = known(chosen[0]) ?? parent ?? branches.find(({ id }) => id !== second)?.id ?? current;
  if (branches.length < 2)
    return (
      <div className="sheet" tabIndex={0}>
        <p>{t('compareNone')}</p>
      </div>
    );
  const select = (side: 0 | 1, value: string): JSX.Element => (
    <select
      aria-label={t(side === 0 ? 'firstBranch' : 'secondBranch')}
      value={value}
      onChange={(event) => setChosen(side === 0 ? [event.target.value, second] : [first, event.target.value])}
    >
      {branches.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
  return (
    <div className="sheet compare-branches" tabIndex={0}>
      <div className="bar">
        <span className="a">A</span> {select(0, first)} <span className="b">B</span> {select(1, second)}
      </div>
      <Differences branches={[first, second]} />
    </div>
  );
}

function Differences({ branches }: { readonly branches: readonly [string, string] }): JSX.Element {
  const t = useText();
  const time = useSession((state) => state.frame?.time ?? 0);
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const answer = useAnswer({ type: 'compare', branches, at: time });
  const [kept, setKept] = useState(answer);
  // The last answer stays until the next is there: the moment is part of the question.
  if (answer !== undefined && answer !== kept) setKept(answer);
  const shown = answer ?? kept;
  if (shown === undefined) return <p>{t('loadingView')}</p>;
  const [a, b] = shown.times;
  return (
    <>
      <p>
        {a === b ? t('comparedAt', { at: clock(a - epoch) }) : t('comparedApart', { a: clock(a - epoch), b: clock(b - epoch) })}{' '}
        {t('compareCount', { count: shown.objects.length })}
      </p>
      {shown.objects.map((object) => (
        <ObjectCard key={object.key} object={object} />
      ))}
    </>
  );
}

const text = (value: unknown): string =>
  value === undefined ? '—' : typeof value === 'object' ? stringify(value, { lineWidth: 0 }).trimEnd() : String(value);

function ObjectCard({ object }: { readonly object: ObjectDifference }): JSX.Element {
  const t = useText();
  const { kind, namespace, name, target, in: place, fields } = object;
  return (
    <section className={`difference-of ${place}`}>
      <h3>
        <button type="button" className="plain" disabled={target === undefined} onClick={() => port.send({ type: 'inspect', target })}>
          {kind} <b>{name}</b> <span className="soft">{namespace}</span>
        </button>
        <span className={`only ${place}`}>
          {place === 'both' ? t('fieldsDiffer', { count: fields.length }) : t(place === 'a' ? 'onlyA' : 'onlyB')}
        </span>
      </h3>
      {fields.length === 0 ? null : (
        <table>
          <tbody>
            {fields.slice(0, shownFields).map(({ path, a, b }) => (
              <tr key={path}>
                <td>{path}</td>
                <td className="a">
                  <code>{text(a)}</code>
                </td>
                <td className="b">
                  <code>{text(b)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {fields.length > shownFields ? <span className="soft">+{fields.length - shownFields}</span> : null}
    </section>
  );
}

import { useState, type JSX } from 'react';
import type { ScheduleDecision } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { useAnswer } from './answer.ts';

/** The scheduler's record: what each plugin said of each node, pod by pod. */
export function Schedule(): JSX.Element {
  const t = useText();
  const decisions = useAnswer({ type: 'schedule' });
  const inspected = useSession(({ frame }) => (frame?.inspected?.type === 'object' ? frame.inspected.target : undefined));
  const [chosen, setChosen] = useState<string>();
  const selected = inspected?.resource === 'pods' ? `${inspected.namespace}/${inspected.name}` : undefined;
  const list = decisions ?? [];
  const shown = list.find(({ pod }) => pod === selected) ?? list.find(({ pod }) => pod === chosen) ?? list[0];
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const choose = (pod: string): void => {
    setChosen(pod);
    const [namespace = '', name = ''] = pod.split('/');
    port.send({ type: 'inspect', target: { type: 'object', resource: 'pods', namespace, name } });
  };
  return (
    <div className="sheet" tabIndex={0}>
      <p>{t('scheduleAbout')}</p>
      {shown === undefined ? (
        <p>{t('empty')}</p>
      ) : (
        <>
          <div className="bar">
            <label>
              Pod{' '}
              <select value={shown.pod} onChange={(event) => choose(event.target.value)}>
                {[...new Set(list.map(({ pod }) => pod))].map((pod) => (
                  <option key={pod}>{pod}</option>
                ))}
              </select>
            </label>
            <span>{clock(shown.at - epoch)}</span>
            <span className={shown.node === '' ? 'bad' : 'good'}>
              {shown.node === '' ? shown.message : t('placedOn', { node: shown.node })}
            </span>
          </div>
          {shown.verdicts.length === 0 ? <p>{t('nothingToWeigh')}</p> : <Verdicts decision={shown} />}
        </>
      )}
    </div>
  );
}

const show = (value: number | undefined): string => (value === undefined ? '' : String(value));

function Verdicts({ decision: { node: placed, verdicts } }: { readonly decision: ScheduleDecision }): JSX.Element {
  const t = useText();
  const nodes = [...new Set(verdicts.map(({ node }) => node))];
  const total = (node: string): number => verdicts.reduce((sum, verdict) => sum + (verdict.node === node ? (verdict.weighted ?? 0) : 0), 0);
  return (
    <table>
      <thead>
        <tr>
          <th>{t('node')}</th>
          <th>{t('plugin')}</th>
          <th>{t('verdict')}</th>
          <th className="number">{t('score')}</th>
          <th className="number">{t('normalized')}</th>
          <th className="number">{t('weighted')}</th>
        </tr>
      </thead>
      {nodes.map((node) => (
        <tbody key={node}>
          <tr>
            <td colSpan={5}>
              <b className={node === placed ? 'good' : ''}>{node === '' ? t('allNodes') : node}</b>
            </td>
            <td className="number">
              <b>{total(node) === 0 ? '' : total(node)}</b>
            </td>
          </tr>
          {verdicts
            .filter((verdict) => verdict.node === node)
            .map(({ plugin, status, reason, score, normalized, weighted }, index) => (
              <tr key={index}>
                <td />
                <td>{plugin}</td>
                <td className={status === 'Success' ? '' : 'bad'}>
                  {status} <span className="soft">{reason}</span>
                </td>
                <td className="number">{show(score)}</td>
                <td className="number">{show(normalized)}</td>
                <td className="number">{show(weighted)}</td>
              </tr>
            ))}
        </tbody>
      ))}
    </table>
  );
}

import type { JSX } from 'react';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { useAnswer } from './answer.ts';
import { Process } from './process-link.tsx';

const states = ['syncing', 'queued', 'delayed', 'active', 'backoff', 'unschedulable', 'gated', 'binding'] as const;

/** What every control loop has still to do, and when what failed comes back. */
export function Queues(): JSX.Element {
  const t = useText();
  const items = useAnswer({ type: 'queues' });
  const time = useSession((state) => state.frame?.time ?? 0);
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  return (
    <div className="sheet" tabIndex={0}>
      <p>{t('queuesAbout')}</p>
      <table>
        <thead>
          <tr>
            <th>{t('loop')}</th>
            <th>{t('key')}</th>
            <th>{t('state')}</th>
            <th className="number">{t('comesBack')}</th>
            <th className="number">{t('failures')}</th>
            <th>{t('askedBy')}</th>
          </tr>
        </thead>
        <tbody>
          {(items ?? []).map((item, index) => {
            const { process, key, state, due, failures, detail, because } = item;
            const name = states.find((known) => known === state);
            return (
              <tr key={index}>
                <td>
                  <Process address={process} />
                </td>
                <td>{key}</td>
                <td>
                  {name === undefined ? state : t(`queue_${name}`)} <span className="soft">{detail}</span>
                </td>
                <td className="number">
                  {due === undefined ? '' : `${clock(due - epoch)} (${Math.max(0, (due - time) / 1000).toFixed(1)} s)`}
                </td>
                <td className={failures > 0 ? 'number bad' : 'number'}>{failures}</td>
                <td>
                  {because === undefined ? null : (
                    <button type="button" className="plain" onClick={() => port.send({ type: 'seek', to: { seq: because } })}>
                      #{because}
                    </button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {items?.length === 0 ? <p>{t('queuesEmpty')}</p> : null}
    </div>
  );
}

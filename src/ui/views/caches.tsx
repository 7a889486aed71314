import { useState, type JSX } from 'react';
import type { CacheSummary } from '#session/view-port.ts';
import { port } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { useAnswer } from './answer.ts';
import { Process } from './process-link.tsx';

/** The informers of every component beside what etcd holds: what each knows, and how far it is behind. */
export function Caches(): JSX.Element {
  const t = useText();
  const [onlyBehind, setOnlyBehind] = useState(false);
  const answer = useAnswer({ type: 'caches' });
  const caches = (answer?.caches ?? []).filter(({ differing }) => !onlyBehind || differing.length > 0);
  return (
    <div className="sheet" tabIndex={0}>
      <p>{t('cachesAbout')}</p>
      <div className="bar">
        <label>
          <input type="checkbox" checked={onlyBehind} onChange={(event) => setOnlyBehind(event.target.checked)} /> {t('onlyBehind')}
        </label>
        <span>
          etcd: {t('revision')} {answer?.revision ?? '…'}
        </span>
      </div>
      <table>
        <thead>
          <tr>
            <th>{t('component')}</th>
            <th>{t('watches')}</th>
            <th className="number">{t('objects')}</th>
            <th className="number">resourceVersion</th>
            <th>{t('besideTruth')}</th>
          </tr>
        </thead>
        <tbody>
          {caches.map((cache) => (
            <Cache key={`${cache.process} ${cache.resource} ${cache.selector}`} cache={cache} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cache({ cache }: { readonly cache: CacheSummary }): JSX.Element {
  const t = useText();
  const { process, resource, selector, objects, resourceVersion, synced, differing } = cache;
  return (
    <tr className={differing.length > 0 ? 'stale' : ''}>
      <td>
        <Process address={process} />
      </td>
      <td>
        {resource} <span className="soft">{selector}</span>
      </td>
      <td className="number">{objects}</td>
      <td className="number">{resourceVersion}</td>
      <td>
        {!synced ? (
          <span className="bad">{t('notSynced')}</span>
        ) : differing.length === 0 ? (
          <span className="good">{t('asStored')}</span>
        ) : null}
        {differing.map(({ key, cached, stored }) => (
          <div key={key}>
            <button type="button" className="plain" onClick={() => look(resource, key)}>
              {key}
            </button>{' '}
            <span className="soft">{t('cachedStored', { cached: cached ?? t('absent'), stored: stored ?? t('absent') })}</span>
          </div>
        ))}
      </td>
    </tr>
  );
}

function look(resource: string, key: string): void {
  const [name = '', namespace = ''] = key.split('/').reverse();
  port.send({ type: 'inspect', target: { type: 'object', resource, namespace, name } });
}

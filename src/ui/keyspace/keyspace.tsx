import { useEffect, useState, type JSX } from 'react';
import type { SessionAnswers } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { Difference, Yaml } from '../widgets/document.tsx';
import './keyspace.css';

type Keyspace = SessionAnswers['keyspace'];
type Key = Keyspace['keys'][number];
const prefix = '/registry/';
const shownKeys = 400;

/** What etcd holds at a revision. Asked anew when the store has moved or another revision is chosen. */
function useKeyspace(revision: number): Keyspace | undefined {
  const [found, setFound] = useState<Keyspace>();
  const seq = useSession((state) => state.frame?.seq);
  useEffect(() => {
    let current = true;
    void port.ask({ type: 'keyspace', prefix, revision }).then((answer) => current && setFound(answer));
    return () => {
      current = false;
    };
  }, [revision, seq]);
  return found;
}

/** etcd's keyspace: every manifest is one key, with a value at each revision. */
export function KeyspaceView(): JSX.Element {
  const t = useText();
  const [revision, setRevision] = useState(0);
  const [filter, setFilter] = useState('');
  const [selected, setSelected] = useState('');
  const keyspace = useKeyspace(revision);
  const newest = useKeyspace(0)?.revision ?? 0;
  const oldest = Math.max(1, keyspace?.compacted ?? 1);
  const keys = (keyspace?.keys ?? []).filter((item) => item.key.includes(filter));
  const chosen = keyspace?.keys.find((item) => item.key === selected);
  return (
    <div className="keyspace">
      <div className="choice">
        <label>
          {t('revision')}
          <input
            type="range"
            min={oldest}
            max={Math.max(oldest, newest)}
            value={revision === 0 ? newest : revision}
            onChange={(event) => setRevision(Number(event.target.value) >= newest ? 0 : Number(event.target.value))}
          />
          <output>{revision === 0 ? `${newest} (${t('newest')})` : `${revision} / ${newest}`}</output>
        </label>
        <input
          type="search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          placeholder={t('filterKeys')}
          aria-label={t('filterKeys')}
        />
      </div>
      {chosen === undefined ? (
        <ul>
          {keys.slice(0, shownKeys).map((item) => (
            <li key={item.key}>
              <button type="button" onClick={() => setSelected(item.key)}>
                <span>{item.key.slice(prefix.length)}</span>
                <small>{item.modRevision}</small>
              </button>
            </li>
          ))}
          {keys.length > shownKeys ? <li>+{keys.length - shownKeys}</li> : null}
          {keyspace !== undefined && keys.length === 0 ? <li>{t('empty')}</li> : null}
        </ul>
      ) : (
        <KeyValue item={chosen} close={() => setSelected('')} />
      )}
    </div>
  );
}

/** One key: its revisions and its value, with what its last write changed. */
function KeyValue({ item, close }: { readonly item: Key; readonly close: () => void }): JSX.Element {
  const t = useText();
  const [before, setBefore] = useState<unknown>();
  const { key, modRevision, createRevision, version, value } = item;
  useEffect(() => {
    let current = true;
    setBefore(undefined);
    if (modRevision > createRevision)
      void port
        .ask({ type: 'keyspace', prefix: key, revision: modRevision - 1 })
        .then((answer) => current && setBefore(answer.keys.find((other) => other.key === key)?.value));
    return () => {
      current = false;
    };
  }, [key, modRevision, createRevision]);
  return (
    <div className="value">
      <button type="button" onClick={close}>
        ← {t('allKeys')}
      </button>
      <b>{key}</b>
      <dl className="facts">
        <dt>create_revision</dt>
        <dd>{createRevision}</dd>
        <dt>mod_revision</dt>
        <dd>{modRevision}</dd>
        <dt>version</dt>
        <dd>{version}</dd>
      </dl>
      {before === undefined ? null : (
        <>
          <h2>{t('lastWrite')}</h2>
          <Difference before={before} after={value} />
        </>
      )}
      <h2>{t('value')}</h2>
      <Yaml value={value} />
    </div>
  );
}

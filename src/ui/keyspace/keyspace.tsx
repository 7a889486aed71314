import { useEffect, useState, type JSX } from 'react';
import { stringify } from 'yaml';
import type { SessionAnswers } from '#session/port.ts';
import { port } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { useAnswer } from '../views/answer.ts';
import { download } from '../widgets/download.ts';
import { Difference, Yaml } from '../widgets/document.tsx';
import './keyspace.css';

type Key = SessionAnswers['keyspace']['keys'][number];
const prefix = '/registry/';
const shownKeys = 400;

/** etcd's keyspace: every manifest is one key, with a value at each revision. */
export function KeyspaceView(): JSX.Element {
  const t = useText();
  const [revision, setRevision] = useState(0);
  const [filter, setFilter] = useState('');
  const [selected, setSelected] = useState('');
  const keyspace = useAnswer({ type: 'keyspace', prefix, revision, keysOnly: true });
  const newest = keyspace?.newest ?? 0;
  const oldest = Math.max(1, keyspace?.compacted ?? 1);
  const keys = (keyspace?.keys ?? []).filter((item) => item.key.includes(filter));
  const chosen = keyspace?.keys.find((item) => item.key === selected);
  return (
    <div className="keyspace" tabIndex={0}>
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
        <button type="button" onClick={() => void saveYaml(revision, filter)}>
          {t('saveYaml')}
        </button>
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

/** The values of the keys that the filter leaves, as YAML documents. */
async function saveYaml(revision: number, filter: string): Promise<void> {
  const { keys } = await port.ask({ type: 'keyspace', prefix, revision });
  const documents = keys.filter(({ key }) => key.includes(filter)).map(({ value }) => stringify(value, { lineWidth: 0 }));
  download('objects.yaml', documents.join('---\n'), 'application/yaml');
}

/** A key's value as of a revision; nothing where none is given. */
function useValue(key: string, revision: number | undefined): unknown {
  const [value, setValue] = useState<unknown>();
  useEffect(() => {
    let current = true;
    setValue(undefined);
    if (revision !== undefined)
      void port
        .ask({ type: 'keyspace', prefix: key, revision })
        .then((answer) => current && setValue(answer.keys.find((other) => other.key === key)?.value));
    return () => {
      current = false;
    };
  }, [key, revision]);
  return value;
}

/** One key: its revisions and its value, with what its last write changed. */
function KeyValue({ item, close }: { readonly item: Key; readonly close: () => void }): JSX.Element {
  const t = useText();
  const { key, modRevision, createRevision, version } = item;
  const value = useValue(key, modRevision);
  const before = useValue(key, modRevision > createRevision ? modRevision - 1 : undefined);
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
      {before === undefined || value === undefined ? null : (
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

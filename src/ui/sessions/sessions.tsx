import { useEffect, useState, type JSX } from 'react';
import { openFile } from '../share/files.ts';
import { download } from '../widgets/download.ts';
import { closeDialog } from '../stores/dialogs.ts';
import { openRun, putAside, save, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { useText } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { change, keptRuns, newId, put, type KeptRun } from './shelf.ts';
import './sessions.css';

/** The sessions of this browser: open, name, copy, delete and take the deletion back. */
export default function Sessions(): JSX.Element {
  const t = useText();
  const language = useSettings((state) => state.language);
  const current = useSession((state) => state.run);
  const [runs, setRuns] = useState<readonly KeptRun[]>();
  const [removed, setRemoved] = useState<KeptRun>();
  const refresh = (): Promise<void> => keptRuns(Date.now()).then(setRuns);
  useEffect(() => {
    // The newest state of the present one is part of the list; without a database there is none.
    void save().then(refresh, () => setRuns([]));
  }, []);
  const when = (at: number): string => new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  const nameOf = ({ name, shape, savedAt }: KeptRun): string => (name === '' ? t('sessionUnnamed', { shape, when: when(savedAt) }) : name);
  const remove = async (run: KeptRun): Promise<void> => {
    // The present run would be kept again at once: the page leaves it first.
    if (run.id === current) await putAside();
    await change(run.id, { deletedAt: Date.now() });
    setRemoved(run);
    await refresh();
  };
  const undo = async (run: KeptRun): Promise<void> => {
    await change(run.id, { deletedAt: undefined });
    setRemoved(undefined);
    await refresh();
  };
  const duplicate = (run: KeptRun): Promise<void> =>
    put({ ...run, id: newId(), name: t('copyOf', { name: nameOf(run) }), owner: '', savedAt: Date.now() }).then(refresh);
  const shown = runs?.filter(({ deletedAt }) => deletedAt === undefined);
  return (
    <Dialog label={t('sessionsTitle')}>
      <div className="content">
        {shown?.length === 0 ? <p>{t('sessionsNone')}</p> : null}
        <ul className="runs">
          {shown?.map((run) => (
            <li key={run.id} aria-current={run.id === current ? 'true' : undefined}>
              <input
                type="text"
                aria-label={t('sessionName')}
                placeholder={nameOf(run)}
                defaultValue={run.name}
                maxLength={120}
                onBlur={(event) => void change(run.id, { name: event.target.value.trim() })}
                onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
              />
              <small>
                {run.shape} · {t('sessionInputs', { count: run.inputs })} · {when(run.savedAt)}
              </small>
              <span className="row">
                {run.id === current ? (
                  <em>{t('sessionNow')}</em>
                ) : (
                  <button type="button" onClick={() => (closeDialog(), void openRun(run.id))}>
                    {t('open')}
                  </button>
                )}
                <button type="button" onClick={() => void duplicate(run)}>
                  {t('duplicate')}
                </button>
                <button
                  type="button"
                  onClick={() => download(`${nameOf(run).replace(/[^\p{L}\p{N}]+/gu, '-')}.json`, run.text, 'application/json')}
                >
                  {t('saveFile')}
                </button>
                <button type="button" onClick={() => void remove(run)}>
                  {t('remove')}
                </button>
              </span>
            </li>
          ))}
        </ul>
        <div className="row" role="status">
          {removed === undefined ? null : (
            <>
              {t('removed', { name: nameOf(removed) })}
              <button type="button" onClick={() => void undo(removed)}>
                {t('undo')}
              </button>
            </>
          )}
        </div>
        <div className="row">
          <button type="button" onClick={() => (closeDialog(), openFile())}>
            {t('openFile')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

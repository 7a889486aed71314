import { useEffect, useState, type JSX } from 'react';
import { LessonMenu } from '../scenario-player/player.tsx';
import { jumpTo } from '../stores/jump.ts';
import { useLesson } from '../stores/lesson.ts';
import { openNotes, stopPresenting, usePresenter } from '../stores/presenter.ts';
import { useText } from '../text/index.ts';
import { MenuButton } from '../widgets/menu-button.tsx';
import type { MenuGroup } from '../widgets/menu.tsx';
import { NotesWindow } from './notes.tsx';
import { sketch } from './words.ts';
import './presenter.css';

/** How long the buttons stay after the pointer has moved. */
const stayMs = 3_000;

/** Whether nobody has moved the pointer for a while. */
function useQuiet(): boolean {
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    let timer = 0;
    const stir = (): void => {
      clearTimeout(timer);
      setQuiet(false);
      timer = window.setTimeout(() => setQuiet(true), stayMs);
    };
    stir();
    window.addEventListener('pointermove', stir);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pointermove', stir);
    };
  }, []);
  return quiet;
}

/** Escape ends the presentation, unless it closes something that is over the page. */
function useEscape(): void {
  useEffect(() => {
    const handle = (event: KeyboardEvent): void => {
      const inside = (event.target as HTMLElement).closest('dialog, [role="dialog"], [role="menu"]');
      if (event.key === 'Escape' && inside === null && !event.defaultPrevented) stopPresenting();
    };
    window.addEventListener('keydown', handle);
    return () => window.removeEventListener('keydown', handle);
  }, []);
}

/** What a presenter needs besides the clicker: over the picture, and out of sight while the pointer rests. */
export default function Presenter(): JSX.Element {
  const t = useText();
  const quiet = useQuiet();
  const { scenario, texts, index, reached, phase, back, next } = useLesson();
  const notes = usePresenter((state) => state.notes);
  useEscape();
  const beats = (): readonly MenuGroup[] => [
    {
      items: scenario!.beats.map(({ id }, at) => ({
        label: `${at + 1}. ${sketch(texts!.beats[id]!.say)}`,
        ticked: at === index ? t('beatNow') : undefined,
        run: () => jumpTo(at),
      })),
    },
  ];
  return (
    <>
      <nav className={quiet ? 'presenter quiet' : 'presenter'} aria-label={t('presentation')}>
        {scenario === undefined ? (
          <LessonMenu />
        ) : (
          <>
            <button type="button" onClick={back} disabled={phase === 'playing' || reached.length === 0 || index <= 0}>
              {t('lessonBack')}
            </button>
            <button type="button" onClick={next} disabled={phase === 'boot' || phase === 'playing' || phase === 'goal' || phase === 'done'}>
              {t('lessonNext')}
            </button>
            <MenuButton label={t('beats')} groups={beats}>
              {t('beats')}
            </MenuButton>
          </>
        )}
        <button type="button" onClick={openNotes}>
          {t('notes')}
        </button>
        <button type="button" onClick={stopPresenting}>
          {t('leavePresenter')}
        </button>
      </nav>
      {notes === undefined ? null : <NotesWindow target={notes} />}
    </>
  );
}

import { useEffect, useState, type JSX } from 'react';
import { createPortal } from 'react-dom';
import { useLesson } from '../stores/lesson.ts';
import { forgetNotes, usePresenter } from '../stores/presenter.ts';
import { useSettings } from '../stores/settings.ts';
import { useText } from '../text/index.ts';
import { sketch } from './words.ts';

interface NotesWindowProps {
  readonly target: Window;
}

/** The window of the notes: part of this page, so that it is always at the same beat; the clicker's keys work in it, too. */
export function NotesWindow({ target }: NotesWindowProps): JSX.Element {
  const t = useText();
  const { language, theme } = useSettings();
  const title = t('notesTitle');
  useEffect(() => {
    const { document: there } = target;
    there.title = title;
    there.documentElement.lang = language;
    // The audience sees the projector's colours; these are the presenter's own.
    there.documentElement.dataset['theme'] = theme;
  }, [target, title, language, theme]);
  useEffect(() => {
    const copies = [...document.head.querySelectorAll('style, link[rel="stylesheet"]')].map(
      (style) => style.cloneNode(true) as HTMLElement,
    );
    for (const [at, copy] of copies.entries())
      if (copy.tagName === 'LINK')
        copy.setAttribute('href', document.head.querySelectorAll<HTMLLinkElement>('style, link[rel="stylesheet"]')[at]!.href);
    target.document.head.append(...copies);
    // A clicker sends its keys to the window that has the focus.
    const pass = ({ key }: KeyboardEvent): void => {
      const { next, back } = useLesson.getState();
      if (key === 'PageDown' || key === ' ') next();
      else if (key === 'PageUp') back();
    };
    const leave = (): void => target.close();
    target.addEventListener('keydown', pass);
    target.addEventListener('pagehide', forgetNotes);
    // Without this page there is nothing to tell.
    window.addEventListener('pagehide', leave);
    return () => {
      target.removeEventListener('keydown', pass);
      target.removeEventListener('pagehide', forgetNotes);
      window.removeEventListener('pagehide', leave);
      for (const copy of copies) copy.remove();
    };
  }, [target]);
  return createPortal(<Notes />, target.document.body);
}

function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0');

/** What time it is, how long the presentation has taken, and how long the lesson is meant to take. */
function Clock(): JSX.Element {
  const t = useText();
  const now = useNow();
  const language = useSettings((state) => state.language);
  const since = usePresenter((state) => state.since) ?? now;
  const minutes = useLesson((state) => state.scenario?.minutes);
  const seconds = Math.max(0, (now - since) / 1_000);
  return (
    <p className="clocks">
      <time>{new Date(now).toLocaleTimeString(language, { timeStyle: 'short' })}</time>
      <span role="timer" aria-label={t('notesTime')}>
        {twoDigits(seconds / 60)}:{twoDigits(seconds % 60)}
      </span>
      {minutes === undefined ? null : <span className="planned">{t('notesPlanned', { minutes })}</span>}
    </p>
  );
}

/** What the audience does not see: the note of this beat, and what comes next. */
function Notes(): JSX.Element {
  const t = useText();
  const { scenario, texts, index, phase } = useLesson();
  if (scenario === undefined || texts === undefined)
    return (
      <main className="notes">
        <Clock />
        <p>{t('notesNone')}</p>
      </main>
    );
  const { beats } = scenario;
  const wordsOf = (at: number): { readonly say: string; readonly teacher: string } | undefined => texts.beats[beats[at]?.id ?? ''];
  const here = wordsOf(index);
  const coming = wordsOf(index + 1);
  return (
    <main className="notes">
      <header>
        <h1>{texts.title}</h1>
        <span className="progress">{index < 0 ? '' : `${Math.min(index + 1, beats.length)} / ${beats.length}`}</span>
        <Clock />
      </header>
      <section aria-label={t('notesHere')} aria-live="polite">
        <h2>{t('notesHere')}</h2>
        <p className="note">{here?.teacher ?? (index < 0 ? texts.question : texts.goal)}</p>
        {phase === 'goal' ? <pre>{scenario.solution.join('\n')}</pre> : null}
      </section>
      <section aria-label={t('notesNext')}>
        <h2>{t('notesNext')}</h2>
        <p className="say">
          {coming === undefined ? (phase === 'goal' || phase === 'done' ? texts.done : texts.goal) : sketch(coming.say)}
        </p>
      </section>
    </main>
  );
}

import { useEffect, type JSX } from 'react';
import { componentOf, lessons, userOf, type Beat } from '#scenarios/index.ts';
import { rightAnswer, useLesson } from '../stores/lesson.ts';
import { useSettings } from '../stores/settings.ts';
import { useText } from '../text/index.ts';
import { isTyping } from '../widgets/keys.ts';
import { MenuButton } from '../widgets/menu-button.tsx';
import type { MenuGroup, MenuItem } from '../widgets/menu.tsx';
import './player.css';

/** The map of lessons, behind a button of the header; their texts are fetched when it opens. */
export function LessonMenu(): JSX.Element {
  const t = useText();
  const language = useSettings((state) => state.language);
  const { finished, open } = useLesson();
  const groups = async (): Promise<readonly MenuGroup[]> => {
    const load = lessons.map(async ({ id, load: scenario, texts }): Promise<MenuItem> => {
      const [{ minutes }, { title, question }] = await Promise.all([scenario(), texts(language)]);
      const ticked = finished.includes(id) ? t('lessonDone') : undefined;
      return { label: title, about: [question, t('lessonMinutes', { minutes })], ticked, run: () => void open(id) };
    });
    return [{ items: await Promise.all(load) }];
  };
  return (
    <MenuButton label={t('lessons')} groups={groups}>
      {t('lessons')}
    </MenuButton>
  );
}

/** Space and the clicker's keys go through a lesson; where one types they mean what they always mean. */
function useLessonKeys(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const handle = (event: KeyboardEvent): void => {
      const button = (event.target as HTMLElement).tagName === 'BUTTON';
      if ((isTyping(event.target) || button) && !event.key.startsWith('Page')) return;
      const { next, back } = useLesson.getState();
      if (event.key === 'PageDown' || event.key === ' ') next();
      else if (event.key === 'PageUp') back();
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener('keydown', handle, { capture: true });
    return () => window.removeEventListener('keydown', handle, { capture: true });
  }, [active]);
}

/** The lesson that is being taken: a strip between the picture and the timeline, so that it covers neither. */
export function Player(): JSX.Element | null {
  const t = useText();
  const { scenario, texts, phase, index, close, next, back, reached } = useLesson();
  useLessonKeys(scenario !== undefined);
  if (scenario === undefined || texts === undefined) return null;
  const count = scenario.beats.length;
  return (
    <section className="player" aria-label={texts.title}>
      <header>
        <b>{texts.title}</b>
        <span className="progress">{index < 0 ? '' : `${Math.min(index + 1, count)} / ${count}`}</span>
        <button type="button" onClick={close}>
          {t('lessonLeave')}
        </button>
      </header>
      <div className="words" aria-live="polite">
        <Words />
      </div>
      <nav>
        <button type="button" onClick={back} disabled={phase === 'playing' || reached.length === 0 || index <= 0}>
          {t('lessonBack')}
        </button>
        <button
          type="button"
          className="primary"
          onClick={next}
          disabled={phase === 'boot' || phase === 'playing' || phase === 'goal' || phase === 'done'}
        >
          {phase === 'ask' ? t('lessonSkip') : t('lessonNext')}
        </button>
      </nav>
    </section>
  );
}

function Words(): JSX.Element {
  const t = useText();
  const { scenario, texts, phase, index, reached, hint, hints } = useLesson();
  const beat = scenario!.beats[index];
  const words = beat === undefined ? undefined : texts!.beats[beat.id];
  switch (phase) {
    case 'boot':
    case 'intro':
      return (
        <>
          <p className="question">{texts!.question}</p>
          <p>
            <em>{t('lessonBelief')}</em> {texts!.misconception}
          </p>
          {phase === 'boot' ? <p className="waiting">{t('loading')}</p> : null}
        </>
      );
    case 'ask':
      return <Question text={words?.ask ?? ''} options={beat?.ask?.options ?? []} />;
    case 'playing':
      return <Waiting beat={beat} />;
    case 'shown': {
      const { last } = reached[index]!;
      return (
        <>
          <Verdict index={index} />
          <p>{filled(words?.say ?? '', { label: last.label, component: componentOf(last.process), from: componentOf(last.from) })}</p>
        </>
      );
    }
    case 'goal':
      return (
        <>
          <p className="question">{texts!.goal}</p>
          {texts!.hints.slice(0, hints).map((text) => (
            <p key={text}>{text}</p>
          ))}
          {hints < texts!.hints.length ? (
            <button type="button" onClick={hint}>
              {t('lessonHint')}
            </button>
          ) : (
            <p>
              {t('lessonSolution')} <code>{scenario!.solution.join(' ; ')}</code>
            </p>
          )}
        </>
      );
    case 'done':
      return <p className="right">✓ {texts!.done}</p>;
  }
}

/** What was done on the way to a beat. */
function Waiting({ beat }: { readonly beat: Beat | undefined }): JSX.Element {
  const t = useText();
  if (beat?.types !== undefined) {
    const typist = beat.terminal === undefined ? '' : userOf(beat.terminal);
    return (
      <p className="waiting">
        <code>
          {typist}$ {beat.types}
        </code>
      </p>
    );
  }
  return <p className="waiting">{beat?.fault === undefined ? t('lessonPlaying') : `${t(beat.fault.type)} ${beat.fault.address}`}</p>;
}

function Question({ text, options }: { readonly text: string; readonly options: readonly string[] }): JSX.Element {
  const answer = useLesson((state) => state.answer);
  return (
    <>
      <p className="question">{text}</p>
      <div className="options">
        {options.map((option) => (
          <button key={option} type="button" onClick={() => answer(option)}>
            {option}
          </button>
        ))}
      </div>
    </>
  );
}

/** How a prediction compares with what happened. */
function Verdict({ index }: { readonly index: number }): JSX.Element | null {
  const t = useText();
  const guess = useLesson((state) => state.guess);
  const right = rightAnswer(index);
  if (guess === undefined || right === undefined) return null;
  return guess === right ? (
    <p className="right">✓ {t('lessonRight', { answer: right })}</p>
  ) : (
    <p className="wrong">✗ {t('lessonWrong', { guess, answer: right })}</p>
  );
}

/** A sentence with what the event showed set in it, as code. */
function filled(sentence: string, values: Readonly<Record<string, string>>): readonly (string | JSX.Element)[] {
  return sentence.split(/(\{\w+\})/).map((part, index) => {
    const value = /^\{\w+\}$/.test(part) ? values[part.slice(1, -1)] : undefined;
    return value === undefined ? part : <code key={index}>{value}</code>;
  });
}

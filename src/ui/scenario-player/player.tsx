import { lazy, Suspense, useEffect, useState, type JSX } from 'react';
import { factsOf, userOf, type Ask, type Beat, type LessonFault } from '#scenarios/index.ts';
import { isAt, useLesson, verdict } from '../stores/lesson.ts';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { isTyping } from '../widgets/keys.ts';
import './player.css';

const LessonMap = lazy(() => import('./map.tsx'));

/** The button of the header that opens the map of lessons. */
export function LessonMenu(): JSX.Element {
  const t = useText();
  const [open, setOpen] = useState(location.hash.startsWith('#lesson='));
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t('lessons')}
      </button>
      {open ? (
        <Suspense>
          <LessonMap close={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
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
        <span className="progress">{index < 0 || count === 0 ? '' : `${Math.min(index + 1, count)} / ${count}`}</span>
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
          {t(phase === 'ask' ? 'lessonSkip' : count === 0 ? 'lessonRepair' : 'lessonNext')}
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
          {texts!.misconception === '' ? (
            <p>{texts!.goal}</p>
          ) : (
            <p>
              <em>{t('lessonBelief')}</em> {texts!.misconception}
            </p>
          )}
          {phase === 'boot' ? <p className="waiting">{t('loading')}</p> : null}
        </>
      );
    case 'ask':
      return <Question text={words?.ask ?? ''} ask={beat!.ask!} />;
    case 'playing':
      return <Waiting beat={beat} />;
    case 'shown': {
      const { last } = reached[index]!;
      return (
        <>
          <Verdict index={index} />
          <OffTrack index={index} />
          <p>{filled(words?.say ?? '', factsOf(last, reached[index - 1]?.last))}</p>
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
              {t('lessonSolution')} {scenario!.repair?.map((fault) => faultText(fault, t)).join(', ')}{' '}
              <code className="solution">{scenario!.solution.join('\n')}</code>
            </p>
          )}
        </>
      );
    case 'done':
      return <Done />;
  }
}

/** Where the learner has gone a way of their own: back to the lesson, in one step. */
function OffTrack({ index }: { readonly index: number }): JSX.Element | null {
  const t = useText();
  const { reached, goTo } = useLesson();
  const there = useSession((state) => state.frame !== undefined && isAt(state.frame, reached[index]!));
  return there ? null : (
    <p className="off-track">
      {t('lessonOffTrack')}{' '}
      <button type="button" onClick={() => goTo(index)}>
        {t('lessonReturn')}
      </button>
    </p>
  );
}

/** What the lesson comes to, and where to read on. */
function Done(): JSX.Element {
  const t = useText();
  const { scenario, texts } = useLesson();
  return (
    <>
      <p className="right">✓ {texts!.done}</p>
      {scenario!.links.length === 0 ? null : (
        <p className="links">
          {t('lessonLinks')}{' '}
          {scenario!.links.map((link) => (
            <a key={link} href={link} target="_blank" rel="noreferrer">
              {link.replace(/^https:\/\/(kubernetes\.io\/docs\/)?/, '').replace(/\/$/, '')}
            </a>
          ))}
        </p>
      )}
    </>
  );
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
  const faults = beat?.faults ?? [];
  return <p className="waiting">{faults.length === 0 ? t('lessonPlaying') : faults.map((fault) => faultText(fault, t)).join(', ')}</p>;
}

/** What is done to the cluster from outside, in words. */
function faultText(fault: LessonFault, t: ReturnType<typeof useText>): string {
  switch (fault.type) {
    case 'link':
      return `${t(fault.options === undefined ? 'healLink' : 'cutLink')}: ${fault.between.join(' – ')}`;
    case 'lose':
      return t('lessonLose', { label: fault.moment.label ?? '', process: fault.moment.process ?? '' });
    default:
      return `${t(`${fault.type}Process`)}: ${fault.address}`;
  }
}

/** A prediction to make: by choosing, by typing, or by pointing at the picture. */
function Question({ text, ask }: { readonly text: string; readonly ask: Ask }): JSX.Element {
  const t = useText();
  const answer = useLesson((state) => state.answer);
  return (
    <>
      <p className="question">{text}</p>
      {ask.kind === 'point' ? <p className="waiting">{t('lessonPoint')}</p> : null}
      {ask.kind === 'choice' ? (
        <div className="options">
          {ask.options.map((option) => (
            <button key={option} type="button" onClick={() => answer(option)}>
              {option}
            </button>
          ))}
        </div>
      ) : null}
      {ask.kind === 'value' ? (
        <form
          className="options"
          onSubmit={(event) => {
            event.preventDefault();
            const guess = new FormData(event.currentTarget).get('guess');
            if (typeof guess === 'string' && guess.trim() !== '') answer(guess);
          }}
        >
          <input name="guess" aria-label={text} autoComplete="off" autoFocus inputMode={ask.fact === 'seconds' ? 'numeric' : 'text'} />
          <button type="submit">{t('lessonAnswer')}</button>
        </form>
      ) : null}
    </>
  );
}

/** How a prediction compares with what happened. */
function Verdict({ index }: { readonly index: number }): JSX.Element | null {
  const t = useText();
  const guess = useLesson((state) => state.guess);
  const came = verdict(index);
  if (guess === undefined || came === undefined) return null;
  return came.right ? (
    <p className="right">✓ {t('lessonRight', { answer: came.answer })}</p>
  ) : (
    <p className="wrong">✗ {t('lessonWrong', { guess, answer: came.answer })}</p>
  );
}

/** A sentence with what the event showed set in it, as code. */
function filled(sentence: string, values: Readonly<Record<string, string>>): readonly (string | JSX.Element)[] {
  return sentence.split(/(\{\w+\})/).map((part, index) => {
    const value = /^\{\w+\}$/.test(part) ? values[part.slice(1, -1)] : undefined;
    return value === undefined ? part : <code key={index}>{value}</code>;
  });
}

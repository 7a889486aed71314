import { useEffect, useRef, useState, type ChangeEvent, type JSX } from 'react';
import { lessons, textsIn, type FormatProblem, type Lesson, type Part } from '#scenarios/index.ts';
import { lessonOfLink, lessonOfText, linkOfLesson, textOfLesson } from '../stores/lesson-files.ts';
import { importProgress, useLesson } from '../stores/lesson.ts';
import { useSettings } from '../stores/settings.ts';
import { useText } from '../text/index.ts';
import { download } from '../widgets/download.ts';
import './map.css';

const parts: readonly Part[] = ['story', 'watches', 'depth', 'challenge'];

/** All lessons by their parts: what they ask, how long they take, what is better taken before, and what is done. */
export default function LessonMap({ close }: { readonly close: () => void }): JSX.Element {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const [all, setAll] = useState<readonly Lesson[]>([]);
  const [notice, setNotice] = useState('');
  const finished = useLesson((state) => state.finished);
  const present = useLesson((state) => state.lesson);
  const open = (lesson: Lesson): void => {
    close();
    void useLesson.getState().open(lesson);
  };
  /** Opens what somebody gave, or says in a sentence what is wrong with it, and where. */
  const receive = (given: Lesson | FormatProblem): void => {
    if ('scenario' in given) return open(given);
    const { place, reason, wanted } = given;
    setNotice(t('lessonRefused', { place: place === '' ? t('lessonWhole') : place, reason: t(`lessonBad_${reason}`, { wanted }) }));
  };
  useEffect(() => {
    dialog.current?.showModal();
    void Promise.all(lessons.map((listed) => listed.load())).then(setAll);
    const link = /^#lesson=(.+)$/.exec(location.hash)?.[1];
    if (link === undefined) return;
    history.replaceState(null, '', location.pathname + location.search);
    void lessonOfLink(link).then(receive);
    // Once, when the map opens.
  }, []);
  const readFile = (event: ChangeEvent<HTMLInputElement>, read: (text: string) => void): void => {
    void event.target.files?.[0]?.text().then(read);
    event.target.value = '';
  };
  const share = async (lesson: Lesson): Promise<void> => {
    const url = `${location.href.replace(/#.*/, '')}#lesson=${await linkOfLesson(lesson)}`;
    await navigator.clipboard.writeText(url).then(
      () => setNotice(t('lessonCopied')),
      () => setNotice(url),
    );
  };
  return (
    <dialog
      className="lesson-map"
      ref={dialog}
      aria-label={t('lessons')}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <header>
        <h2>{t('lessons')}</h2>
        <span>
          {all.length === 0
            ? ''
            : t('lessonsDone', { done: all.filter(({ scenario }) => finished.includes(scenario.id)).length, all: all.length })}
        </span>
        <label className="file">
          {t('lessonOpenFile')}
          <input type="file" accept=".json,application/json" onChange={(event) => readFile(event, (text) => receive(lessonOfText(text)))} />
        </label>
        <button type="button" onClick={() => download('kube-orrery-progress.json', JSON.stringify(finished), 'application/json')}>
          {t('progressExport')}
        </button>
        <label className="file">
          {t('progressImport')}
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => readFile(event, (text) => setNotice(t(importProgress(text) ? 'progressRead' : 'progressRefused')))}
          />
        </label>
        <button type="button" onClick={close}>
          {t('close')}
        </button>
      </header>
      <p className="notice" role="status">
        {notice}
      </p>
      {present === undefined ? null : (
        <p className="present">
          {t('lessonPresent', { title: textsIn(present.texts, useSettings.getState().language).title })}{' '}
          <button type="button" onClick={() => void share(present)}>
            {t('lessonShare')}
          </button>{' '}
          <button type="button" onClick={() => download(`${present.scenario.id}.json`, textOfLesson(present), 'application/json')}>
            {t('lessonExport')}
          </button>
        </p>
      )}
      {parts.map((part) => (
        <Section key={part} part={part} all={all} open={open} />
      ))}
    </dialog>
  );
}

interface SectionProps {
  readonly part: Part;
  readonly all: readonly Lesson[];
  readonly open: (lesson: Lesson) => void;
}

function Section({ part, all, open }: SectionProps): JSX.Element {
  const t = useText();
  const language = useSettings((state) => state.language);
  const finished = useLesson((state) => state.finished);
  const titleOf = (id: string): string => {
    const lesson = all.find(({ scenario }) => scenario.id === id);
    return lesson === undefined ? id : textsIn(lesson.texts, language).title;
  };
  return (
    <section aria-label={t(`part_${part}`)}>
      <h3>{t(`part_${part}`)}</h3>
      <div className="cards">
        {all
          .filter(({ scenario }) => scenario.part === part)
          .map((lesson) => {
            const { id, minutes, after = [] } = lesson.scenario;
            const { title, question } = textsIn(lesson.texts, language);
            const missing = after.filter((before) => !finished.includes(before));
            return (
              <button key={id} type="button" data-lesson={id} onClick={() => open(lesson)}>
                <b>
                  {title}
                  {finished.includes(id) ? (
                    <em role="img" aria-label={t('lessonDone')}>
                      {' ✓'}
                    </em>
                  ) : null}
                </b>
                <span>{question}</span>
                <small>
                  {t('lessonMinutes', { minutes })}
                  {missing.length === 0 ? '' : ` · ${t('lessonAfter', { titles: missing.map(titleOf).join(', ') })}`}
                </small>
              </button>
            );
          })}
      </div>
    </section>
  );
}

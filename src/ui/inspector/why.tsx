import { useEffect, useRef, useState, type JSX } from 'react';
import { stringify } from 'yaml';
import type { Inspected, SessionAnswers, SessionQuery } from '#session/port.ts';
import type { FieldPath } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { clock } from '../timeline/clock.ts';
import { askerOf, Chain } from './chain.tsx';

type Target = Extract<Inspected, { readonly type: 'object' }>['target'];

/** The answer for an object as it is at a revision: asked anew when it is written. */
function useOnce<Q extends Extract<SessionQuery, { readonly type: 'why-field' | 'why-not' }>>(
  query: Q,
  revision: unknown,
): { readonly answer: SessionAnswers[Q['type']] } | undefined {
  const question = JSON.stringify(query);
  const [found, setFound] = useState<{ readonly question: string; readonly answer: SessionAnswers[Q['type']] }>();
  useEffect(() => {
    let current = true;
    void port.ask(JSON.parse(question) as Q).then((answer) => current && setFound({ question, answer }));
    return () => {
      current = false;
    };
  }, [question, revision]);
  return found?.question === question ? found : undefined;
}

const shortest = (value: unknown): string => {
  const text = typeof value === 'object' ? stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trim() : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

interface WhyProps {
  readonly target: Target;
  readonly path: FieldPath;
  /** The object's newest revision. */
  readonly revision: number;
  readonly close: () => void;
}

/** Who wrote a field last, and what led to it. */
export function Why({ target, path, revision, close }: WhyProps): JSX.Element {
  const t = useText();
  const epoch = useSession((state) => state.frame?.epoch ?? 0);
  const found = useOnce({ type: 'why-field', target, path }, revision);
  const [waiting, answer] = [found === undefined, found?.answer];
  const element = useRef<HTMLElement>(null);
  // Whoever asks wants to read the answer, wherever the line is that was asked about.
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'nearest' });
  }, [answer]);
  return (
    <section className="why" ref={element} aria-label={t('why')}>
      <header>
        <b>{t('whyField', { path: path.length === 0 ? t('whyObject') : path.join('.') })}</b>
        <button type="button" aria-label={t('close')} onClick={close}>
          ✕
        </button>
      </header>
      {waiting ? null : answer === undefined || answer.chain.length === 0 ? (
        <p>{t('whyUnknown')}</p>
      ) : (
        <>
          <p>
            {t('whyWritten', { at: clock(answer.at - epoch), manager: askerOf(answer.chain) ?? answer.manager, revision: answer.revision })}{' '}
            {path.length === 0 || answer.before === undefined ? '' : t('wasBefore', { value: shortest(answer.before) })}
          </p>
          <Chain entries={answer.chain} />
        </>
      )}
    </section>
  );
}

/** What keeps an object from being as one would have it; nothing where nothing does. */
export function WhyNot({ target, revision }: { readonly target: Target; readonly revision: unknown }): JSX.Element | null {
  const t = useText();
  const reasons = useOnce({ type: 'why-not', target }, revision)?.answer;
  if (reasons === undefined || reasons.length === 0) return null;
  return (
    <section className="why not" aria-label={t('whyNot')}>
      <b>{t('whyNot')}</b>
      <ul>
        {reasons.map(({ code, values }, index) => (
          <li key={index}>{t(`no_${code}`, values)}</li>
        ))}
      </ul>
    </section>
  );
}

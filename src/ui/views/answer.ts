import { useEffect, useRef, useState } from 'react';
import type { SessionAnswers, SessionQuery } from '#session/port.ts';
import { port, useSession } from '../stores/session.ts';

/** While time passes, views are content with an answer that is this old; wall milliseconds. */
const restMs = 200;

/** The answer to a question at the cursor: asked anew when time has moved or the question is another one, never twice at once. */
export function useAnswer<Q extends SessionQuery>(query: Q): SessionAnswers[Q['type']] | undefined {
  const [found, setFound] = useState<{ readonly question: string; readonly answer: SessionAnswers[Q['type']] }>();
  const [answered, setAnswered] = useState('');
  const asking = useRef(false);
  const seq = useSession((state) => state.frame?.seq);
  const branch = useSession((state) => state.frame?.branch);
  const playing = useSession((state) => state.frame?.playing ?? false);
  const question = JSON.stringify(query);
  const wanted = `${question} ${branch ?? ''} ${seq ?? ''}`;
  useEffect(() => {
    if (asking.current || answered === wanted) return;
    asking.current = true;
    void port.ask(JSON.parse(question) as Q).then((answer) => {
      setFound({ question, answer });
      setTimeout(
        () => {
          asking.current = false;
          setAnswered(wanted);
        },
        playing ? restMs : 0,
      );
    });
  }, [wanted, answered, question, playing]);
  return found?.question === question ? found.answer : undefined;
}

import { useEffect, useRef, useState } from 'react';
import type { ViewAnswers } from '#session/view-port.ts';
import { port, useSession } from '../stores/session.ts';

type Answer = ViewAnswers['ladder'];

/** More rows than this nobody scrolls through; the newest are kept. */
const most = 4000;
const restMs = 120;

interface Collected extends Answer {
  readonly question: string;
}

const nothing: Answer = { rungs: [], gates: [], to: 0 };

/** The messages of the run as far as it was played: only what is new is asked for as it goes on. */
export function useRungs(story: number | undefined, chatter: boolean): Answer {
  const branch = useSession((state) => state.frame?.branch ?? '');
  const head = useSession((state) => state.frame?.head.seq ?? 0);
  const epoch = useSession((state) => `${state.frame?.cluster.shape ?? ''} ${state.frame?.cluster.seed ?? ''}`);
  const question = JSON.stringify([epoch, branch, story, chatter]);
  const [collected, setCollected] = useState<Collected>({ ...nothing, question: '' });
  const [turn, setTurn] = useState(0);
  const asking = useRef(false);
  // A run that was begun anew is shorter than what is known of it.
  const known = collected.question === question && collected.to <= head ? collected : undefined;
  useEffect(() => {
    const from = known === undefined ? 0 : known.to + 1;
    if (asking.current || (known !== undefined && known.to >= head)) return;
    asking.current = true;
    void port.ask({ type: 'ladder', from, story, chatter, limit: most }).then(({ rungs, gates, to }) => {
      const before = known ?? nothing;
      setCollected({ question, to, rungs: [...before.rungs, ...rungs].slice(-most), gates: [...before.gates, ...gates].slice(-most * 6) });
      setTimeout(() => {
        asking.current = false;
        setTurn((last) => last + 1);
      }, restMs);
    });
  }, [head, question, turn, known, story, chatter]);
  return known ?? nothing;
}

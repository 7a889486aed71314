import type { Tempo } from '#session/port.ts';
import { useLesson } from './lesson.ts';
import { port, useSession } from './session.ts';

const everyMs = 30;

/** The jump that is under way, and the tempo to go on at after it. */
let going: { readonly timer: number; readonly tempo: Tempo } | undefined;

/**
 * Goes to a beat of the lesson that is open: back to where it was found, or on as fast as possible, with questions on the
 * way passed over.
 */
export function jumpTo(index: number): void {
  const { scenario } = useLesson.getState();
  goBackTo(index);
  const tempo = going?.tempo ?? useSession.getState().frame?.tempo ?? { mode: 'readable' };
  clearInterval(going?.timer);
  port.send({ type: 'tempo', tempo: { mode: 'fastest' } });
  const timer = window.setInterval(() => {
    const { scenario: open, phase, index: at, next } = useLesson.getState();
    const there = at >= index && phase !== 'ask' && phase !== 'playing' && phase !== 'boot';
    if (there || open !== scenario) {
      clearInterval(timer);
      going = undefined;
      port.send({ type: 'tempo', tempo });
    } else if (phase === 'intro' || phase === 'ask' || phase === 'shown') next();
  }, everyMs);
  going = { timer, tempo };
}

/** From beat to beat, as far as there is a way back. */
function goBackTo(index: number): void {
  for (let at = useLesson.getState().index; at > index;) {
    useLesson.getState().back();
    const now = useLesson.getState().index;
    if (now === at) return;
    at = now;
  }
}

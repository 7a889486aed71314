import { useEffect } from 'react';
import { lessons } from '#scenarios/index.ts';
import { jumpTo } from '../stores/jump.ts';
import { useLesson } from '../stores/lesson.ts';
import { tell } from '../stores/session.ts';
import { askedLesson, askedStep, isEmbedded } from './place.ts';

/** What the page around this one is told; `source` tells it from what others send. */
type Told =
  | { readonly type: 'step'; readonly scenario: string; readonly step: number; readonly steps: number; readonly phase: string }
  | { readonly type: 'size'; readonly width: number; readonly height: number };

function toParent(told: Told): void {
  // Nothing in it is secret, and who embeds the page is not known.
  if (window.parent !== window) window.parent.postMessage({ source: 'kube-orrery', ...told }, '*');
}

async function openAsked(): Promise<void> {
  if (askedLesson === undefined) return;
  if (!lessons.some(({ id }) => id === askedLesson))
    return tell({ code: 'embed.lesson', values: { id: askedLesson, known: lessons.map(({ id }) => id).join(', ') } });
  await useLesson.getState().open(askedLesson);
  const steps = useLesson.getState().scenario?.beats.length ?? 0;
  if (askedStep === undefined) return;
  const step = Number(askedStep);
  if (Number.isInteger(step) && step >= 1 && step <= steps) jumpTo(step - 1);
  else tell({ code: 'embed.step', values: { step: askedStep, count: String(steps) } });
}

/** In another page: opens what the address asks for, and tells that page where the lesson is and how large this page is. */
export function useEmbedding(): void {
  useEffect(() => {
    if (!isEmbedded) return;
    void openAsked();
    const told = useLesson.subscribe(({ scenario, index, phase }) => {
      if (scenario !== undefined) toParent({ type: 'step', scenario: scenario.id, step: index + 1, steps: scenario.beats.length, phase });
    });
    const size = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      toParent({ type: 'size', width, height });
    });
    size.observe(document.body);
    return () => {
      told();
      size.disconnect();
    };
  }, []);
}

import type { JournalEntry, Millis } from '#kernel/types.ts';
import type { Tempo } from './port.ts';

/**
 * How virtual time passes on the wall. In the readable tempo every hop of the foreground gets about `hopWallMs` on
 * screen, whatever its virtual length: events closer together than `sameHopMs` share a hop, longer waits get a little
 * more with the logarithm of their length, and background traffic counts for nothing.
 */
const hopWallMs = 420;
const sameHopMs = 0.25;
const longWaitMs = 10;
const longestHopFactor = 3;

/** How much of a hop an event is: messages between machines count fully, timers and talk inside a binary less. */
export function hopWeight(entry: JournalEntry): number {
  if (entry.kind === 'input') return 0.5;
  if (entry.kind === 'timer') return 0.35;
  return sameBinary(entry.from, entry.process) ? 0.1 : 1;
}

function sameBinary(from: string, to: string): boolean {
  return from === to || from.startsWith(`${to}/`) || to.startsWith(`${from}/`);
}

/** Wall milliseconds that the way from one foreground event to the next should take on screen. */
function wallForGap(gapMs: Millis, weight: number): number {
  const share = Math.min(1, gapMs / sameHopMs);
  const wait = gapMs > longWaitMs ? Math.min(longestHopFactor, 1 + 0.5 * Math.log10(gapMs / longWaitMs)) : 1;
  return Math.max(1, hopWallMs * share * wait * Math.max(weight, wait > 1 ? 1 : 0));
}

/**
 * Virtual milliseconds per wall millisecond at a moment.
 * @param next the next foreground event and how long ago (virtual) the hop towards it began; undefined when nothing but background traffic is ahead
 */
export function rateOf(tempo: Tempo, next: { readonly gapMs: Millis; readonly weight: number } | undefined): number {
  switch (tempo.mode) {
    case 'factor':
      return tempo.factor;
    case 'fastest':
      return Number.POSITIVE_INFINITY;
    case 'readable':
      return next === undefined ? 1 : next.gapMs / wallForGap(next.gapMs, next.weight);
  }
}

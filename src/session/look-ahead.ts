import type { History } from '#kernel/history.ts';
import type { JournalEntry, Millis, Sequence } from '#kernel/types.ts';
import { isForeground } from './branch.ts';
import { hopWeight } from './tempo.ts';

/** How far ahead of the cursor the next foreground event is looked for. */
const lookaheadEvents = 600;
const lookaheadMs = 60_000;

/** The next event of the foreground: when, how much it weighs, and from where it was seen. */
export interface Ahead {
  readonly from: Sequence;
  readonly fromTime: Millis;
  readonly at: Millis;
  readonly weight: number;
}

/** Knows what comes next, so that a readable tempo can give every hop its time. */
export class LookAhead {
  private known: Ahead | undefined;

  /** To be called when the future may be another one. */
  forget(): void {
    this.known = undefined;
  }

  /** The next foreground event, found by simulating a little ahead and coming back. */
  next(history: History): Ahead | undefined {
    const { seq, now } = history.world;
    if (this.known !== undefined && this.known.from <= seq && this.known.at > now) return this.known;
    let found: JournalEntry | undefined;
    history.advance({
      untilTime: now + lookaheadMs,
      maxEvents: lookaheadEvents,
      until: (entry) => {
        if (!isForeground(entry) || entry.at <= now) return false;
        found = entry;
        return true;
      },
    });
    history.seek({ seq, time: now });
    this.known = found === undefined ? undefined : { from: seq, fromTime: now, at: found.at, weight: hopWeight(found) };
    return this.known;
  }
}

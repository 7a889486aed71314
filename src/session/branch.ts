import type { History } from '#kernel/history.ts';
import type { JournalEntry, Millis, Sequence } from '#kernel/types.ts';
import type { BranchSummary } from './port.ts';
import { Timeline } from './timeline.ts';

/**
 * One course of events: a history and how far of it has been played. The session may simulate a little ahead of what
 * has been played (to know what comes next); that future has not happened for anybody yet and is dropped when an input
 * comes.
 */
export class Branch {
  /** The last event that has been played, and when. */
  playedSeq: Sequence = 0;
  playedTime: Millis;

  constructor(
    readonly id: string,
    public name: string,
    readonly parent: string | undefined,
    readonly forkedAt: Millis,
    public history: History,
    readonly timeline: Timeline,
  ) {
    this.playedTime = forkedAt;
  }

  /** Whether the cursor is in what has been played already. */
  get inPast(): boolean {
    return this.history.world.seq < this.playedSeq;
  }

  /** Marks everything up to the cursor as played. */
  play(): void {
    const { world } = this.history;
    if (world.now > this.playedTime) this.playedTime = world.now;
    if (world.seq <= this.playedSeq) return;
    for (const entry of this.history.entries(this.timeline.seq + 1, world.seq)) this.timeline.add(entry);
    this.playedSeq = world.seq;
  }

  summary(): BranchSummary {
    return { id: this.id, name: this.name, parent: this.parent, forkedAt: this.forkedAt, headTime: this.playedTime };
  }
}

/** Whether an entry belongs to what a person follows: not background traffic and not the kernel's own business. */
export function isForeground(entry: JournalEntry): boolean {
  return !entry.chatter && entry.process !== 'kernel';
}

/** The last event of the foreground before the cursor; 0 where there is none. */
export function previousForeground({ history }: Branch): Sequence {
  for (let seq = history.world.seq - 1; seq > 0; seq--) {
    const entry = history.entry(seq);
    if (entry !== undefined && isForeground(entry)) return seq;
  }
  return 0;
}

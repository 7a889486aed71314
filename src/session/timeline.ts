import type { JournalEntry, Message, Millis } from '#kernel/types.ts';
import type { TimelineLane, TimelineMark } from './port.ts';
import { readMessage } from './packets.ts';

const maxBuckets = 600;
const maxMarks = 400;
const firstBucketMs = 100;

interface Lane {
  readonly id: string;
  counts: number[];
}

/**
 * What the timeline shows of a run: how busy each component was in each stretch of virtual time, and the moments worth
 * a mark. It is fed each journal entry once, in order; when the run outgrows its buckets, they become twice as long.
 */
export class Timeline {
  private lanes = new Map<string, Lane>();
  private marks: TimelineMark[] = [];
  private bucketMs: Millis = firstBucketMs;
  /** The last entry that has been counted. */
  private seen = 0;
  private view: { readonly lanes: readonly TimelineLane[]; readonly marks: readonly TimelineMark[]; readonly bucketMs: Millis } | undefined;

  constructor(private readonly epoch: Millis) {}

  get seq(): number {
    return this.seen;
  }

  /** The same timeline up to an entry: for a branch. Buckets are cut at the entry's time. */
  fork(seq: number, at: Millis): Timeline {
    const copy = new Timeline(this.epoch);
    copy.bucketMs = this.bucketMs;
    copy.seen = Math.min(seq, this.seen);
    const buckets = Math.floor((at - this.epoch) / this.bucketMs) + 1;
    for (const lane of this.lanes.values()) copy.lanes.set(lane.id, { id: lane.id, counts: lane.counts.slice(0, buckets) });
    copy.marks = this.marks.filter((mark) => mark.seq <= seq);
    return copy;
  }

  /** Counts one entry; entries already counted are ignored. */
  add(entry: JournalEntry): void {
    if (entry.seq <= this.seen) return;
    this.seen = entry.seq;
    const id = laneOf(entry.process, entry.definition);
    if (id !== undefined && !entry.chatter) this.count(id, entry.at);
    const mark = markOf(entry, id ?? entry.process);
    if (mark !== undefined && this.marks.length < maxMarks) this.marks.push(mark);
    this.view = undefined;
  }

  /** What the frame carries; the same reference until something was added. */
  get state(): { readonly lanes: readonly TimelineLane[]; readonly marks: readonly TimelineMark[]; readonly bucketMs: Millis } {
    this.view ??= {
      lanes: [...this.lanes.values()].map((lane) => ({ id: lane.id, label: lane.id, counts: lane.counts.slice() })),
      marks: this.marks.slice(),
      bucketMs: this.bucketMs,
    };
    return this.view;
  }

  private count(id: string, at: Millis): void {
    let index = Math.floor((at - this.epoch) / this.bucketMs);
    while (index >= maxBuckets) {
      this.double();
      index = Math.floor((at - this.epoch) / this.bucketMs);
    }
    let lane = this.lanes.get(id);
    if (lane === undefined) {
      lane = { id, counts: [] };
      this.lanes.set(id, lane);
    }
    while (lane.counts.length <= index) lane.counts.push(0);
    lane.counts[index] = lane.counts[index]! + 1;
  }

  private double(): void {
    this.bucketMs *= 2;
    for (const lane of this.lanes.values()) {
      const halved: number[] = [];
      for (let i = 0; i < lane.counts.length; i += 2) halved.push(lane.counts[i]! + (lane.counts[i + 1] ?? 0));
      lane.counts = halved;
    }
  }
}

/** The lane of a process: its component; workers share one lane per node, and kernel events have none. */
function laneOf(process: string, definition: string): string | undefined {
  if (definition === 'kernel' || process === 'kernel') return undefined;
  const parts = process.split('/');
  return parts.length < 2 ? process : `${parts[0]}/${parts[1]}`;
}

interface FaultMessage extends Message {
  readonly address?: string;
  readonly host?: string;
  readonly between?: readonly string[];
}

/** What was done from outside, and to what: `restart node-1/kubelet`, `link alice – minikube`. */
function faultLabel({ type, address, host, between }: FaultMessage): string {
  return `${type.slice('fault.'.length)} ${address ?? host ?? between?.join(' – ') ?? ''}`.trim();
}

function markOf(entry: JournalEntry, lane: string): TimelineMark | undefined {
  const { at, seq, message } = entry;
  if (entry.kind === 'input') {
    if (message.type === 'terminal.line')
      return { at, seq, lane, type: 'command', label: (message as { readonly line?: string }).line ?? '' };
    if (message.type.startsWith('fault.')) return { at, seq, lane, type: 'fault', label: faultLabel(message) };
    return undefined;
  }
  if (entry.chatter || message.type !== 'http.response') return undefined;
  const reading = readMessage(message);
  return reading.kind === 'error' ? { at, seq, lane, type: 'error', label: reading.label } : undefined;
}

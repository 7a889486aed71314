import { digestText } from './digest.ts';
import type { WorldState } from './state.ts';
import type { Input, JournalEntry, Millis, Packet, Sequence, WorldOptions } from './types.ts';
import { createWorld, World, type WorldChecks } from './world.ts';

/** An input and where in the run it came: after event `seq`, at time `at`. With the world's options these are the run. */
export interface RecordedInput {
  readonly seq: Sequence;
  readonly at: Millis;
  readonly input: Input;
}

/** How much of a run is kept in memory. Everything else is simulated again when it is asked for. */
export interface HistoryOptions extends WorldChecks {
  /** Events between two key frames. */
  readonly frameEvery?: number | undefined;
  /** Journal chunks (of `frameEvery` events) that are kept; older ones are recovered by simulation. */
  readonly keepChunks?: number | undefined;
}

const defaultFrameEvery = 128;
const defaultKeepChunks = 1600;
const recoveredChunks = 8;

/** The journal of the events between two key frames. */
interface Chunk {
  readonly entries: JournalEntry[];
  readonly packets: Packet[];
  readonly firstPacket: number;
}

/** How far to simulate. All limits may be given together; the first that is reached ends it. */
export interface AdvanceOptions {
  readonly untilTime?: Millis | undefined;
  readonly maxEvents?: number | undefined;
  readonly until?: ((entry: JournalEntry) => boolean) | undefined;
}

/**
 * A run that can be gone through in both directions. The world changes in place; a key frame is an image of it, which
 * costs copies of what changes afterwards. Any moment between two frames is reached by simulating from the earlier one.
 */
export class History {
  /** The world at the cursor. */
  readonly world: World;
  private readonly frameEvery: number;
  private readonly keepChunks: number;
  private readonly recovered = new Map<number, Chunk>();
  /** The end of the run, while the cursor is in its past; at the head it is the world itself. */
  private headState: WorldState | undefined;

  private constructor(
    readonly options: WorldOptions,
    private readonly settings: HistoryOptions,
    private frames: WorldState[],
    private chunks: (Chunk | undefined)[],
    private recorded: readonly RecordedInput[],
    state: WorldState,
  ) {
    this.frameEvery = settings.frameEvery ?? defaultFrameEvery;
    this.keepChunks = settings.keepChunks ?? defaultKeepChunks;
    this.world = new World(options, settings, state);
  }

  /** See createHistory. */
  static begin(options: WorldOptions, settings: HistoryOptions): History {
    const state = createWorld(options, settings).freeze();
    return new History(options, settings, [state], [], [], state);
  }

  /** How far this run has been simulated. */
  get head(): { readonly seq: Sequence; readonly time: Millis } {
    const { seq, now } = this.headState ?? this.world;
    return { seq, time: now };
  }

  /** A digest of the run up to its head. */
  get hash(): string {
    return this.headState === undefined ? this.world.hash() : digestText(this.headState);
  }

  /** The inputs so far, in order. */
  inputs(): readonly RecordedInput[] {
    return this.recorded;
  }

  /**
   * Goes to a moment: after event `seq`, or after all events up to `time`. With both, to that time between events.
   * Moments beyond the head are not reached; the head is.
   */
  seek(to: { readonly seq: Sequence; readonly time?: Millis } | { readonly time: Millis; readonly seq?: undefined }): void {
    if (to.seq === undefined) {
      this.seekTime(to.time);
      return;
    }
    this.seekSeq(Math.max(0, Math.min(to.seq, this.head.seq)));
    if (to.time !== undefined && to.time > this.world.now) this.world.wait(to.time);
  }

  /** One event forward: over the known past, or by simulating. Returns its entry; undefined when nothing is to come. */
  step(): JournalEntry | undefined {
    if (this.headState !== undefined) {
      this.replayOne();
      return this.entry(this.world.seq);
    }
    const entry = this.world.step();
    if (entry !== undefined) this.keep(entry);
    return entry;
  }

  /** One event back. */
  stepBack(): void {
    if (this.world.seq > 0) this.seekSeq(this.world.seq - 1);
  }

  /** Goes forward. Returns the number of events passed. */
  advance({ untilTime = Number.POSITIVE_INFINITY, maxEvents = Number.POSITIVE_INFINITY, until }: AdvanceOptions): number {
    let count = 0;
    while (count < maxEvents) {
      if (this.headState !== undefined) this.feed(untilTime);
      const next = this.world.nextAt();
      if (next === undefined || next > untilTime) break;
      const entry = this.step();
      if (entry === undefined) break;
      count++;
      if (until?.(entry) === true) return count;
    }
    if (Number.isFinite(untilTime) && count < maxEvents) {
      this.world.wait(untilTime);
    }
    return count;
  }

  /**
   * Puts an input in at the cursor. At the head the run goes on with it; in the past it starts another run, which is
   * returned: the run that this one would have been.
   */
  input(input: Input): History {
    if (this.headState !== undefined) return this.fork().input(input);
    this.recorded = [...this.recorded, { seq: this.world.seq, at: this.world.now, input }];
    this.world.input(input);
    return this;
  }

  /** Another run with the same past up to the cursor. Neither disturbs the other. */
  fork(): History {
    if (this.headState !== undefined) this.feed(this.world.now);
    const { seq, now } = this.world;
    const frames = this.frames.slice(0, Math.floor(seq / this.frameEvery) + 1);
    const chunks = this.chunks.slice(0, Math.ceil(seq / this.frameEvery));
    const last = chunks.length - 1;
    const partial = chunks[last];
    const count = seq - last * this.frameEvery;
    if (last >= 0 && partial !== undefined && count < partial.entries.length) chunks[last] = cut(partial, count);
    const recorded = this.recorded.filter((item) => item.seq < seq || (item.seq === seq && item.at <= now));
    return new History(this.options, this.settings, frames, chunks, recorded, this.world.freeze());
  }

  /** Takes up recorded inputs: simulates to each and puts it in. Throws when a position does not exist in this run. */
  replay(inputs: readonly RecordedInput[]): void {
    for (const { seq, at, input } of inputs) {
      this.advance({ maxEvents: seq - this.world.seq, untilTime: at });
      if (this.world.seq !== seq) throw new Error(`history: the run has no event ${seq}; the inputs are those of another run`);
      this.world.wait(at);
      this.input(input);
    }
  }

  /** One event of the journal; undefined for numbers outside of the run. */
  entry(seq: Sequence): JournalEntry | undefined {
    if (seq < 1 || seq > this.head.seq) return undefined;
    const index = Math.floor((seq - 1) / this.frameEvery);
    return this.chunk(index)?.entries[seq - 1 - index * this.frameEvery];
  }

  /** The events from `from` to `to`, both included. */
  *entries(from: Sequence, to: Sequence): Generator<JournalEntry> {
    for (let seq = Math.max(1, from); seq <= to; seq++) {
      const entry = this.entry(seq);
      if (entry === undefined) return;
      yield entry;
    }
  }

  /** A packet by its number. */
  packet(id: number): Packet | undefined {
    if (id < 1 || id >= (this.headState ?? this.world.facts).nextPacket) return undefined;
    let low = 0;
    let high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.frames[middle]!.nextPacket <= id) low = middle;
      else high = middle - 1;
    }
    const chunk = this.chunk(low);
    return chunk?.packets[id - chunk.firstPacket];
  }

  /** The chain of causes of an event, from the event itself back to its root. */
  causes(seq: Sequence): readonly JournalEntry[] {
    const chain: JournalEntry[] = [];
    for (let entry = this.entry(seq); entry !== undefined; entry = this.entry(entry.cause)) chain.push(entry);
    return chain;
  }

  private seekTime(time: Millis): void {
    if (time >= this.head.time) return this.seekSeq(this.head.seq);
    let low = 0;
    let high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.frames[middle]!.now <= time) low = middle;
      else high = middle - 1;
    }
    const near = this.world.now <= time && this.world.seq >= this.frames[low]!.seq;
    if (!near) this.goTo(this.frames[low]!);
    while (this.headState !== undefined && this.replayOne(time));
    if (this.world.now < time) this.world.wait(Math.min(time, this.head.time));
  }

  private seekSeq(seq: Sequence): void {
    if (seq === this.head.seq) {
      if (this.headState !== undefined) this.goTo(this.headState);
      return;
    }
    const frame = this.frames[Math.floor(seq / this.frameEvery)]!;
    if (this.world.seq > seq || this.world.seq < frame.seq) this.goTo(frame);
    while (this.world.seq < seq) this.replayOne();
  }

  /** Puts the cursor on a kept state. */
  private goTo(state: WorldState): void {
    const head = this.headState ?? this.world.freeze();
    const arrived = state.seq === head.seq;
    this.world.restore(arrived ? head : state);
    this.headState = arrived ? undefined : head;
  }

  /** One event over the known past: with the inputs that came there. False when the next one is later than `limit`. */
  private replayOne(limit = Number.POSITIVE_INFINITY): boolean {
    this.feed(limit);
    const next = this.world.nextAt();
    if (next === undefined || next > limit) return false;
    this.world.step();
    if (this.headState !== undefined && this.world.seq === this.headState.seq) this.goTo(this.headState);
    return true;
  }

  /** Puts in the inputs that were recorded at this position, unless the state has them already. */
  private feed(until = Number.POSITIVE_INFINITY): void {
    const { seq } = this.world;
    let low = 0;
    let high = this.recorded.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.recorded[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    for (let index = low; this.recorded[index]?.seq === seq; index++) {
      const { at, input } = this.recorded[index]!;
      if (at > until) return;
      if (this.pending(input)) continue;
      this.world.wait(at);
      this.world.input(input);
    }
  }

  private pending(input: Input): boolean {
    for (const item of this.world.queueItems()) if (item.kind === 'input' && item.input === input) return true;
    return false;
  }

  private keep(entry: JournalEntry): void {
    const { frameEvery, chunks } = this;
    const index = Math.floor((entry.seq - 1) / frameEvery);
    let chunk = chunks[index];
    if (chunk === undefined) {
      chunk = { entries: [], packets: [], firstPacket: entry.firstPacket };
      chunks[index] = chunk;
      if (index >= this.keepChunks) chunks[index - this.keepChunks] = undefined;
    }
    chunk.entries.push(entry);
    for (const packet of this.world.sent) chunk.packets.push(packet);
    if (entry.seq % frameEvery === 0) this.frames[entry.seq / frameEvery] = this.world.freeze();
  }

  private chunk(index: number): Chunk | undefined {
    const kept = this.chunks[index] ?? this.recovered.get(index);
    if (kept !== undefined || this.frames[index] === undefined) return kept;
    const chunk = this.recover(index);
    this.recovered.set(index, chunk);
    for (const old of this.recovered.keys()) if (this.recovered.size > recoveredChunks) this.recovered.delete(old);
    return chunk;
  }

  private recover(index: number): Chunk {
    const present = this.world.freeze();
    const last = Math.min((index + 1) * this.frameEvery, this.head.seq);
    this.world.restore(this.frames[index]!);
    const chunk: Chunk = { entries: [], packets: [], firstPacket: this.world.facts.nextPacket };
    while (this.world.seq < last) {
      this.feed();
      const entry = this.world.step();
      if (entry === undefined) break;
      chunk.entries.push(entry);
      chunk.packets.push(...this.world.sent);
    }
    this.world.restore(present);
    return chunk;
  }
}

function cut(chunk: Chunk, count: number): Chunk {
  const entries = chunk.entries.slice(0, count);
  const last = entries.at(-1);
  const packets = last === undefined ? 0 : last.firstPacket + last.packetCount - chunk.firstPacket;
  return { entries, packets: chunk.packets.slice(0, packets), firstPacket: chunk.firstPacket };
}

/** A history at time zero. Throws as createWorld does. */
export function createHistory(options: WorldOptions, settings: HistoryOptions = {}): History {
  return History.begin(options, settings);
}

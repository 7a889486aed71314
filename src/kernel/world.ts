import { EventQueue } from '#base/event-queue.ts';
import { hash32, seedRandom } from '#base/random.ts';
import { SortedMap } from '#base/sorted-map.ts';
import { Vector } from '#base/vector.ts';
import { digestText, mix } from './digest.ts';
import { carryOut } from './effects.ts';
import { clockOf, diskDelay, later } from './faults.ts';
import { deepFreeze } from './freeze.ts';
import { applyInput } from './inputs.ts';
import { hostOf, linkKey, quantize, route } from './network.ts';
import { causeOf, delayType, isDelay, subjectOf } from './queue-items.ts';
import type { ProcessRecord, ProcessStart, QueueItem, TimerItem, Will, WorldFacts, WorldState } from './state.ts';
import type {
  Address,
  Delivered,
  Input,
  JournalEntry,
  Message,
  Millis,
  Origin,
  Packet,
  ProcessDefinition,
  ProcessView,
  Sequence,
  WorldOptions,
} from './types.ts';
import { compile, type CompiledMachine, type StepResult } from './xstate/compile.ts';

/** How a world checks itself; for tests. */
export interface WorldChecks {
  /** Freeze every message and file deeply, so that a component that changes one throws. */
  readonly freeze?: boolean | undefined;
  /** Rethrow what a process throws instead of ending it. */
  readonly strict?: boolean | undefined;
  /** Put whole messages into the hash instead of a digest. */
  readonly hashMessages?: boolean | undefined;
}

/** What a Go program exits with when it panics. */
const panicCode = 2;
/** What a Go program exits with that logs a fatal error. */
const fullDiskCode = 1;
/** 128 + SIGKILL. */
const killedCode = 137;
const noNotes: JournalEntry['notes'] = [];
const noPackets: readonly Packet[] = [];
const noTimers: readonly TimerItem[] = [];
const noLinks: readonly Address[] = [];
const noWills: readonly Will[] = [];

/**
 * A running world: takes the next item of the queue, gives it to its process and carries out what the process asks for.
 * It is changed in place; `freeze` gives its state as a value that can be kept and put back at any time.
 */
export class World {
  private readonly machines = new Map<string, CompiledMachine>();
  private readonly queue = new EventQueue<QueueItem>();
  private readonly slots = new Vector<ProcessRecord>();
  /** Which slot the process at an address has; made from the slots, and so no part of a state. */
  private readonly addresses = new Map<Address, number>();
  /** The entry that is being made while an event is handled. */
  private notes: JournalEntry['notes'] | undefined;
  private packets: Packet[] | undefined;
  /** Everything but the queue and the processes; for effects and inputs. */
  facts: WorldFacts;
  /** Packets sent by the last step, for the journal. */
  sent: readonly Packet[] = noPackets;

  constructor(
    readonly options: WorldOptions,
    private readonly checks: WorldChecks,
    state: WorldState,
  ) {
    for (const definition of options.definitions) this.machines.set(definition.name, compile(definition.machine));
    this.facts = state;
    this.restore(state);
  }

  /** The present state as a value. */
  freeze(): WorldState {
    return { ...this.facts, queue: this.queue.freeze(), processes: this.slots.freeze() };
  }

  /** Makes this world what the state shows. */
  restore(state: WorldState): void {
    const { queue, processes, ...facts } = state;
    this.queue.restore(queue);
    const arrived: ProcessRecord[] = [];
    this.slots.restore(processes, (before, after) => {
      if (before?.address === after?.address) return;
      if (before !== undefined) this.addresses.delete(before.address);
      if (after !== undefined) arrived.push(after);
    });
    // After all that left: an address may have moved to a slot that is compared earlier.
    for (const { address, slot } of arrived) this.addresses.set(address, slot);
    this.facts = facts;
  }

  get now(): Millis {
    return this.facts.now;
  }

  /** The number of events handled so far. */
  get seq(): Sequence {
    return this.facts.seq;
  }

  /** When the next event is due; undefined when nothing is to come. */
  nextAt(): Millis | undefined {
    return this.queue.first()?.at;
  }

  /** Puts an input into the queue, to be handled at the present time, after what is already due now. */
  input(input: Input): void {
    this.push({ at: this.facts.now, order: 0, kind: 'input', input });
  }

  /** Handles the next event. Returns its journal entry; undefined when nothing is to come. */
  step(): JournalEntry | undefined {
    const item = this.queue.shift();
    if (item === undefined) return undefined;
    if (item.at > this.facts.now) this.facts.now = item.at;
    return this.handle(item);
  }

  /**
   * Handles events until a time (which is then the present, even when nothing happened at it) or until one for which the
   * predicate holds. Returns the number of events handled.
   */
  runUntil(end: Millis | ((entry: JournalEntry) => boolean), maxEvents = Number.POSITIVE_INFINITY): number {
    let count = 0;
    while (count < maxEvents) {
      const next = this.nextAt();
      if (next === undefined || (typeof end === 'number' && next > end)) break;
      const entry = this.step();
      if (entry === undefined) break;
      count++;
      if (typeof end === 'function' && end(entry)) return count;
    }
    if (typeof end === 'number' && count < maxEvents) this.wait(end);
    return count;
  }

  /** Moves the present forward to a time before the next event. */
  wait(until: Millis): void {
    const next = this.nextAt();
    const target = next === undefined ? until : Math.min(until, next);
    if (target > this.facts.now) this.facts.now = target;
  }

  /** A running process, as it is now: what is to be kept longer than until the next event has to be copied. */
  process(address: Address): ProcessView | undefined {
    return this.record(address);
  }

  /** All running processes, by address. */
  *processes(): Generator<ProcessView> {
    for (const address of [...this.addresses.keys()].sort()) yield this.record(address)!;
  }

  disk(host: string): SortedMap<unknown> {
    return this.facts.disks.get(host) ?? SortedMap.empty();
  }

  /** Messages that have been sent and have not arrived. */
  packetsInFlight(): readonly Packet[] {
    const packets: Packet[] = [];
    for (const item of this.queue.items()) if (item.kind === 'message') packets.push(item.packet);
    return packets.sort((a, b) => a.id - b.id);
  }

  /** What is to come, in no particular order. */
  queueItems(): Iterable<QueueItem> {
    return this.queue.items();
  }

  /** A digest of everything that has happened: equal for equal runs. */
  hash(): string {
    return digestText(this.facts);
  }

  definition(name: string): ProcessDefinition | undefined {
    return this.options.definitions.find((definition) => definition.name === name);
  }

  /** The record of a running process. */
  record(address: Address): ProcessRecord | undefined {
    const slot = this.addresses.get(address);
    return slot === undefined ? undefined : this.slots.get(slot);
  }

  // ── for effects and inputs ────────────────────────────────────────────────

  /** Adds an item to the queue; the kernel numbers it and rounds its time. */
  push(item: Unnumbered<QueueItem>): QueueItem {
    item.order = ++this.facts.order;
    item.at = quantize(item.at);
    this.queue.add(item as QueueItem);
    return item as QueueItem;
  }

  note(topic: string, data: unknown): void {
    const noted = { topic, data };
    this.notes = this.notes === undefined ? [noted] : [...this.notes, noted];
  }

  /** Sends a message: it arrives after the time that the way takes. */
  send(from: Address, to: Address, message: Message, cause: Origin, delayMs: number): void {
    if (this.checks.freeze === true) deepFreeze(message);
    const sentAt = quantize(this.facts.now + delayMs);
    const { arrivesAt, fate } = route(this.facts, this.options.latency, from, to, sentAt);
    const packet: Packet = {
      id: this.facts.nextPacket++,
      from,
      to,
      message,
      sentAt,
      arrivesAt,
      cause: cause.seq,
      story: cause.story,
      chatter: cause.chatter,
      fate,
    };
    (this.packets ??= []).push(packet);
    this.push({ at: arrivesAt, order: 0, kind: 'message', packet });
  }

  /**
   * Tells the parent and those who linked themselves to it, stops the children, and removes the process; its wills are done
   * unless it ended by itself.
   */
  end(address: Address, code: number, cause: Origin, byItself = false): void {
    const record = this.record(address);
    if (record === undefined) return;
    if (record.hadChildren) {
      const below = [...this.addresses.keys()].filter((other) => other.startsWith(`${address}/`)).sort();
      for (const child of below) if (this.record(child)?.parent === address) this.end(child, code, cause);
    }
    if (!byItself) for (const { to, message } of record.wills) this.send(address, to, message, cause, 0);
    for (const timer of record.timers) this.queue.remove(timer);
    for (const target of record.links) this.facts.monitors = this.facts.monitors.delete(`${target}|${address}`);
    this.slots.set(record.slot, undefined);
    this.addresses.delete(address);
    const monitors = this.facts.monitors.size === 0 ? [] : [...this.facts.monitors.keys(`${address}|`, `${address}}`)];
    for (const key of monitors) {
      const watcher = key.slice(address.length + 1);
      // Across a cut link nobody hears of it: the connection is found closed when packets pass again.
      if (this.facts.links.get(linkKey(record.host, hostOf(watcher)))?.cut === true) continue;
      this.facts.monitors = this.facts.monitors.delete(key);
      const told = this.record(watcher);
      if (told !== undefined) this.own(told).links = told.links.filter((target) => target !== address);
      this.send(address, watcher, { type: 'peer.closed', address } as Message, cause, 0);
    }
    const parent = record.parent === undefined ? undefined : this.record(record.parent);
    if (record.parent !== undefined && parent !== undefined && this.machines.get(parent.definition)?.hears('process.exited') === true) {
      this.send(address, record.parent, { type: 'process.exited', child: address, code } as Message, cause, 0);
    }
  }

  /** Starts a process at once. */
  start(start: ProcessStart, cause: Origin): void {
    const { address, definition, parent } = start;
    const machine = this.machines.get(definition);
    if (machine === undefined) throw new Error(`kernel: there is no process definition "${definition}" (to be started at ${address})`);
    if (this.record(address) !== undefined) throw new Error(`kernel: a process runs at ${address} already`);
    const { facts } = this;
    // A child has that of its parent: what a process that was started again starts, does not draw what was drawn before.
    const incarnation = parent === undefined ? (facts.incarnations.get(address) ?? 0) + 1 : (this.record(parent)?.incarnation ?? 1);
    const slot = facts.nextSlot++;
    const first = machine.initial();
    const owner = this.slots.epoch;
    const record: ProcessRecord = {
      owner,
      slot,
      address,
      host: hostOf(address),
      definition,
      parent,
      value: first.value,
      context: first.context,
      incarnation,
      startedAt: facts.now,
      timers: noTimers,
      hadChildren: false,
      links: noLinks,
      wills: noWills,
    };
    this.slots.set(slot, record);
    this.addresses.set(address, slot);
    if (parent === undefined) {
      facts.starts = facts.starts.set(address, start);
      facts.incarnations = facts.incarnations.set(address, incarnation);
    } else {
      // Children come and go by the thousand and are never started from outside.
      const above = this.record(parent);
      if (above !== undefined && !above.hadChildren) this.own(above).hadChildren = true;
    }
    this.apply(record, first, cause);
    const seed = hash32(`${address}#${incarnation}`, (this.options.seed ^ 0x85ebca6b) >>> 0);
    const present = this.record(address);
    if (present !== undefined)
      this.deliver(present, address, { type: 'process.start', input: start.input, seed, incarnation } as Message, cause);
  }

  /** A process that is nobody's child may have been started from outside meanwhile; a second child is its parent's mistake. */
  private startUnlessRunning(start: ProcessStart, origin: Origin): void {
    if (start.parent === undefined && this.record(start.address) !== undefined)
      this.note('ignored', { reason: `${start.address} runs already` });
    else this.start(start, origin);
  }

  private readonly runs = (address: Address): boolean => this.record(address) !== undefined;

  /** Gives a process one event. */
  deliver(record: ProcessRecord, from: Address, message: Message, origin: Origin): void {
    const machine = this.machines.get(record.definition)!;
    const event: Delivered<Message> = {
      type: isDelay(message) ? message.event.type : message.type,
      message,
      from,
      self: record.address,
      now: clockOf(this.facts, record.address),
      origin,
      parent: record.parent === undefined ? undefined : this.record(record.parent)?.context,
      runs: this.runs,
      disk: this.disk(record.host),
    };
    let result: StepResult;
    try {
      result = machine.step(record, event);
    } catch (error) {
      if (this.checks.strict === true) throw error;
      this.note('crash', { message: error instanceof Error ? error.message : String(error) });
      this.end(record.address, panicCode, origin);
      return;
    }
    this.apply(record, result, origin);
  }

  private apply(record: ProcessRecord, result: StepResult, origin: Origin): void {
    const { value, context, effects, scheduled, done } = result;
    if (record.context !== context || record.value !== value) {
      const own = this.own(record);
      own.value = value;
      own.context = context;
    }
    for (const item of scheduled) {
      if ('cancel' in item) this.disarm(record.address, item.cancel);
      else this.arm(record.address, item.id, item.delayMs, { type: delayType, event: item.event } as Message, origin);
    }
    const delay = diskDelay(this.facts, record.address, effects);
    if (delay === 'full') {
      this.note('crash', { message: 'no space left on device' });
      return this.end(record.address, fullDiskCode, origin);
    }
    for (const effect of effects) carryOut(this, record.address, delay === 0 ? effect : later(effect, delay), origin);
    if (done) this.end(record.address, 0, origin, true);
  }

  /** The record as one that may be changed: itself, or a copy when an image of the world shows it. */
  private own(record: ProcessRecord): ProcessRecord {
    const owner = this.slots.epoch;
    if (record.owner === owner) return record;
    const copy = { ...record, owner };
    this.slots.set(record.slot, copy);
    return copy;
  }

  /** Sets or takes back what somebody is told when a process is ended. */
  will(address: Address, key: string, will: Will | undefined): void {
    const record = this.record(address);
    if (record === undefined) return;
    const others = record.wills.length === 0 ? noWills : record.wills.filter((other) => other.key !== key);
    this.own(record).wills = will === undefined ? others : [...others, will];
  }

  /** Notes that a process wants to hear of another's end. */
  link(address: Address, target: Address): void {
    const record = this.record(address);
    if (record === undefined) return;
    this.facts.monitors = this.facts.monitors.set(`${target}|${address}`, true);
    if (!record.links.includes(target)) this.own(record).links = [...record.links, target];
  }

  arm(address: Address, timer: string, afterMs: number, message: Message, cause: Origin): void {
    const record = this.record(address);
    if (record === undefined) return;
    const earlier = timerIn(record, timer);
    if (earlier !== undefined) this.queue.remove(earlier);
    const item = this.push({ at: this.facts.now + Math.max(0, afterMs), order: 0, kind: 'timer', address, timer, message, cause });
    this.own(record).timers = [...without(record.timers, earlier), item as TimerItem];
  }

  disarm(address: Address, timer: string): void {
    const record = this.record(address);
    const armed = record === undefined ? undefined : timerIn(record, timer);
    if (record === undefined || armed === undefined) return;
    this.queue.remove(armed);
    this.own(record).timers = without(record.timers, armed);
  }

  // ── one event ─────────────────────────────────────────────────────────────

  private handle(item: QueueItem): JournalEntry {
    const { facts } = this;
    const seq = ++facts.seq;
    const cause = causeOf(item);
    const origin: Origin = { seq, story: cause === undefined || cause.story === 0 ? seq : cause.story, chatter: cause?.chatter ?? false };
    const firstPacket = facts.nextPacket;
    this.notes = undefined;
    this.packets = undefined;
    const { kind, process, from, message } = subjectOf(item);
    const record = this.record(process);
    const before = record?.value ?? '';
    const definition = item.kind === 'start' ? item.start.definition : (record?.definition ?? 'kernel');
    this.perform(item, record, origin);
    const packets: readonly Packet[] = this.packets ?? noPackets;
    const entry: JournalEntry = {
      seq,
      at: facts.now,
      kind: kind === 'message' && record === undefined ? 'undeliverable' : kind,
      process,
      definition,
      from,
      message,
      packet: item.kind === 'message' ? item.packet.id : 0,
      cause: cause?.seq ?? 0,
      story: origin.story,
      chatter: origin.chatter,
      before,
      after: this.record(process)?.value ?? '',
      firstPacket,
      packetCount: packets.length,
      notes: this.notes ?? noNotes,
    };
    this.sent = packets;
    mix(facts, entry, this.checks.hashMessages === true);
    return entry;
  }

  private perform(item: QueueItem, record: ProcessRecord | undefined, origin: Origin): void {
    switch (item.kind) {
      case 'message':
        return this.arrive(item.packet, record, origin);
      case 'timer': {
        const fired = this.own(record!);
        fired.timers = without(fired.timers, item);
        return this.deliver(fired, item.address, item.message, origin);
      }
      case 'start':
        return this.startUnlessRunning(item.start, origin);
      case 'stop':
        return this.stop(item.address, item.kill, origin);
      case 'input':
        return applyInput(this, item.input, origin);
    }
  }

  /** Stops a process: at once, or by asking it to come to its end. */
  stop(address: Address, kill: boolean, origin: Origin): void {
    const record = this.record(address);
    if (record === undefined) return;
    if (kill) this.end(address, killedCode, origin);
    else this.deliver(record, 'kernel', { type: 'process.terminate' }, origin);
  }

  private arrive(packet: Packet, record: ProcessRecord | undefined, origin: Origin): void {
    const { from, to, message } = packet;
    if (packet.fate === 'lost' || (this.facts.dropped.size > 0 && this.facts.dropped.has(String(packet.id)))) {
      this.note('lost', { packet: packet.id });
      return;
    }
    if (record !== undefined && packet.fate !== 'refused') return this.deliver(record, from, message, origin);
    if (message.type === 'message.undeliverable' || message.type === 'peer.closed' || message.type === 'process.exited') return;
    const unreachable = packet.fate === 'refused';
    const reason = unreachable ? 'no route to host' : 'connection refused';
    // Who cannot be reached cannot say so: the sender's own host does.
    this.send(unreachable ? from : to, from, { type: 'message.undeliverable', to, reason, message } as Message, origin, 0);
  }
}

function timerIn(record: ProcessRecord, timer: string): TimerItem | undefined {
  for (const item of record.timers) if (item.timer === timer) return item;
  return undefined;
}

function without(timers: readonly TimerItem[], item: TimerItem | undefined): readonly TimerItem[] {
  if (item === undefined) return timers;
  return timers.length === 1 ? noTimers : timers.filter((other) => other !== item);
}

type Unnumbered<T> = T extends QueueItem ? { -readonly [K in keyof T]: T[K] } : never;

/** A world at time zero. Throws when two processes have one address or a definition is missing or not supported. */
export function createWorld(options: WorldOptions, checks: WorldChecks = {}): World {
  let disks = SortedMap.empty<SortedMap<unknown>>();
  for (const host of options.hosts) disks = disks.set(host.name, SortedMap.from(Object.entries(host.disk ?? {})));
  const state: WorldState = {
    now: options.epochMs,
    seq: 0,
    order: 0,
    nextPacket: 1,
    nextSlot: 0,
    queue: [],
    processes: new Vector<ProcessRecord>().freeze(),
    starts: SortedMap.empty(),
    incarnations: SortedMap.empty(),
    disks,
    links: SortedMap.from((options.links ?? []).map(({ between, ...link }) => [linkKey(...between), { ...link, notBefore: 0 }])),
    monitors: SortedMap.empty(),
    fileWatches: SortedMap.empty(),
    quiet: SortedMap.empty(),
    isolated: SortedMap.empty(),
    devices: SortedMap.empty(),
    clocks: SortedMap.empty(),
    dropped: SortedMap.empty(),
    random: seedRandom(options.seed, 'kernel'),
    hash: 0,
    hash2: 0,
  };
  const world = new World(options, checks, state);
  for (const { address, definition, input, atMs = 0 } of options.processes) {
    world.push({
      at: options.epochMs + atMs,
      order: 0,
      kind: 'start',
      start: { address, definition, input, parent: undefined },
      cause: undefined,
    });
  }
  return world;
}

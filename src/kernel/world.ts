import { insert, items, removeFirst } from '#base/heap.ts';
import { PersistentVector } from '#base/persistent-vector.ts';
import { hash32, nextRandom, seedRandom } from '#base/random.ts';
import { SortedMap } from '#base/sorted-map.ts';
import { stableStringify } from '#base/json.ts';
import { carryOut } from './effects.ts';
import { applyInput } from './inputs.ts';
import type { ProcessRecord, ProcessStart, QueueItem, WorldState } from './state.ts';
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
import { compile, type CompiledMachine, type MachineEvent, type StepResult } from './xstate/compile.ts';
import { deepFreeze } from './freeze.ts';

/** How a world checks itself; for tests. */
export interface WorldChecks {
  /** Freeze every message and file deeply, so that a component that changes one throws. */
  readonly freeze?: boolean | undefined;
  /** Rethrow what a process throws instead of ending it. */
  readonly strict?: boolean | undefined;
  /** Put whole messages into the hash instead of a digest. */
  readonly hashMessages?: boolean | undefined;
}

/** Time that a connection attempt to a host that does not answer takes, in milliseconds. */
const connectTimeoutMs = 3000;
/** What a Go program exits with when it panics. */
const panicCode = 2;
/** 128 + SIGKILL. */
const killedCode = 137;

const noNotes: JournalEntry['notes'] = [];

/** Rounds a time to the resolution of the queue, 0.001 ms. */
function quantize(at: Millis): Millis {
  return Math.round(at * 1000) / 1000;
}

/** The entry that is being made while an event is handled. */
interface Draft {
  readonly origin: Origin;
  firstPacket: number;
  notes: { readonly topic: string; readonly data: unknown }[] | undefined;
  packets: Packet[] | undefined;
}

/**
 * A running world: takes the next item of the queue, gives it to its process and carries out what the process asks for.
 * All of its state is one persistent value (`state`), which can be kept and put back at any time.
 */
export class World {
  private readonly machines = new Map<string, CompiledMachine>();
  private draft!: Draft;
  /** Packets sent by the last step, for the journal. */
  sent: readonly Packet[] = [];

  constructor(
    readonly options: WorldOptions,
    private readonly checks: WorldChecks,
    public state: WorldState,
  ) {
    for (const definition of options.definitions) this.machines.set(definition.name, compile(definition.machine));
  }

  get now(): Millis {
    return this.state.now;
  }

  /** The number of events handled so far. */
  get seq(): Sequence {
    return this.state.seq;
  }

  /** When the next event is due; undefined when nothing is to come. */
  nextAt(): Millis | undefined {
    return this.state.queue?.item.at;
  }

  /** Puts an input into the queue, to be handled at the present time, after what is already due now. */
  input(input: Input): void {
    this.push({ at: this.state.now, kind: 'input', input });
  }

  /** Handles the next event. Returns its journal entry; undefined when nothing is to come. Void timers are passed over. */
  step(): JournalEntry | undefined {
    for (;;) {
      const { queue } = this.state;
      if (queue === undefined) return undefined;
      const { item } = queue;
      this.state = { ...this.state, queue: removeFirst(queue), now: Math.max(this.state.now, item.at) };
      if (item.kind === 'timer' && this.record(item.address)?.timers.get(item.timer) !== item.order) continue;
      return this.handle(item);
    }
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
    if (target > this.state.now) this.state = { ...this.state, now: target };
  }

  process(address: Address): ProcessView | undefined {
    return this.record(address);
  }

  /** All running processes, by address. */
  *processes(): Generator<ProcessView> {
    for (const slot of this.state.addresses.values()) yield this.state.processes.get(slot)!;
  }

  disk(host: string): SortedMap<unknown> {
    return this.state.disks.get(host) ?? SortedMap.empty();
  }

  /** Messages that have been sent and have not arrived. */
  packetsInFlight(): readonly Packet[] {
    const packets: Packet[] = [];
    for (const item of items(this.state.queue)) if (item.kind === 'message') packets.push(item.packet);
    return packets.sort((a, b) => a.id - b.id);
  }

  /** Whether an item that matches is in the queue. */
  queued(matches: (item: QueueItem) => boolean): boolean {
    for (const item of items(this.state.queue)) if (matches(item)) return true;
    return false;
  }

  /** A digest of everything that has happened: equal for equal runs. */
  hash(): string {
    return (this.state.hash >>> 0).toString(16).padStart(8, '0') + (this.state.hash2 >>> 0).toString(16).padStart(8, '0');
  }

  definition(name: string): ProcessDefinition | undefined {
    return this.options.definitions.find((definition) => definition.name === name);
  }

  /** The record of a running process. */
  record(address: Address): ProcessRecord | undefined {
    const slot = this.state.addresses.get(address);
    return slot === undefined ? undefined : this.state.processes.get(slot);
  }

  // ── for effects and inputs ────────────────────────────────────────────────

  /** Adds an item to the queue; the kernel numbers it. Returns its number. */
  push(item: DistributiveOmit<QueueItem, 'order'>): number {
    const order = this.state.order + 1;
    const queued = { ...item, at: quantize(item.at), order } as QueueItem;
    this.state = { ...this.state, order, queue: insert(this.state.queue, queued) };
    return order;
  }

  change(part: Partial<WorldState>): void {
    this.state = { ...this.state, ...part };
  }

  replace(record: ProcessRecord): void {
    this.state = { ...this.state, processes: this.state.processes.set(record.slot, record) };
  }

  note(topic: string, data: unknown): void {
    (this.draft.notes ??= []).push({ topic, data });
  }

  /** Sends a message: it arrives after the time that the way takes. */
  send(from: Address, to: Address, message: Message, cause: Origin, delayMs: number): void {
    if (this.checks.freeze === true) deepFreeze(message);
    const { now } = this.state;
    const id = this.state.nextPacket;
    const sentAt = quantize(now + delayMs);
    const { arrivesAt, fate } = this.route(from, to, sentAt);
    const packet: Packet = { id, from, to, message, sentAt, arrivesAt, cause: cause.seq, story: cause.story, chatter: cause.chatter, fate };
    this.state = { ...this.state, nextPacket: id + 1 };
    if (this.draft.packets === undefined) {
      this.draft.packets = [];
      this.draft.firstPacket = id;
    }
    this.draft.packets.push(packet);
    this.push({ at: arrivesAt, kind: 'message', packet });
  }

  /** Tells the parent and those who linked themselves to it, stops the children, and removes the process. */
  end(address: Address, code: number, cause: Origin): void {
    const record = this.record(address);
    if (record === undefined) return;
    for (const child of [...this.state.addresses.keys(`${address}/`, `${address}0`)]) {
      const inner = this.record(child);
      if (inner !== undefined && inner.parent === address) this.end(child, code, cause);
    }
    this.state = { ...this.state, addresses: this.state.addresses.delete(address), processes: this.state.processes.set(record.slot, undefined) };
    for (const key of [...this.state.monitors.keys(`${address}|`, `${address}}`)]) {
      const watcher = key.slice(address.length + 1);
      this.state = { ...this.state, monitors: this.state.monitors.delete(key) };
      this.send(address, watcher, { type: 'peer.closed', address } as Message, cause, 0);
    }
    if (record.parent !== undefined && this.record(record.parent) !== undefined) {
      this.send(address, record.parent, { type: 'process.exited', child: address, code } as Message, cause, 0);
    }
  }

  /** Starts a process at once. */
  start(start: ProcessStart, cause: Origin): void {
    const { address, definition, parent } = start;
    const machine = this.machines.get(definition);
    if (machine === undefined) throw new Error(`kernel: there is no process definition "${definition}" (to be started at ${address})`);
    if (this.state.addresses.has(address)) throw new Error(`kernel: a process runs at ${address} already`);
    const slash = address.indexOf('/');
    const incarnation = (this.state.incarnations.get(address) ?? 0) + 1;
    const slot = this.state.nextSlot;
    const first = machine.initial();
    const record: ProcessRecord = {
      slot,
      address,
      host: address.slice(0, slash),
      definition,
      parent,
      value: first.value,
      context: first.context,
      incarnation,
      startedAt: this.state.now,
      timers: SortedMap.empty(),
    };
    this.state = {
      ...this.state,
      nextSlot: slot + 1,
      processes: this.state.processes.set(slot, record),
      addresses: this.state.addresses.set(address, slot),
      // Children come and go by the thousand and are never started from outside.
      ...(parent === undefined ? { starts: this.state.starts.set(address, start), incarnations: this.state.incarnations.set(address, incarnation) } : {}),
    };
    this.apply(record, first, cause);
    const seed = hash32(`${address}#${incarnation}`, (this.options.seed ^ 0x85ebca6b) >>> 0);
    this.deliver(this.record(address)!, address, { type: 'process.start', input: start.input, seed, incarnation } as Message, cause);
  }

  /** Gives a process one event. */
  deliver(record: ProcessRecord, from: Address, message: Message, origin: Origin): void {
    const machine = this.machines.get(record.definition)!;
    const event: Delivered<Message> = {
      type: message.type,
      message,
      from,
      self: record.address,
      now: this.state.now,
      origin,
      parent: record.parent === undefined ? undefined : this.record(record.parent)?.context,
      disk: this.disk(record.host),
    };
    let result: StepResult;
    try {
      result = machine.step(record, isDelay(message) ? { ...event, type: message.event.type } : event);
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
    if (record.context !== context || record.value !== value) this.replace({ ...record, value, context });
    for (const item of scheduled) {
      if ('cancel' in item) this.disarm(record.address, item.cancel);
      else this.arm(record.address, item.id, item.delayMs, { type: delayType, event: item.event } as Message, origin);
    }
    for (const effect of effects) carryOut(this, record.address, effect, origin);
    if (done) this.end(record.address, 0, origin);
  }

  arm(address: Address, timer: string, afterMs: number, message: Message, cause: Origin): void {
    const record = this.record(address);
    if (record === undefined) return;
    const order = this.push({ at: this.state.now + Math.max(0, afterMs), kind: 'timer', slot: record.slot, address, timer, message, cause });
    this.replace({ ...this.record(address)!, timers: record.timers.set(timer, order) });
  }

  disarm(address: Address, timer: string): void {
    const record = this.record(address);
    if (record === undefined || !record.timers.has(timer)) return;
    this.replace({ ...record, timers: record.timers.delete(timer) });
  }

  // ── one event ─────────────────────────────────────────────────────────────

  private handle(item: QueueItem): JournalEntry {
    const seq = this.state.seq + 1;
    this.state = { ...this.state, seq };
    const cause = causeOf(item);
    const origin: Origin = { seq, story: cause === undefined || cause.story === 0 ? seq : cause.story, chatter: cause?.chatter ?? false };
    this.draft = { origin, firstPacket: this.state.nextPacket, notes: undefined, packets: undefined };
    const subject = this.subject(item);
    const before = this.record(subject.process)?.value ?? '';
    this.perform(item, origin);
    const entry: JournalEntry = {
      seq,
      at: this.state.now,
      kind: subject.kind,
      process: subject.process,
      definition: subject.definition,
      from: subject.from,
      message: subject.message,
      packet: item.kind === 'message' ? item.packet.id : 0,
      cause: cause?.seq ?? 0,
      story: origin.story,
      chatter: origin.chatter,
      before,
      after: this.record(subject.process)?.value ?? '',
      firstPacket: this.draft.firstPacket,
      packetCount: this.draft.packets?.length ?? 0,
      notes: this.draft.notes ?? noNotes,
    };
    this.sent = this.draft.packets ?? [];
    this.mix(entry);
    return entry;
  }

  private subject(item: QueueItem): Pick<JournalEntry, 'kind' | 'process' | 'definition' | 'from' | 'message'> {
    const definitionAt = (address: Address): string => this.record(address)?.definition ?? 'kernel';
    switch (item.kind) {
      case 'message': {
        const { from, to, message } = item.packet;
        return { kind: this.state.addresses.has(to) ? 'message' : 'undeliverable', process: to, definition: definitionAt(to), from, message };
      }
      case 'timer': {
        const message = isDelay(item.message) ? (item.message.event as Message) : item.message;
        return { kind: 'timer', process: item.address, definition: definitionAt(item.address), from: item.address, message };
      }
      case 'start':
        return { kind: 'start', process: item.start.address, definition: item.start.definition, from: item.start.parent ?? 'kernel', message: { type: 'process.start' } };
      case 'stop':
        return { kind: 'stop', process: item.address, definition: definitionAt(item.address), from: 'kernel', message: { type: 'process.terminate' } };
      case 'input': {
        const { input } = item;
        if (input.type === 'message') return { kind: 'input', process: input.to, definition: definitionAt(input.to), from: 'kernel', message: input.message };
        const process = 'address' in input ? input.address : 'kernel';
        return { kind: 'input', process, definition: definitionAt(process), from: 'kernel', message: input };
      }
    }
  }

  private perform(item: QueueItem, origin: Origin): void {
    switch (item.kind) {
      case 'message':
        return this.arrive(item.packet, origin);
      case 'timer': {
        const record = this.record(item.address)!;
        const fired = { ...record, timers: record.timers.delete(item.timer) };
        this.replace(fired);
        return this.deliver(fired, item.address, item.message, origin);
      }
      case 'start':
        return this.start(item.start, origin);
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

  private arrive(packet: Packet, origin: Origin): void {
    const { from, to, message } = packet;
    if (packet.fate === 'lost' || this.state.dropped.has(String(packet.id))) {
      this.note('lost', { packet: packet.id });
      return;
    }
    const record = this.record(to);
    if (record !== undefined && packet.fate !== 'refused') return this.deliver(record, from, message, origin);
    if (message.type === 'message.undeliverable' || message.type === 'peer.closed' || message.type === 'process.exited') return;
    const reason = packet.fate === 'refused' ? 'no route to host' : 'connection refused';
    this.send(to, from, { type: 'message.undeliverable', to, reason, message } as Message, origin, 0);
  }

  private route(from: Address, to: Address, sentAt: Millis): Pick<Packet, 'arrivesAt' | 'fate'> {
    const { latency } = this.options;
    const [hostA, hostB] = [from.slice(0, from.indexOf('/')), to.slice(0, to.indexOf('/'))];
    if (hostA === hostB) return { arrivesAt: quantize(sentAt + (sameBinary(from, to) ? latency.sharedMs : latency.localMs)), fate: 'delivered' };
    const link = this.state.links.get(linkKey(hostA, hostB));
    if (link?.cut === true || !this.state.disks.has(hostB)) return { arrivesAt: quantize(sentAt + connectTimeoutMs), fate: 'refused' };
    let fate: Packet['fate'] = 'delivered';
    if (link?.loss !== undefined && link.loss > 0) {
      const [value, random] = nextRandom(this.state.random);
      this.state = { ...this.state, random };
      if (value < link.loss) fate = 'lost';
    }
    const arrivesAt = sentAt + (link?.latencyMs ?? latency.remoteMs);
    return { arrivesAt: quantize(link === undefined ? arrivesAt : Math.max(arrivesAt, link.notBefore)), fate };
  }

  private mix(entry: JournalEntry): void {
    const text = `${entry.at}|${entry.kind}|${entry.process}|${entry.from}|${entry.after}|${entry.packetCount}|${this.digest(entry.message)}`;
    const hash = hash32(text, (this.state.hash ^ 0x811c9dc5) >>> 0);
    this.state = { ...this.state, hash, hash2: Math.imul(this.state.hash2 ^ hash, 0x85ebca6b) >>> 0 };
  }

  private digest(message: Message): string {
    if (this.checks.hashMessages === true) return stableStringify(message);
    const { id = '', status = '', path = '' } = message as { id?: unknown; status?: unknown; path?: unknown };
    return `${message.type}|${String(id)}|${String(status)}|${String(path)}`;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const delayType = 'kernel.delay';
interface DelayMessage extends Message {
  readonly event: MachineEvent;
}
/** A delay of the machine's own (`after`): its event goes to the machine under the name that XState gave it. */
function isDelay(message: Message): message is DelayMessage {
  return message.type === delayType;
}

function causeOf(item: QueueItem): Origin | undefined {
  switch (item.kind) {
    case 'message':
      return { seq: item.packet.cause, story: item.packet.story, chatter: item.packet.chatter };
    case 'timer':
    case 'start':
    case 'stop':
      return item.cause;
    case 'input':
      return undefined;
  }
}

/** `host/name` of an address: what runs in one operating system process. */
function binaryOf(address: Address): string {
  const first = address.indexOf('/');
  const second = address.indexOf('/', first + 1);
  return second < 0 ? address : address.slice(0, second);
}

function sameBinary(a: Address, b: Address): boolean {
  return binaryOf(a) === binaryOf(b);
}

/** The key of the link between two hosts. */
export function linkKey(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

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
    queue: undefined,
    processes: PersistentVector.empty(),
    addresses: SortedMap.empty(),
    starts: SortedMap.empty(),
    incarnations: SortedMap.empty(),
    disks,
    links: SortedMap.from((options.links ?? []).map(({ between, ...link }) => [linkKey(...between), { ...link, notBefore: 0 }])),
    monitors: SortedMap.empty(),
    fileWatches: SortedMap.empty(),
    dropped: SortedMap.empty(),
    random: seedRandom(options.seed, 'kernel'),
    hash: 0,
    hash2: 0,
  };
  const world = new World(options, checks, state);
  for (const { address, definition, input, atMs = 0 } of options.processes) {
    world.push({ at: options.epochMs + atMs, kind: 'start', start: { address, definition, input, parent: undefined }, cause: undefined });
  }
  return world;
}

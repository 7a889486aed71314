import { EventQueue } from '#base/event-queue.ts';
import { nextInteger, nextRandom, seedRandom, type RandomState } from '#base/random.ts';
import { compactLog, slice } from '#components/etcd/raft/log.ts';
import { persisted, propose, snapshotOf, step, tick, unreachable } from '#components/etcd/raft/raft.ts';
import { bootstrap, createRaft, everybody, joining, nextTick, type Raft, type Ready, type Stored } from '#components/etcd/raft/state.ts';
import type { ConfChange, RaftMessage } from '#protocol/raft.ts';
import { apply, Clients, emptyMachine, Invariants, type Command, type Machine } from './checks.ts';

/** A mistake that a member is made to have, to see that the checks find it. */
export type Mutant = 'votes twice' | 'forgets its log' | 'counts itself only' | 'reads without asking' | 'applies twice';

interface Disk {
  readonly stored: Stored;
  readonly machine: Machine;
}
interface Member {
  readonly id: string;
  /** Undefined while it is down. */
  raft: Raft | undefined;
  machine: Machine;
  disk: Disk;
  incarnation: number;
  /** Numbers the writes to the disk, so that a late one does not undo a newer one. */
  writes: number;
  written: number;
  readonly waiting: Map<number, Command>;
  readonly reading: Map<string, { readonly key: string; readonly floor: number }>;
}
type Happening = { at: number; order: number } & (
  | { readonly kind: 'message'; readonly message: RaftMessage }
  | { readonly kind: 'tick'; readonly member: string; readonly incarnation: number }
  | { readonly kind: 'wal'; readonly member: string; readonly incarnation: number; readonly write: number; readonly disk: Disk }
  | { readonly kind: 'report'; readonly message: RaftMessage }
  | { readonly kind: 'client' }
  | { readonly kind: 'fault' }
);

const timing = { heartbeatMs: 100, electionMs: 1000 };
const keys = ['a', 'b', 'c'];

/** What a run came to. */
export interface Report {
  readonly steps: number;
  readonly elections: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly members: number;
}

/** One group under faults, with everything from one seed. Throws where an invariant is broken. */
export class Swarm {
  private readonly members = new Map<string, Member>();
  private readonly queue = new EventQueue<Happening>();
  private readonly invariants = new Invariants();
  private readonly clients = new Clients();
  private readonly cut = new Set<string>();
  private random: RandomState;
  private now = 0;
  private order = 0;
  private steps = 0;
  private commands = 0;
  private added = 0;
  private calm = false;
  private loss: number;

  constructor(
    private readonly seed: number,
    private readonly mutant?: Mutant,
  ) {
    this.random = seedRandom(seed, 'swarm');
    const size = [1, 3, 3, 5][this.below(4)]!;
    const ids = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    for (const id of ids) this.addMember(id, bootstrap(ids, emptyMachine));
    this.loss = this.chance(0.5) ? 0 : this.below(20) / 100;
    this.push({ kind: 'client' }, 500);
    this.push({ kind: 'fault' }, 2000);
  }

  /** Faults for a while, then calm: then the group has to work again and to have kept everything. */
  run(forMs: number): Report {
    this.runUntil(forMs);
    this.calm = true;
    this.loss = 0;
    this.cut.clear();
    for (const member of this.members.values()) if (member.raft === undefined) this.start(member);
    this.runUntil(forMs + 15_000);
    const leaders = [...this.members.values()].filter(({ raft }) => raft?.role === 'leader');
    const leader = leaders.sort((a, b) => b.raft!.term - a.raft!.term)[0];
    if (leader === undefined) throw new Error('nobody leads 15 s after the last fault');
    const acknowledged = this.clients.acknowledged.size;
    for (let i = 0; i < 5; i++) this.write(leader);
    this.runUntil(forMs + 20_000);
    if (this.clients.acknowledged.size === acknowledged) throw new Error('no write is answered after the last fault');
    for (const id of everybody(leader.raft!.conf)) this.clients.nothingLost(id, this.members.get(id)!.machine);
    const { steps } = this;
    return {
      steps,
      elections: this.invariants.elections,
      acknowledged: this.clients.acknowledged.size,
      reads: this.clients.reads,
      members: this.members.size,
    };
  }

  private runUntil(end: number): void {
    for (let next = this.queue.first(); next !== undefined && next.at <= end; next = this.queue.first()) {
      this.queue.shift();
      this.now = next.at;
      this.handle(next);
    }
    this.now = end;
  }

  private below(bound: number): number {
    const [value, next] = nextInteger(this.random, bound);
    this.random = next;
    return value;
  }

  private chance(share: number): boolean {
    const [value, next] = nextRandom(this.random);
    this.random = next;
    return value < share;
  }

  private pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.below(list.length)];
  }

  private push(what: Record<string, unknown>, afterMs: number): void {
    this.queue.add({ ...what, at: this.now + afterMs, order: ++this.order } as Happening);
  }

  private addMember(id: string, stored: Stored): void {
    const disk = { stored, machine: emptyMachine };
    const member: Member = {
      id,
      raft: undefined,
      machine: emptyMachine,
      disk,
      incarnation: 0,
      writes: 0,
      written: 0,
      waiting: new Map(),
      reading: new Map(),
    };
    this.members.set(id, member);
    this.start(member);
  }

  private start(member: Member): void {
    const { stored, machine } = member.disk;
    member.incarnation++;
    let found = stored;
    if (this.mutant === 'forgets its log' && member.incarnation > 1)
      found = { ...bootstrap(found.conf.voters, emptyMachine), term: found.term };
    const seed = this.seed * 31 + member.incarnation + Number(member.id.slice(1)) * 1000;
    member.raft = createRaft(found, { id: member.id, seed, timing, now: this.now });
    member.machine = found.log.snapshot.index >= found.applied && found.applied !== stored.applied ? emptyMachine : machine;
    this.awaken(member);
  }

  private crash(member: Member): void {
    member.raft = undefined;
    member.waiting.clear();
    member.reading.clear();
  }

  private awaken(member: Member): void {
    const at = member.raft === undefined ? undefined : nextTick(member.raft);
    if (at !== undefined) this.push({ kind: 'tick', member: member.id, incarnation: member.incarnation }, Math.max(0, at - this.now));
  }

  private handle(happening: Happening): void {
    if (happening.kind === 'message') return this.deliver(happening.message);
    if (happening.kind === 'report') return this.report(happening.message);
    if (happening.kind === 'client') return this.client();
    if (happening.kind === 'fault') return this.fault();
    const member = this.members.get(happening.member)!;
    const { raft } = member;
    if (raft === undefined || member.incarnation !== happening.incarnation) return;
    if (happening.kind === 'wal') {
      if (happening.write > member.written) {
        member.written = happening.write;
        member.disk = happening.disk;
      }
      return this.take(member, persisted(raft, happening.disk.stored.term, happening.disk.stored.log.last, this.now));
    }
    // A timer that was armed before something was heard is out of date.
    const due = nextTick(raft);
    if (due === undefined || due > this.now) return;
    this.take(member, tick(raft, this.now));
    this.awaken(member);
  }

  private deliver(message: RaftMessage): void {
    const member = this.members.get(message.to);
    if (member?.raft === undefined || this.cut.has(`${message.from} ${message.to}`)) return this.lost(message);
    let { raft } = member;
    if (this.mutant === 'votes twice' && message.type === 'raft.MsgVote') raft = { ...raft, vote: undefined, lead: undefined };
    this.take(member, step(raft, message, this.now));
  }

  private lost(message: RaftMessage): void {
    if (message.type !== 'raft.MsgSnap' && this.chance(0.5)) this.push({ kind: 'report', message }, this.below(200));
  }

  /** The transport reports that a message was lost (a connection broke), and in any case that a snapshot is no longer under way. */
  private report({ from, to }: RaftMessage): void {
    const sender = this.members.get(from);
    if (sender?.raft !== undefined) this.take(sender, unreachable(sender.raft, to, this.now));
  }

  /** Does what a step leads to: disk, messages, state machine, in the order that is allowed. */
  private take(member: Member, ready: Ready): void {
    this.steps++;
    const before = member.raft!;
    let { raft } = ready;
    if (this.mutant === 'counts itself only' && raft.role === 'leader' && raft.log.commit < raft.log.last)
      raft = { ...raft, log: { ...raft.log, commit: raft.log.last } };
    const waited = nextTick(before);
    const leads = raft.role === 'leader' && raft.conf.voters.length > 1;
    const torn = !this.calm && this.chance(0.0005);
    if (torn && !leads) return this.crash(member);
    member.raft = raft;
    if (ready.restored !== undefined) member.machine = ready.restored.data as Machine;
    this.applyAll(member, this.mutant === 'counts itself only' ? slice(raft.log, before.applied + 1, raft.log.commit) : ready.committed);
    if (this.mutant === 'counts itself only') member.raft = raft = { ...raft, applied: raft.log.commit };
    this.invariants.check(raft, ready.committed);
    this.compact(member);
    if (leads) this.sendAll(member, ready.messages);
    if (torn) return this.crash(member);
    const disk: Disk = { stored: this.storedOf(member.raft), machine: member.machine };
    const write = ++member.writes;
    if (leads && raft.log.last !== before.log.last)
      this.push({ kind: 'wal', member: member.id, incarnation: member.incarnation, write, disk }, this.below(30));
    else {
      member.disk = disk;
      member.written = write;
    }
    if (!leads) this.sendAll(member, ready.messages);
    this.sendAll(member, ready.afterAppend);
    this.answerReads(member, ready);
    if (nextTick(member.raft) !== waited) this.awaken(member);
  }

  private storedOf({ term, vote, log, conf, applied }: Raft): Stored {
    return { term, vote, log, conf, applied };
  }

  private applyAll(member: Member, committed: Ready['committed']): void {
    for (const entry of committed) {
      if (entry.kind !== 'normal' || entry.data === undefined) continue;
      const command = entry.data as Command;
      const { machine, version } = apply(member.machine, command);
      member.machine =
        this.mutant === 'applies twice' && this.chance(0.05) ? apply(machine, { ...command, expected: undefined }).machine : machine;
      if (!member.waiting.delete(command.id)) continue;
      this.clients.answered(command, version);
    }
  }

  private compact(member: Member): void {
    const raft = member.raft!;
    if (raft.log.last - raft.log.offset < 25 || raft.applied === raft.log.offset) return;
    member.raft = { ...raft, log: compactLog(raft.log, snapshotOf(raft, member.machine), this.below(12)) };
  }

  private sendAll(member: Member, messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      const sent: RaftMessage =
        message.type === 'raft.MsgSnap' ? { ...message, snapshot: snapshotOf(member.raft!, member.machine) } : message;
      if (message.type === 'raft.MsgSnap') this.push({ kind: 'report', message: sent }, 1000);
      if (this.chance(this.loss) || this.cut.has(`${message.from} ${message.to}`)) this.lost(sent);
      else this.push({ kind: 'message', message: sent }, 1 + this.below(this.chance(0.05) ? 400 : 20));
      // A proposal is the one message that nothing protects from coming twice but the connection.
      if (message.type !== 'raft.MsgProp' && this.chance(this.loss / 2)) this.push({ kind: 'message', message: sent }, 1 + this.below(600));
    }
  }

  private write(member: Member): void {
    const key = this.pick(keys)!;
    const expected = this.chance(0.5) ? (member.machine.versions[key] ?? 0) : undefined;
    const command: Command = { id: ++this.commands, key, expected };
    member.waiting.set(command.id, command);
    this.take(member, propose(member.raft!, { kind: 'normal', data: command }, this.now));
  }

  private read(member: Member): void {
    const context = `${member.id} ${++this.commands}`;
    const key = this.pick(keys)!;
    member.reading.set(context, { key, floor: this.clients.floor(key) });
    const { id } = member;
    if (this.mutant === 'reads without asking')
      return this.answerReads(member, { reads: [{ context, index: member.raft!.applied }] } as unknown as Ready);
    this.take(member, step(member.raft!, { type: 'raft.MsgReadIndex', from: id, to: id, term: 0, context }, this.now));
  }

  private answerReads(member: Member, ready: Pick<Ready, 'reads'>): void {
    for (const { context, index } of ready.reads) {
      const asked = member.reading.get(context);
      if (asked === undefined) continue;
      member.reading.delete(context);
      // A client would wait until so much is applied; here the answer is simply not given.
      if (member.raft!.applied >= index) this.clients.read(asked.key, asked.floor, member.machine.versions[asked.key] ?? 0);
    }
  }

  private client(): void {
    const member = this.pick([...this.members.values()].filter(({ raft }) => raft !== undefined));
    if (member !== undefined) {
      if (this.chance(0.3)) this.read(member);
      else this.write(member);
    }
    this.push({ kind: 'client' }, this.calm ? 2000 : 20 + this.below(200));
  }

  private fault(): void {
    if (this.calm) return;
    const up = [...this.members.values()].filter(({ raft }) => raft !== undefined);
    const leader = up.find(({ raft }) => raft!.role === 'leader');
    const victim = this.chance(0.4) ? leader : this.pick(up);
    switch (this.below(7)) {
      case 0:
      case 1:
        if (victim !== undefined) this.crash(victim);
        break;
      case 2:
        for (const member of this.members.values()) if (member.raft === undefined) this.start(member);
        break;
      case 3:
        this.partition(victim);
        break;
      case 4:
        this.cut.clear();
        break;
      case 5:
        if (leader !== undefined) this.changeGroup(leader);
        break;
      case 6: {
        const to = leader === undefined ? undefined : this.pick(leader.raft!.conf.voters);
        if (leader !== undefined && to !== undefined)
          this.take(
            leader,
            step(leader.raft!, { type: 'raft.MsgTransferLeader', from: to, to: leader.id, term: 0, transferee: to }, this.now),
          );
      }
    }
    this.push({ kind: 'fault' }, 300 + this.below(2500));
  }

  /** Cuts one member off, or the group in two; sometimes in one direction only. */
  private partition(victim: Member | undefined): void {
    const oneWay = this.chance(0.3);
    const side = new Set([...this.members.keys()].filter((id) => id === victim?.id || this.chance(0.3)));
    for (const a of this.members.keys()) {
      for (const b of this.members.keys())
        if (side.has(a) && !side.has(b)) {
          this.cut.add(`${a} ${b}`);
          if (!oneWay) this.cut.add(`${b} ${a}`);
        }
    }
  }

  private changeGroup(leader: Member): void {
    const { voters, learners } = leader.raft!.conf;
    const learner = learners[0];
    let change: ConfChange;
    if (learner !== undefined) change = { change: this.chance(0.8) ? 'add-node' : 'remove-node', node: learner };
    else if (voters.length > 3 || (voters.length > 1 && this.chance(0.3))) change = { change: 'remove-node', node: this.pick(voters)! };
    else {
      const id = `n${++this.added + 5}`;
      this.addMember(id, joining());
      change = { change: 'add-learner-node', node: id };
    }
    this.take(leader, propose(leader.raft!, { kind: 'conf-change', data: change }, this.now));
  }
}

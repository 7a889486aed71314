import { slice, termAt, type RaftLog } from '#components/etcd/raft/log.ts';
import type { Raft } from '#components/etcd/raft/state.ts';
import type { Entry } from '#protocol/raft.ts';

/** What a run has shown so far, as far as the invariants of the Raft paper (figure 3) speak of it. Throws when one is broken. */
export class Invariants {
  private readonly leaders = new Map<number, string>();
  private readonly written = new Map<string, { readonly data: unknown; readonly previous: number | undefined }>();
  private readonly applied = new Map<number, Entry>();
  private readonly logs = new Map<string, RaftLog>();
  private readonly terms = new Map<string, number>();
  private highest = 0;

  /** After every step of a member. */
  check(raft: Raft, committed: readonly Entry[]): void {
    const { id, term } = raft;
    if (term < (this.terms.get(id) ?? 0)) throw new Error(`the term of ${id} went back to ${term}`);
    this.terms.set(id, term);
    for (const entry of committed) this.stateMachineSafety(id, entry);
    if (raft.role === 'leader') this.electionSafety(raft);
    this.logMatching(raft);
  }

  /** At most one leader in one term. */
  private electionSafety(raft: Raft): void {
    const leader = this.leaders.get(raft.term);
    if (leader === raft.id) return;
    if (leader !== undefined) throw new Error(`election safety: ${leader} and ${raft.id} lead in term ${raft.term}`);
    this.leaders.set(raft.term, raft.id);
    this.leaderCompleteness(raft);
  }

  /** Who is elected has everything that was committed before. */
  private leaderCompleteness({ id, term, log }: Raft): void {
    for (let index = log.offset + 1; index <= this.highest; index++) {
      const entry = this.applied.get(index);
      if (entry !== undefined && entry.term < term && termAt(log, index) !== entry.term)
        throw new Error(`leader completeness: ${id} leads in term ${term} without entry ${index} of term ${entry.term}`);
    }
  }

  /** Two logs with an entry of one index and term are equal up to it. */
  private logMatching({ id, log }: Raft): void {
    const before = this.logs.get(id);
    this.logs.set(id, log);
    if (before?.entries === log.entries) return;
    for (const entry of slice(log, log.offset + 1, log.last)) {
      const key = `${entry.index}/${entry.term}`;
      const previous = termAt(log, entry.index - 1);
      const known = this.written.get(key);
      if (known === undefined) this.written.set(key, { data: entry.data, previous });
      else if (known.data !== entry.data || (known.previous !== undefined && previous !== undefined && known.previous !== previous))
        throw new Error(`log matching: entry ${entry.index} of term ${entry.term} differs at ${id}`);
    }
  }

  /** No two members apply different entries at one index. */
  private stateMachineSafety(id: string, entry: Entry): void {
    const known = this.applied.get(entry.index);
    if (known === undefined) this.applied.set(entry.index, entry);
    else if (known.term !== entry.term || known.data !== entry.data)
      throw new Error(`state-machine safety: ${id} applies another entry ${entry.index} (term ${entry.term}, before ${known.term})`);
    this.highest = Math.max(this.highest, entry.index);
  }

  /** How many different leaders there were. */
  get elections(): number {
    return this.leaders.size;
  }
}

export interface Command {
  readonly id: number;
  readonly key: string;
  /** A compare-and-swap succeeds where the key has this version; undefined: a plain write. */
  readonly expected: number | undefined;
}

/** The state machine of the swarm: versions of keys, and which commands have been applied. Never changed in place. */
export interface Machine {
  readonly versions: Readonly<Record<string, number>>;
  readonly done: readonly number[];
}

export const emptyMachine: Machine = { versions: {}, done: [] };

export function apply(
  machine: Machine,
  { id, key, expected }: Command,
): { readonly machine: Machine; readonly version: number | undefined } {
  const version = machine.versions[key] ?? 0;
  if (expected !== undefined && expected !== version) return { machine, version: undefined };
  return { machine: { versions: { ...machine.versions, [key]: version + 1 }, done: [...machine.done, id] }, version: version + 1 };
}

/** What clients were told, and whether it can be true. */
export class Clients {
  readonly acknowledged = new Set<number>();
  private readonly swapped = new Map<string, number>();
  private readonly newest = new Map<string, number>();
  reads = 0;

  /** A write was answered: `version` is undefined where a compare-and-swap failed. */
  answered({ id, key, expected }: Command, version: number | undefined): void {
    if (version === undefined) return;
    this.acknowledged.add(id);
    if (expected !== undefined) {
      const other = this.swapped.get(`${key}@${expected}`);
      if (other !== undefined) throw new Error(`compare-and-swap: commands ${other} and ${id} both replaced version ${expected} of ${key}`);
      this.swapped.set(`${key}@${expected}`, id);
    }
    this.newest.set(key, Math.max(version, this.newest.get(key) ?? 0));
  }

  /** The version that a read which begins now has to show at least. */
  floor(key: string): number {
    return this.newest.get(key) ?? 0;
  }

  read(key: string, floor: number, version: number): void {
    this.reads++;
    if (version < floor) throw new Error(`linearizable read: ${key} was at version ${floor} and was read at ${version}`);
  }

  /** At the end: whatever was acknowledged is there. */
  nothingLost(member: string, machine: Machine): void {
    const done = new Set(machine.done);
    for (const id of this.acknowledged) if (!done.has(id)) throw new Error(`command ${id} was acknowledged and is lost at ${member}`);
    if (done.size !== machine.done.length) throw new Error(`a command was applied twice at ${member}`);
  }
}

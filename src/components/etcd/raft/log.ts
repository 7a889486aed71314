import { SortedMap } from '#base/sorted-map.ts';
import type { Entry, Snapshot } from '#protocol/raft.ts';

/** The log (etcd-io/raft log.go): the snapshot that it begins after, its entries, and how far it is committed and applied. */
export interface RaftLog {
  readonly snapshot: Snapshot;
  /** By `indexKey(index)`. May begin before the snapshot's end: what a slow member still needs is kept. */
  readonly entries: SortedMap<Entry>;
  /** The index before the first entry, and its term. */
  readonly offset: number;
  readonly offsetTerm: number;
  readonly last: number;
  readonly commit: number;
}

const indexKey = (index: number): string => String(index).padStart(12, '0');

export function emptyLog(snapshot: Snapshot): RaftLog {
  const { index, term } = snapshot;
  return { snapshot, entries: SortedMap.empty(), offset: index, offsetTerm: term, last: index, commit: index };
}

/** The term of an entry; undefined where it is compacted or not there yet. */
export function termAt(log: RaftLog, index: number): number | undefined {
  if (index === log.offset) return log.offsetTerm;
  return index < log.offset || index > log.last ? undefined : log.entries.get(indexKey(index))?.term;
}

export const lastTerm = (log: RaftLog): number => termAt(log, log.last) ?? 0;

/** Entries from an index to another, both included. */
export function slice(log: RaftLog, from: number, to: number): readonly Entry[] {
  return from > to ? [] : [...log.entries.values(indexKey(from), indexKey(to + 1))];
}

/** Whether a log that ends so has all that this one has (section 5.4.1 of the paper). */
export function isUpToDate(log: RaftLog, index: number, term: number): boolean {
  const own = lastTerm(log);
  return term > own || (term === own && index >= log.last);
}

/** Adds one entry to the end. */
export function append(log: RaftLog, entry: Entry): RaftLog {
  return { ...log, entries: log.entries.set(indexKey(entry.index), entry), last: entry.index };
}

/**
 * Takes in a leader's entries: from the first that differs on, everything is replaced (log.go maybeAppend). Undefined where the
 * entry before them is not the leader's.
 */
export function maybeAppend(log: RaftLog, index: number, term: number, entries: readonly Entry[]): RaftLog | undefined {
  if (termAt(log, index) !== term) return undefined;
  const first = entries.findIndex((entry) => termAt(log, entry.index) !== entry.term);
  if (first < 0) return log;
  const from = entries[first]!.index;
  if (from <= log.commit) throw new Error(`raft: entry ${from} conflicts with a committed one (commit ${log.commit})`);
  let kept = log.entries;
  for (let stale = from; stale <= log.last; stale++) kept = kept.delete(indexKey(stale));
  for (const entry of entries.slice(first)) kept = kept.set(indexKey(entry.index), entry);
  return { ...log, entries: kept, last: entries.at(-1)!.index };
}

/** The newest entry up to `index` whose term is not above `term`: where two logs may still agree (log.go findConflictByTerm). */
export function findConflictByTerm(log: RaftLog, index: number, term: number): { readonly index: number; readonly term: number } {
  for (let at = index; at > 0; at--) {
    const own = termAt(log, at);
    if (own === undefined) return { index: at, term: 0 };
    if (own <= term) return { index: at, term: own };
  }
  return { index: 0, term: 0 };
}

export function commitTo(log: RaftLog, index: number): RaftLog {
  if (index <= log.commit) return log;
  if (index > log.last) throw new Error(`raft: ${index} is to be committed and the log ends at ${log.last}`);
  return { ...log, commit: index };
}

/** Takes a snapshot of what is applied, and forgets entries but the newest `keep` before it (server.go snapshot, compactRaftLog). */
export function compactLog(log: RaftLog, snapshot: Snapshot, keep: number): RaftLog {
  const offset = Math.max(log.offset, snapshot.index - keep);
  let { entries } = log;
  for (let index = log.offset + 1; index <= offset; index++) entries = entries.delete(indexKey(index));
  return { ...log, snapshot, entries, offset, offsetTerm: termAt(log, offset) ?? log.offsetTerm };
}

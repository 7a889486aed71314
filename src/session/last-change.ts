import type { JournalEntry, Sequence } from '#kernel/types.ts';
import type { Branch } from './branch.ts';

/** Further back is not looked. */
const scanBack = 50_000;

/** What was found before: the last change of a process's state up to an event. */
interface Found {
  readonly seq: Sequence;
  readonly entry: JournalEntry | undefined;
}

const found = new WeakMap<Branch, Map<string, Found>>();

/** The last event up to the cursor by which a process went from one state to another. What has been looked through once is not looked through again. */
export function lastChange(branch: Branch, address: string): JournalEntry | undefined {
  const { history } = branch;
  const { seq } = history.world;
  const known = found.get(branch) ?? new Map<string, Found>();
  found.set(branch, known);
  const before = known.get(address);
  if (before !== undefined && before.seq >= seq && (before.entry?.seq ?? 0) <= seq) return before.entry;
  const start = before === undefined || before.seq > seq ? 0 : before.seq;
  let entry = start === 0 ? undefined : before?.entry;
  for (let at = seq; at > Math.max(start, seq - scanBack); at--) {
    const candidate = history.entry(at);
    if (candidate?.process !== address || candidate.before === candidate.after || candidate.before === '' || candidate.after === '')
      continue;
    entry = candidate;
    break;
  }
  known.set(address, { seq, entry });
  return entry;
}

import type { JournalEntry } from '#kernel/types.ts';
import type { Branch } from '../branch.ts';
import type { ViewAnswers } from '../view-port.ts';

type Series = ViewAnswers['activity']['series'][number]['id'];

const ids: readonly Series[] = ['reads', 'writes', 'refused', 'events', 'revisions'];
const reading = new Set(['get', 'list', 'watch']);

interface Counted {
  readonly seq: number;
  readonly at: number;
  readonly id: Series;
  readonly count: number;
}

/** What an entry adds to the series. */
function countedIn(entry: JournalEntry): readonly Counted[] {
  const found: Counted[] = [];
  const add = (id: Series, count = 1): void => void found.push({ seq: entry.seq, at: entry.at, id, count });
  for (const { topic, data } of entry.notes) {
    if (topic !== 'audit') continue;
    const { verb, code } = data as { readonly verb: string; readonly code: number };
    if (code >= 400) add('refused');
    else add(reading.has(verb) ? 'reads' : 'writes');
  }
  const { type, events } = entry.message as { readonly type: string; readonly events?: readonly unknown[] };
  if (type === 'http.chunk' && events !== undefined) add('events', events.length);
  if (type === 'etcd.response' && wrote(entry)) add('revisions');
  return found;
}

function wrote(entry: JournalEntry): boolean {
  const { result } = entry.message as {
    readonly result?: { readonly op: string; readonly succeeded?: boolean; readonly responses?: readonly { readonly op: string }[] };
  };
  return result?.op === 'put' || (result?.succeeded === true && (result.responses ?? []).some(({ op }) => op !== 'range'));
}

/** What has been counted of a branch, so that each entry is looked at once. */
const counted = new WeakMap<Branch, { seq: number; readonly items: Counted[] }>();

/** The run up to the cursor in equal stretches: how many requests, watch events and revisions each had. */
export function activity(branch: Branch, buckets: number): ViewAnswers['activity'] {
  const { history } = branch;
  const { seq, now } = history.world;
  const known = counted.get(branch) ?? { seq: 0, items: [] };
  counted.set(branch, known);
  for (const entry of history.entries(known.seq + 1, seq)) known.items.push(...countedIn(entry));
  known.seq = Math.max(known.seq, seq);
  const epoch = history.entry(1)?.at ?? now;
  const bucketMs = Math.max(1, (now - epoch) / buckets);
  const series = ids.map((id) => ({ id, counts: new Array<number>(buckets).fill(0) }));
  for (const { id, at, count, seq: when } of known.items) {
    if (when > seq) break;
    const { counts } = series.find((item) => item.id === id)!;
    const index = Math.min(buckets - 1, Math.floor((at - epoch) / bucketMs));
    counts[index] = counts[index]! + count;
  }
  return { bucketMs, series };
}

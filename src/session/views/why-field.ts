import { deepEqual } from '#base/json.ts';
import type { JournalEntry } from '#kernel/types.ts';
import type { KubeObject } from '#api/object.ts';
import type { Branch } from '../branch.ts';
import { summarizeEntry } from '../entries.ts';
import type { World } from '#kernel/world.ts';
import { currentKeyspace, keyHistory } from '../keyspace.ts';
import { keyOf } from '../relations.ts';
import type { InspectTarget } from '../port.ts';
import type { FieldPath, ViewAnswers } from '../view-port.ts';
import { valueAt } from './differences.ts';

interface Operation {
  readonly op: string;
  readonly key?: string;
  readonly success?: readonly { readonly op: string; readonly key?: string }[];
}

const writes = (operation: Operation, key: string): boolean =>
  [operation, ...(operation.success ?? [])].some((item) => item.op !== 'range' && item.op !== 'txn' && item.key === key);

/** The event in which the API server heard that its write of a key has become a revision. */
function writeOf(branch: Branch, key: string, revision: number): JournalEntry | undefined {
  const { history } = branch;
  const answered = new Map<string, JournalEntry>();
  for (let seq = history.world.seq; seq > 0; seq--) {
    const entry = history.entry(seq);
    if (entry === undefined) return undefined;
    const { type, id, header, operation } = entry.message as {
      readonly type: string;
      readonly id?: string;
      readonly header?: { readonly revision: number };
      readonly operation?: Operation;
    };
    if (type === 'etcd.response' && header?.revision === revision) answered.set(`${entry.process} ${id}`, entry);
    if (type !== 'etcd.request' || operation === undefined || answered.size === 0 || !writes(operation, key)) continue;
    const answer = answered.get(`${entry.from} ${id}`);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** The manager that has a field, by the revision that was written last; the newest manager for whole objects. */
function managerOf(object: KubeObject | undefined): string {
  const entries = object?.metadata.managedFields ?? [];
  return entries.reduce((newest, entry) => ((entry.time ?? '') >= (newest.time ?? '') ? entry : newest), entries[0] ?? {}).manager ?? '';
}

/** The revision with which a key came to be. */
const createdAt = (world: World, key: string): number | undefined =>
  currentKeyspace(world, key).keys.find((item) => item.key === key)?.createRevision;

/** The last write by which a field came to be what it is, and the chain of causes of that write. */
export function whyField(
  branch: Branch,
  target: Extract<InspectTarget, { readonly type: 'object' }>,
  path: FieldPath,
): ViewAnswers['why-field'] {
  const { history } = branch;
  const key = keyOf(history.world, target);
  const revisions = key === undefined ? [] : keyHistory(history.world, key);
  const newest = revisions.at(-1);
  if (key === undefined || newest === undefined) return undefined;
  const after = valueAt(newest.object, path);
  // The revision with which the field began to be as it is now.
  const same = revisions.findLastIndex(({ object }) => !deepEqual(valueAt(object, path), after)) + 1;
  const write = path.length === 0 ? newest : revisions[same]!;
  // Of what was compacted nobody knows whether it was so already.
  if (path.length > 0 && same === 0 && write.revision !== createdAt(history.world, key)) return undefined;
  const before = valueAt(revisions[revisions.indexOf(write) - 1]?.object, path);
  const entry = writeOf(branch, key, write.revision);
  return {
    revision: write.revision,
    at: entry?.at ?? 0,
    before,
    after,
    manager: managerOf(write.object as KubeObject | undefined),
    chain: entry === undefined ? [] : history.causes(entry.seq).map(summarizeEntry),
  };
}

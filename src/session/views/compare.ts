import type { Millis } from '#kernel/types.ts';
import type { KubeObject } from '#api/object.ts';
import type { Branch } from '../branch.ts';
import { currentKeyspace } from '../keyspace.ts';
import { related } from '../relations.ts';
import type { ObjectDifference, ViewAnswers } from '../view-port.ts';
import { differences } from './differences.ts';

/** What differs between any two runs and says nothing: who wrote when, and names of writes. */
const meaningless = /^metadata\.(managedFields|resourceVersion|uid|generation|creationTimestamp)|[tT]ime(stamp)?$|\.uid$/;
/** Written all the time, or about other objects. */
const background = /^\/registry\/(leases|masterleases|events|ranges)\//;

interface Side {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly branch: Branch;
  readonly time: Millis;
}

/** The stored objects of a branch at a moment; its cursor stays where it is. */
function sideAt(branch: Branch, at: Millis): Side {
  const { history } = branch;
  const { seq, now } = history.world;
  const time = Math.min(at, branch.playedTime);
  history.seek({ time });
  const keys = currentKeyspace(history.world).keys.filter(({ key }) => !background.test(key));
  history.seek({ seq, time: now });
  return { objects: new Map(keys.map(({ key, value }) => [key, value as KubeObject])), branch, time };
}

function difference(key: string, a: KubeObject | undefined, b: KubeObject | undefined, branch: Branch): ObjectDifference | undefined {
  const object = (a ?? b)!;
  const fields = a === undefined || b === undefined ? [] : differences(a, b).filter(({ path }) => !meaningless.test(path));
  if (a !== undefined && b !== undefined && fields.length === 0) return undefined;
  const { kind, metadata } = object;
  const { target } = related(branch.history.world, kind, metadata.name, metadata.namespace ?? '');
  const place = a === undefined ? 'b' : b === undefined ? 'a' : 'both';
  return { key, kind, namespace: metadata.namespace ?? '', name: metadata.name, target, in: place, fields };
}

/** What two branches hold otherwise at a moment; undefined where there is no such branch. */
export function compare(branches: readonly Branch[], [a, b]: readonly [string, string], at: Millis): ViewAnswers['compare'] {
  const [first, second] = [branches.find(({ id }) => id === a), branches.find(({ id }) => id === b)];
  if (first === undefined || second === undefined) return undefined;
  const [left, right] = [sideAt(first, at), sideAt(second, at)];
  const keys = [...new Set([...left.objects.keys(), ...right.objects.keys()])].sort();
  const objects = keys.flatMap((key) => {
    const [before, after] = [left.objects.get(key), right.objects.get(key)];
    return before === after ? [] : (difference(key, before, after, before === undefined ? second : first) ?? []);
  });
  return { times: [left.time, right.time], objects };
}

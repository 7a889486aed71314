import { deepEqual } from '#base/json.ts';
import { fromCel } from '../values.ts';
import { fail, type Library } from './types.ts';

type Ordered = bigint | number | string | Date;

const same = (a: unknown, b: unknown): boolean => a === b || deepEqual(fromCel(a), fromCel(b));
const contains = (list: readonly unknown[], wanted: unknown): boolean => list.some((item) => same(item, wanted));

function extreme(list: readonly Ordered[], name: string, better: (a: Ordered, b: Ordered) => boolean): Ordered {
  if (list.length === 0) fail(`${name} called on empty list`);
  return list.reduce((best, item) => (better(item, best) ? item : best));
}

function sum(list: readonly unknown[]): unknown {
  if (list.length === 0) return 0n;
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((total: bigint, item) => total + item, 0n);
  if (list.every((item) => typeof item === 'number')) return list.reduce((total: number, item) => total + item, 0);
  return fail('no such overload');
}

function place(list: readonly unknown[], wanted: unknown, last: boolean): bigint {
  const hits = list.map((item, index) => (same(item, wanted) ? index : -1)).filter((index) => index >= 0);
  return BigInt((last ? hits.at(-1) : hits[0]) ?? -1);
}

class SetsNamespace {}

/** k8s.io/apiserver/pkg/cel/library/lists.go, and the sets of cel-go/ext. */
export const lists: Library = {
  types: { SetsNamespace },
  constants: { sets: ['SetsNamespace', new SetsNamespace()] },
  functions: [
    ['list.isSorted(): bool', (list: readonly Ordered[]) => list.every((item, index) => index === 0 || list[index - 1]! <= item)],
    ['list<A>.sum(): A', sum],
    ['list<A>.min(): A', (list: readonly Ordered[]) => extreme(list, 'min', (a, b) => a < b)],
    ['list<A>.max(): A', (list: readonly Ordered[]) => extreme(list, 'max', (a, b) => a > b)],
    ['list.indexOf(dyn): int', (list: readonly unknown[], wanted: unknown) => place(list, wanted, false)],
    ['list.lastIndexOf(dyn): int', (list: readonly unknown[], wanted: unknown) => place(list, wanted, true)],
    [
      'SetsNamespace.contains(list, list): bool',
      (_: unknown, list: unknown[], sub: unknown[]) => sub.every((item) => contains(list, item)),
    ],
    ['SetsNamespace.intersects(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) => b.some((item) => contains(a, item))],
    [
      'SetsNamespace.equivalent(list, list): bool',
      (_: unknown, a: unknown[], b: unknown[]) => b.every((item) => contains(a, item)) && a.every((item) => contains(b, item)),
    ],
  ],
};

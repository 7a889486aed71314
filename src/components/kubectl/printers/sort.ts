import { tryParseQuantity } from '#api/quantity.ts';
import { findValues } from '#api/jsonpath/index.ts';

/** The order of `--sort-by` (get/sorter.go): missing values first, numbers and quantities by value, text naturally. */
export function compareBy(path: string, a: unknown, b: unknown): number {
  return compareValues(findValues(path, a)[0], findValues(path, b)[0]);
}

function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || a === null || b === undefined || b === null)
    return Number(a !== undefined && a !== null) - Number(b !== undefined && b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  const [x, y] = [tryParseQuantity(left), tryParseQuantity(right)];
  if (x !== undefined && y !== undefined) return x - y;
  return compareNaturally(left, right);
}

/** Numbers inside texts count as numbers (`a2` before `a10`). */
function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] === right[i]) continue;
    const numeric = /^\d/.test(left[i]!) && /^\d/.test(right[i]!);
    if (numeric && Number(left[i]) !== Number(right[i])) return Number(left[i]) - Number(right[i]);
    return left[i]! < right[i]! ? -1 : 1;
  }
  return left.length - right.length;
}

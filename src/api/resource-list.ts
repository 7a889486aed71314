import { addQuantities, canonicalQuantity, compareQuantities, parseQuantity, subtractQuantities } from './quantity.ts';
import type { Quantity } from './types.generated.ts';

/** Amounts by the name of what is counted (v1.ResourceList), and their arithmetic (apiserver/pkg/quota/v1/resources.go). */
export type ResourceList = Readonly<Record<string, Quantity>>;

const collect = (names: readonly string[], amount: (name: string) => Quantity): ResourceList =>
  Object.fromEntries(names.map((name) => [name, amount(name)]));
const eitherOf = (a: ResourceList, b: ResourceList): readonly string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

/** All names of both lists, each with its sum. */
export function addLists(a: ResourceList, b: ResourceList): ResourceList {
  return collect(eitherOf(a, b), (name) => addQuantities(a[name] ?? '0', b[name] ?? '0'));
}

/** All names of both lists, each with its difference. */
export function subtractLists(a: ResourceList, b: ResourceList): ResourceList {
  return collect(eitherOf(a, b), (name) => subtractQuantities(a[name] ?? '0', b[name] ?? '0'));
}

/** All names of both lists, each with the larger amount. */
export function maxLists(a: ResourceList, b: ResourceList): ResourceList {
  return collect(eitherOf(a, b), (name) => {
    const [mine, theirs] = [a[name], b[name]];
    if (mine === undefined || theirs === undefined) return mine ?? theirs!;
    return compareQuantities(mine, theirs) >= 0 ? mine : theirs;
  });
}

/** Only the named amounts. */
export function maskList(list: ResourceList, names: readonly string[]): ResourceList {
  return collect(
    Object.keys(list).filter((name) => names.includes(name)),
    (name) => list[name]!,
  );
}

/** The same names with the same amounts, however they are written. */
export function equalLists(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
  );
}

/** Where a list goes beyond another (LessThanOrEqual); a name that the other does not have is no limit. */
export function exceeding(list: ResourceList, limits: ResourceList): readonly string[] {
  return Object.keys(limits).filter((name) => list[name] !== undefined && compareQuantities(list[name], limits[name]!) > 0);
}

export const withoutZeros = (list: ResourceList): ResourceList =>
  maskList(
    list,
    Object.keys(list).filter((name) => parseQuantity(list[name]!) !== 0),
  );
export const negativeNames = (list: ResourceList): readonly string[] => Object.keys(list).filter((name) => parseQuantity(list[name]!) < 0);

/** `cpu=1,memory=2Gi`: in the order of the names, as refusals show it. */
export const formatList = (list: ResourceList): string =>
  Object.keys(list)
    .sort()
    .map((name) => `${name}=${canonicalQuantity(list[name]!)}`)
    .join(',');

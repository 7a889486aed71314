import { SortedMap } from '#base/sorted-map.ts';

/** Freezes JSON data all the way down; what is frozen already is taken to be so throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || value instanceof SortedMap) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

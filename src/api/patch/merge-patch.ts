import { deepEqual, isObject } from '#base/json.ts';

/** RFC 7386. Parts that the patch does not touch stay shared. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

/** The merge patch that makes `modified` out of `original` (evanphx/json-patch, CreateMergePatch). */
export function createMergePatch(original: unknown, modified: unknown): unknown {
  if (!isObject(original) || !isObject(modified)) return modified;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modified)) {
    if (value === undefined || deepEqual(original[key], value)) continue;
    patch[key] = isObject(value) && isObject(original[key]) ? createMergePatch(original[key], value) : value;
  }
  for (const key of Object.keys(original)) if (original[key] !== undefined && modified[key] === undefined) patch[key] = null;
  return patch;
}

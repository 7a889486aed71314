import { isObject } from './json.ts';

/** Go's encoding/json escapes what HTML gives a meaning to. */
function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The value with the keys of every object in order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) if (value[key] !== undefined) sorted[key] = sortKeys(value[key]);
  return sorted;
}

/** `-o json`: four blanks, keys in order. */
export function toJson(value: unknown): string {
  return `${escapeHtml(JSON.stringify(sortKeys(value), null, 4))}\n`;
}

/** JSON in one line with its keys in order, as Go's json.Marshal writes a map. */
export function toCompactJson(value: unknown): string {
  return escapeHtml(JSON.stringify(sortKeys(value)) ?? 'null');
}

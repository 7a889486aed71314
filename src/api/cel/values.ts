import { encodeBytes } from '#base/base64.ts';
import { isObject, type Json } from '#base/json.ts';
import { engine } from './engine.ts';
import { MessageValue } from './library/mutation.ts';

/** Objects of the API are never changed, so each is translated once. */
const translated = new WeakMap<object, unknown>();

/**
 * JSON as CEL sees it: whole numbers are ints, objects are maps. A Map, unlike an object, may have any text as a key.
 * What is no JSON (a value of an earlier expression, an authorizer) stays what it is.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  const known = translated.get(value);
  if (known !== undefined) return known;
  let made: unknown = value;
  if (Array.isArray(value)) made = value.map(toCel);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    const map = new Map<string, unknown>();
    for (const [key, inner] of Object.entries(value)) if (inner !== undefined) map.set(key, toCel(inner));
    made = map;
  }
  translated.set(value, made);
  if (made !== value) translated.set(made as object, made);
  return made;
}

/** A result of an expression as JSON. */
export function fromCel(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return timestampText(value);
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (value instanceof MessageValue) return fromCel(new Map(value.fields));
  if (value instanceof engine.value.Optional) return value.hasValue() ? fromCel(value.value()) : null;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [celText(key), fromCel(inner)]));
  if (isObject(value) && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromCel(inner)]));
  if (typeof value === 'object' && value !== null) return celText(value);
  return (value ?? null) as Json;
}

/** A time as Go prints it: no fraction where there is none. */
function timestampText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

/** A value as `%s` of format() prints it (cel-go/ext/formatting.go). */
export function celText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map(celText).join(', ')}]`;
  const entries =
    value instanceof Map
      ? [...value]
      : isObject(value) && Object.getPrototypeOf(value) === Object.prototype
        ? Object.entries(value)
        : undefined;
  if (entries !== undefined) {
    const parts = entries.map(([key, inner]) => `${celText(key)}: ${celText(inner)}`);
    return `{${parts.sort().join(', ')}}`;
  }
  if (value instanceof Date) return timestampText(value);
  if (value === Infinity || value === -Infinity) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

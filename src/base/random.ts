/**
 * Chance as data. A generator is a 32-bit state; drawing returns the value and the next state, so that
 * rewinding the state rewinds the chance.
 */
export type RandomState = number & { readonly __brand: 'RandomState' };

/** FNV-1a over UTF-16 code units: a 32-bit hash used to derive seeds and names. */
export function hash32(text: string, basis = 0x811c9dc5): number {
  let hash = basis >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A generator for one purpose (`label`), independent of the others that come from the same seed. */
export function seedRandom(seed: number, label: string): RandomState {
  return hash32(label, (seed ^ 0x9e3779b9) >>> 0) as RandomState;
}

/** Draws a number in [0, 1) (mulberry32). */
export function nextRandom(state: RandomState): readonly [value: number, next: RandomState] {
  const next = (state + 0x6d2b79f5) >>> 0;
  let t = next;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return [((t ^ (t >>> 14)) >>> 0) / 4294967296, next as RandomState];
}

/** Draws a whole number in [0, bound). */
export function nextInteger(state: RandomState, bound: number): readonly [value: number, next: RandomState] {
  const [value, next] = nextRandom(state);
  return [Math.floor(value * bound), next];
}

/** Draws `length` characters of `alphabet`. */
export function nextText(state: RandomState, length: number, alphabet: string): readonly [text: string, next: RandomState] {
  let text = '';
  let current = state;
  for (let i = 0; i < length; i++) {
    const [index, next] = nextInteger(current, alphabet.length);
    text += alphabet[index];
    current = next;
  }
  return [text, current];
}

/** Hexadecimal digits that follow from a text and look like a digest of it. @param length a multiple of 8 */
export function hexDigest(text: string, length: number): string {
  let digits = '';
  for (let part = 0; part < length / 8; part++) digits += hash32(`${part} ${text}`).toString(16).padStart(8, '0');
  return digits;
}

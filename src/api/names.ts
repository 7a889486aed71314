import { stableStringify } from '#base/json.ts';
import { hash32, nextRandom, nextText, type RandomState } from '#base/random.ts';

/** The alphabet of generated names: no vowels, nothing that looks like another character (apimachinery/pkg/util/rand). */
export const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxGeneratedLength = 63 - suffixLength;

/** A name for `generateName` (apiserver/pkg/storage/names). */
export function generateName(prefix: string, random: RandomState): readonly [name: string, next: RandomState] {
  const [suffix, next] = nextText(random, suffixLength, nameAlphabet);
  return [prefix.slice(0, maxGeneratedLength) + suffix, next];
}

/** Text in the alphabet of generated names (rand.SafeEncodeString). */
function safeEncode(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) out += nameAlphabet[text.charCodeAt(i) % nameAlphabet.length];
  return out;
}

/** A hash of a value for names such as `pod-template-hash`: equal values, equal hashes. */
export function hashObject(value: unknown): string {
  return safeEncode(String(hash32(stableStringify(value))));
}

/** A version-4 UUID from a generator. */
export function newUid(random: RandomState): readonly [uid: string, next: RandomState] {
  let hex = '';
  let state = random;
  for (let i = 0; i < 4; i++) {
    const [value, next] = nextRandom(state);
    hex += Math.floor(value * 4294967296)
      .toString(16)
      .padStart(8, '0');
    state = next;
  }
  const variant = '89ab'[parseInt(hex[16]!, 16) % 4]!;
  return [`${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`, state];
}

import { celText } from '../values.ts';
import { fail, type Library } from './types.ts';

/** A pattern of RE2's syntax as the host's: flags at the beginning, \A and \z, named groups. */
export function pattern(text: string, global = ''): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(text);
  const body = text
    .slice(flags?.[0].length ?? 0)
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$');
  // With Unicode where the pattern allows it: that mode knows classes like \p{L}, but no needless escapes.
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(body, `${flags?.[1] ?? ''}${global}${unicode}`);
    } catch {
      continue;
    }
  }
  return fail(`error parsing regexp: \`${text}\``);
}

function findAll(text: string, regex: string, limit = -1n): string[] {
  const found = [...text.matchAll(pattern(regex, 'g'))].map((match) => match[0]);
  return limit < 0n ? found : found.slice(0, Number(limit));
}

function replace(text: string, old: string, by: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(old, () => by);
  let rest = Number(limit);
  return text.replaceAll(old, (found) => (rest-- > 0 ? by : found));
}

function numberOf(value: unknown, verb: string): bigint {
  return typeof value === 'bigint' ? value : fail(`error during formatting: only integers are allowed for %${verb}`);
}

/** One clause of a format (cel-go/ext/formatting.go). */
function clause(verb: string, precision: number, value: unknown): string {
  switch (verb) {
    case 's':
      return celText(value);
    case 'd':
      return celText(typeof value === 'number' ? value : numberOf(value, 'd'));
    case 'f':
      return Number(value).toFixed(precision);
    case 'e':
      return Number(value)
        .toExponential(precision)
        .replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : numberOf(value, 'b').toString(2);
    case 'o':
      return numberOf(value, 'o').toString(8);
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'string'
          ? [...value].map((char) => char.codePointAt(0)!.toString(16)).join('')
          : numberOf(value, verb).toString(16);
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      return fail(`error during formatting: could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function format(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (match, precision: string | undefined, verb: string | undefined) => {
    if (match === '%%' || verb === undefined) return '%';
    if (next >= values.length) fail(`error during formatting: index ${next} out of range`);
    return clause(verb, precision === undefined ? 6 : Number(precision), values[next++]);
  });
}

/** cel-go/ext/strings.go and k8s.io/apiserver/pkg/cel/library/regex.go. */
export const strings: Library = {
  functions: [
    ['string.find(string): string', (text: string, regex: string) => pattern(regex).exec(text)?.[0] ?? ''],
    ['string.findAll(string): list<string>', findAll],
    ['string.findAll(string, int): list<string>', findAll],
    ['string.replace(string, string): string', replace],
    ['string.replace(string, string, int): string', replace],
    [
      'string.charAt(int): string',
      (text: string, at: bigint) => {
        const chars = [...text];
        return at < 0n || at > BigInt(chars.length) ? fail(`index out of range: ${at}`) : (chars[Number(at)] ?? '');
      },
    ],
    ['string.format(list): string', format],
    ['string.matches_(string): bool', (text: string, regex: string) => pattern(regex).test(text)],
    [
      'google.protobuf.Timestamp.getDayOfYear_(): int',
      (time: Date) => BigInt(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000)),
    ],
    ['matches(string, string): bool', (text: string, regex: string) => pattern(regex).test(text)],
  ],
};

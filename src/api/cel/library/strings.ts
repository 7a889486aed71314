import { celText } from '../values.ts';
import { matches } from './re2.ts';
import { fail, type Library } from './types.ts';

const findAll = (text: string, regex: string, limit = -1n): readonly string[] =>
  matches(text, regex, limit < 0n ? Infinity : Number(limit));
const matchesAny = (text: string, regex: string): boolean => matches(text, regex, 1).length > 0;

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
    ['string.find(string): string', (text: string, regex: string) => matches(text, regex, 1)[0] ?? ''],
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
    ['string.matches_(string): bool', matchesAny],
    [
      'google.protobuf.Timestamp.getDayOfYear_(): int',
      (time: Date) => BigInt(Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000)),
    ],
    ['matches(string, string): bool', matchesAny],
  ],
};

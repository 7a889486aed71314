/** Quantities as numbers: exact for everything that people write in manifests (apimachinery/pkg/api/resource/quantity.go). */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const pattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** What the API server says of a text that is no quantity. */
export const quantityError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** What is more than 64 bits hold is as much as they hold (ParseQuantity, maxAllowed). */
const capped = (value: number): number => Math.max(-(2 ** 63), Math.min(2 ** 63, value));

/** The value of a quantity; undefined for text that is none. */
export function tryParseQuantity(quantity: string | number): number | undefined {
  if (typeof quantity === 'number') return capped(quantity);
  const match = pattern.exec(quantity);
  if (match === null) return undefined;
  const suffix = match[2] ?? '';
  if (/^[eE][+-]?\d/.test(suffix)) return capped(Number(match[1]) * 10 ** Number(suffix.slice(1)));
  const value = Number(match[1]) * suffixes[suffix]!;
  return capped(Math.abs(value) > 1e6 ? value : Math.round(value * 1e9) / 1e9);
}

/** The value of a quantity. Throws for text that is none. */
export function parseQuantity(quantity: string | number): number {
  const value = tryParseQuantity(quantity);
  if (value === undefined) throw new Error(quantityError);
  return value;
}

export function compareQuantities(a: string | number, b: string | number): number {
  return parseQuantity(a) - parseQuantity(b);
}

/** A value in canonical form: decimal with the largest suffix that keeps it whole, or binary where it was given so. */
export function formatQuantity(value: number, binary = false): string {
  if (value === 0) return '0';
  const names = binary ? ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] : ['E', 'P', 'T', 'G', 'M', 'k'];
  if (Number.isInteger(value)) {
    const suffix = names.find((name) => value % suffixes[name]! === 0);
    return suffix === undefined ? String(value) : `${value / suffixes[suffix]!}${suffix}`;
  }
  const milli = Math.round(value * 1e6) / 1e3;
  return Number.isInteger(milli) ? `${milli}m` : `${Math.round(value * 1e6)}u`;
}

/** Text of a quantity in canonical form, of its own format (binary or decimal). */
export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity);
  return formatQuantity(parseQuantity(quantity), /i$/.test(text));
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: string | number, b: string | number): string {
  const format = parseQuantity(a) === 0 ? b : a;
  return formatQuantity(parseQuantity(a) + parseQuantity(b), /i$/.test(String(format)));
}

/** The difference, in the format of the first that is not zero. */
export function subtractQuantities(a: string | number, b: string | number): string {
  const format = parseQuantity(a) === 0 ? b : a;
  return formatQuantity(parseQuantity(a) - parseQuantity(b), /i$/.test(String(format)));
}

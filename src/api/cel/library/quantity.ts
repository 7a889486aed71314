import { addQuantities, compareQuantities, parseQuantity, quantityError, tryParseQuantity } from '../../quantity.ts';
import { fail, type Library } from './types.ts';

class Quantity {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

class Semver {
  readonly parts: readonly [major: number, minor: number, patch: number];
  readonly pre: readonly string[];
  constructor(parts: Semver['parts'], pre: readonly string[]) {
    this.parts = parts;
    this.pre = pre;
  }
}

const valueOf = ({ text }: Quantity): number => parseQuantity(text);
const isWhole = (quantity: Quantity): boolean => Number.isInteger(valueOf(quantity));
const compare = (a: Quantity, b: Quantity): number => Math.sign(compareQuantities(a.text, b.text));
const negative = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
const add = (a: Quantity, b: string): Quantity => new Quantity(addQuantities(a.text, b));

/** blang/semver: exact versions only, unless they are normalized. */
function parseSemver(text: string, normalize = false): Semver | undefined {
  const plain = normalize ? text.replace(/^v/, '') : text;
  const [core = '', ...rest] = plain.replace(/\+[0-9A-Za-z.-]+$/, '').split('-');
  const numbers = core.split('.');
  if (normalize) while (numbers.length < 3) numbers.push('0');
  const digits = normalize ? numbers.map((part) => part.replace(/^0+(?=\d)/, '')) : numbers;
  if (digits.length !== 3 || !digits.every((part) => /^(0|[1-9]\d*)$/.test(part))) return undefined;
  return new Semver(digits.map(Number) as [number, number, number], rest.length === 0 ? [] : rest.join('-').split('.'));
}

function comparePre(a: string, b: string): number {
  const numeric = [a, b].map((part) => /^\d+$/.test(part));
  if (numeric[0] && numeric[1]) return Math.sign(Number(a) - Number(b));
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareSemver(a: Semver, b: Semver): number {
  for (const index of [0, 1, 2] as const) if (a.parts[index] !== b.parts[index]) return Math.sign(a.parts[index] - b.parts[index]);
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let at = 0; at < Math.min(a.pre.length, b.pre.length); at++) {
    const order = comparePre(a.pre[at]!, b.pre[at]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

const semverOf = (text: string, normalize = false): Semver => parseSemver(text, normalize) ?? fail(`Could not parse "${text}" as a semver`);

/** k8s.io/apiserver/pkg/cel/library: quantity.go, semver_lib.go. */
export const quantity: Library = {
  types: { 'kubernetes.Quantity': Quantity, 'kubernetes.Semver': Semver },
  operators: [
    ['kubernetes.Quantity == kubernetes.Quantity', (a: Quantity, b: Quantity) => compare(a, b) === 0],
    ['kubernetes.Semver == kubernetes.Semver', (a: Semver, b: Semver) => compareSemver(a, b) === 0],
  ],
  functions: [
    [
      'quantity(string): kubernetes.Quantity',
      (text: string) => (tryParseQuantity(text) === undefined ? fail(quantityError) : new Quantity(text)),
    ],
    ['isQuantity(string): bool', (text: string) => tryParseQuantity(text) !== undefined],
    ['kubernetes.Quantity.sign(): int', (value: Quantity) => BigInt(Math.sign(valueOf(value)))],
    ['kubernetes.Quantity.isInteger(): bool', isWhole],
    [
      'kubernetes.Quantity.asInteger(): int',
      (value: Quantity) => (isWhole(value) ? BigInt(valueOf(value)) : fail('cannot convert value to integer')),
    ],
    ['kubernetes.Quantity.asApproximateFloat(): double', valueOf],
    ['kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) > 0],
    ['kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) < 0],
    ['kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) => BigInt(compare(a, b))],
    ['kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity', (a: Quantity, b: Quantity) => add(a, b.text)],
    ['kubernetes.Quantity.add(int): kubernetes.Quantity', (a: Quantity, b: bigint) => add(a, String(b))],
    ['kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity', (a: Quantity, b: Quantity) => add(a, negative(b.text))],
    ['kubernetes.Quantity.sub(int): kubernetes.Quantity', (a: Quantity, b: bigint) => add(a, String(-b))],
    ['semver(string): kubernetes.Semver', (text: string) => semverOf(text)],
    ['semver(string, bool): kubernetes.Semver', semverOf],
    ['isSemver(string): bool', (text: string) => parseSemver(text) !== undefined],
    ['isSemver(string, bool): bool', (text: string, normalize: boolean) => parseSemver(text, normalize) !== undefined],
    ['kubernetes.Semver.major(): int', ({ parts }: Semver) => BigInt(parts[0])],
    ['kubernetes.Semver.minor(): int', ({ parts }: Semver) => BigInt(parts[1])],
    ['kubernetes.Semver.patch(): int', ({ parts }: Semver) => BigInt(parts[2])],
    ['kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool', (a: Semver, b: Semver) => compareSemver(a, b) > 0],
    ['kubernetes.Semver.isLessThan(kubernetes.Semver): bool', (a: Semver, b: Semver) => compareSemver(a, b) < 0],
    ['kubernetes.Semver.compareTo(kubernetes.Semver): int', (a: Semver, b: Semver) => BigInt(compareSemver(a, b))],
  ],
};

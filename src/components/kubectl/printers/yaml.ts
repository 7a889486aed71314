import { isObject } from '#base/json.ts';
import { scalarText } from './yaml-scalar.ts';

const step = 2;

/** `-o yaml`: block style, two blanks, keys in go-yaml's natural order, list items level with their key. */
export function toYaml(value: unknown): string {
  if (isObject(value) && Object.keys(value).length > 0) return `${mapping(value, 0)}\n`;
  if (Array.isArray(value) && value.length > 0) return `${sequence(value as readonly unknown[], 0)}\n`;
  return `${inline(value, 0, 0)}\n`;
}

const isBlock = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isObject(value) && Object.values(value).some((item) => item !== undefined);

/** A mapping whose keys stand at `indent`; the first line has no indentation of its own. */
function mapping(value: Readonly<Record<string, unknown>>, indent: number): string {
  const pad = ' '.repeat(indent);
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareKeys)
    .map((key) => {
      const name = scalarText(key, { column: indent, indent: indent + step, key: true });
      const item = value[key];
      if (!isBlock(item)) return `${name}: ${inline(item, indent + name.length + step, indent)}`;
      if (Array.isArray(item)) return `${name}:\n${pad}${sequence(item as readonly unknown[], indent)}`;
      return `${name}:\n${pad}${' '.repeat(step)}${mapping(item as Readonly<Record<string, unknown>>, indent + step)}`;
    })
    .join(`\n${pad}`);
}

function sequence(items: readonly unknown[], indent: number): string {
  const pad = ' '.repeat(indent);
  return items
    .map((item) => {
      if (!isBlock(item)) return `- ${inline(item, indent + step, indent)}`;
      if (Array.isArray(item)) return `- ${sequence(item as readonly unknown[], indent + step)}`;
      return `- ${mapping(item as Readonly<Record<string, unknown>>, indent + step)}`;
    })
    .join(`\n${pad}`);
}

/** A scalar or an empty collection. `indent` is that of the collection it is in. */
function inline(value: unknown, column: number, indent: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return scalarText(value, { column, indent: indent + step, key: false });
  if (Array.isArray(value)) return '[]';
  return typeof value === 'object' ? '{}' : String(value);
}

const isDigit = (char: string): boolean => /\p{Nd}/u.test(char);
const isLetter = (char: string): boolean => /\p{L}/u.test(char);

/** The order of keys (go-yaml's keyList): letters by code, numbers by value, everything else before letters. */
function compareKeys(a: string, b: string): number {
  let digits = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i]!;
    const right = b[i]!;
    if (left === right) {
      digits = isDigit(left);
      continue;
    }
    if (isLetter(left) && isLetter(right)) return left < right ? -1 : 1;
    if (isLetter(left) || isLetter(right)) return isLetter(left) === digits ? -1 : 1;
    return compareNumbers(a, b, i);
  }
  return a.length - b.length;
}

function compareNumbers(a: string, b: string, at: number): number {
  const lead = (a[at] === '0' || b[at] === '0') && /[1-9]\d*$/.test(a.slice(0, at)) ? '1' : '';
  const left = /^\d*/.exec(a.slice(at))![0];
  const right = /^\d*/.exec(b.slice(at))![0];
  const difference = Number(lead + left) - Number(lead + right);
  if (difference !== 0) return difference;
  if (left.length !== right.length) return left.length - right.length;
  return a[at]! < b[at]! ? -1 : 1;
}

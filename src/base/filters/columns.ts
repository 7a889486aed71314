import { failed, joined, linesOf, takeApart, valueOf, type FilterResult } from './arguments.ts';

/** `-f 1,3-5` with `-d`, or `-c 1-10`. */
export function cut(args: readonly string[], input: string): FilterResult {
  const parsed = takeApart(args, 'dfcb');
  const characters = valueOf(parsed, 'c') ?? valueOf(parsed, 'b');
  const list = valueOf(parsed, 'f') ?? characters;
  if (list === undefined || !/^[\d,-]+$/.test(list)) return failed('cut: you must specify a list of bytes, characters, or fields');
  const ranges = list.split(',').map((range) => {
    const [from = '', to = ''] = range.includes('-') ? range.split('-') : [range, range];
    return { from: Number(from || '1'), to: to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  });
  const chosen = (items: readonly string[]): readonly string[] =>
    items.filter((_, index) => ranges.some(({ from, to }) => index + 1 >= from && index + 1 <= to));
  if (characters !== undefined) return joined(linesOf(input).map((line) => chosen([...line]).join('')));
  const delimiter = valueOf(parsed, 'd') ?? '\t';
  const joint = valueOf(parsed, 'output-delimiter') ?? delimiter;
  const lines = parsed.flags.has('s') ? linesOf(input).filter((line) => line.includes(delimiter)) : linesOf(input);
  return joined(lines.map((line) => (line.includes(delimiter) ? chosen(line.split(delimiter)).join(joint) : line)));
}

interface Key {
  readonly from: number;
  readonly to: number;
  readonly flags: string;
}

/** `3`, `3,3`, `3nr` */
function keyOf(text: string): Key {
  const match = /^(\d+)(?:\.\d+)?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?$/.exec(text);
  return {
    from: Number(match?.[1] ?? 1),
    to: Number(match?.[3] ?? Number.POSITIVE_INFINITY),
    flags: `${match?.[2] ?? ''}${match?.[4] ?? ''}`,
  };
}

const units = ['', 'K', 'M', 'G', 'T', 'P'];
function numberIn(text: string, flags: string): number {
  const match = /^\s*([-+]?\d*\.?\d+)([KMGTP]?)/i.exec(text);
  if (match === null) return 0;
  return Number(match[1]) * (flags.includes('h') ? 1024 ** units.indexOf(match[2]!.toUpperCase()) : 1);
}

/** `-r`, `-n`, `-u`, `-f`, `-h`, and `-k FROM[,TO][nr]` with `-t`. */
export function sort(args: readonly string[], input: string): FilterResult {
  const parsed = takeApart(args, 'kt');
  const general = [...parsed.flags].join('');
  const separator = valueOf(parsed, 't');
  const keys = (parsed.values.get('k') ?? []).map(keyOf);
  const field = (line: string, { from, to }: Key): string => {
    // Without a separator a field begins with the blanks before it.
    const fields = separator === undefined ? (line.match(/\s*\S+|\s+$/g) ?? []) : line.split(separator);
    return fields.slice(from - 1, to).join(separator ?? '');
  };
  const compare = (a: string, b: string, flags: string): number => {
    const sign = flags.includes('r') ? -1 : 1;
    if (/[nhg]/.test(flags)) return sign * (numberIn(a, flags) - numberIn(b, flags));
    const [left, right] = [a, b]
      .map((text) => (flags.includes('f') ? text.toUpperCase() : text))
      .map((text) => (flags.includes('b') ? text.trimStart() : text)) as [string, string];
    return sign * (left < right ? -1 : left > right ? 1 : 0);
  };
  const byKeys = (a: string, b: string): number => {
    for (const key of keys) {
      const order = compare(field(a, key), field(b, key), key.flags === '' ? general : key.flags);
      if (order !== 0) return order;
    }
    return keys.length === 0 ? compare(a, b, general) : 0;
  };
  // What is equal by its keys is ordered as a whole, unless one of them is enough (`-u`, `-s`).
  const whole = /[us]/.test(general) ? (): number => 0 : (a: string, b: string): number => compare(a, b, general.replace(/[^r]/g, ''));
  const lines = linesOf(input).sort((a, b) => byKeys(a, b) || whole(a, b));
  return joined(parsed.flags.has('u') ? lines.filter((line, index) => index === 0 || byKeys(line, lines[index - 1]!) !== 0) : lines);
}

export function uniq(args: readonly string[], input: string): FilterResult {
  const { flags } = takeApart(args, 'fsw');
  const same = (a: string, b: string): boolean => (flags.has('i') ? a.toLowerCase() === b.toLowerCase() : a === b);
  const groups: { text: string; count: number }[] = [];
  for (const line of linesOf(input)) {
    const last = groups[groups.length - 1];
    if (last !== undefined && same(last.text, line)) last.count++;
    else groups.push({ text: line, count: 1 });
  }
  const kept = groups.filter(({ count }) => (flags.has('d') ? count > 1 : flags.has('u') ? count === 1 : true));
  return joined(kept.map(({ text, count }) => (flags.has('c') ? `${String(count).padStart(7)} ${text}` : text)));
}

const between = (first: string, last: string): string => {
  const length = Math.max(0, last.charCodeAt(0) - first.charCodeAt(0) + 1);
  return String.fromCharCode(...Array.from({ length }, (_, index) => first.charCodeAt(0) + index));
};
const classes: Readonly<Record<string, string>> = {
  alnum: `${between('0', '9')}${between('A', 'Z')}${between('a', 'z')}`,
  alpha: `${between('A', 'Z')}${between('a', 'z')}`,
  blank: ' \t',
  digit: between('0', '9'),
  lower: between('a', 'z'),
  punct: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  space: ' \t\n\r\f\v',
  upper: between('A', 'Z'),
};
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' };

/** The characters of a set: ranges, classes and escapes. */
function setOf(text: string): readonly string[] {
  return [
    ...text.replace(/\[:(\w+):\]|\\(.)|([^\\])-([^\\])/g, (all, name?: string, escape?: string, first?: string, last?: string) =>
      name !== undefined ? (classes[name] ?? all) : escape !== undefined ? (escapes[escape] ?? escape) : between(first!, last!),
    ),
  ];
}

/** `tr a b`, `tr -d x`, `tr -s ' '`, `tr -c a-z _` */
export function tr(args: readonly string[], input: string): FilterResult {
  const { flags, rest } = takeApart(args, '');
  const [from = [], to = []] = rest.map(setOf);
  if (from.length === 0) return failed('tr: missing operand');
  const complement = flags.has('c') || flags.has('C');
  const isIn = (char: string): boolean => from.includes(char) !== complement;
  const last = to[to.length - 1];
  const mapped = [...input].flatMap((char) => {
    if (!isIn(char)) return [char];
    if (flags.has('d')) return [];
    return to.length === 0 ? [char] : [complement ? last! : to[Math.min(from.indexOf(char), to.length - 1)]!];
  });
  const squeezes = (char: string): boolean => (to.length > 0 ? to.includes(char) : isIn(char));
  const text = flags.has('s') ? mapped.filter((char, index) => char !== mapped[index - 1] || !squeezes(char)) : mapped;
  return { text: text.join(''), error: '', code: 0 };
}

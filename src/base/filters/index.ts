import { failed, joined, linesOf, takeApart, valueOf, type Filter, type FilterResult } from './arguments.ts';
import { cut, sort, tr, uniq } from './columns.ts';
import { interpreters, ProgramError } from './interpreters.ts';
import { regularExpression } from './regular.ts';

/** `-n 3`, `-n3` or `-3`. */
function count(args: readonly string[], fallback: number): number | undefined {
  const short = args.find((arg, index) => /^-\d+$/.test(arg) && !/^-[nc]$/.test(args[index - 1] ?? ''))?.slice(1);
  const given = short ?? valueOf(takeApart(args, 'nc'), 'n') ?? valueOf(takeApart(args, 'nc'), 'lines');
  if (given === undefined) return fallback;
  return /^[+-]?\d+$/.test(given) ? Number(given) : undefined;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Long options of grep that have a short form. */
const longOptions: Readonly<Record<string, string>> = {
  count: 'c',
  'extended-regexp': 'E',
  'files-with-matches': 'l',
  'fixed-strings': 'F',
  'ignore-case': 'i',
  'invert-match': 'v',
  'line-number': 'n',
  'line-regexp': 'x',
  'only-matching': 'o',
  quiet: 'q',
  silent: 'q',
  'word-regexp': 'w',
};

/** The expression of one of grep's patterns; `-w` wants whole words. */
function patternOf(pattern: string, flags: ReadonlySet<string>, extended: boolean): RegExp | undefined {
  const how = flags.has('i') ? 'gi' : 'g';
  const source = flags.has('F') ? escaped(pattern) : pattern;
  const found =
    flags.has('P') || flags.has('F')
      ? plainExpression(source, how)
      : regularExpression(source, extended || flags.has('E') ? 'extended' : 'basic', how);
  return flags.has('w') && found !== undefined ? new RegExp(`(?<!\\w)(?:${found.source})(?!\\w)`, how) : found;
}

function plainExpression(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function grep(args: readonly string[], input: string, extended = false): FilterResult {
  const parsed = takeApart(
    args.map((arg) => (longOptions[arg.slice(2)] === undefined ? arg : `-${longOptions[arg.slice(2)]}`)),
    'eABCm',
  );
  const { flags, values, rest } = parsed;
  const patterns = values.get('e') ?? rest.slice(0, 1);
  if (patterns.length === 0) return failed('Usage: grep [OPTION]... PATTERNS [FILE]...', 2);
  const expressions = patterns.map((pattern) => patternOf(pattern, flags, extended));
  if (expressions.includes(undefined)) return failed('grep: Invalid regular expression', 2);
  const matches = (line: string): boolean =>
    expressions.some((expression) => (flags.has('x') ? line.match(expression!)?.[0] === line : line.search(expression!) >= 0)) !==
    flags.has('v');
  const lines = linesOf(input);
  const hits = [...lines.keys()].filter((index) => matches(lines[index]!)).slice(0, Number(valueOf(parsed, 'm') ?? lines.length));
  const code = hits.length > 0 ? 0 : 1;
  if (flags.has('q')) return joined([], code);
  if (flags.has('c')) return joined([String(hits.length)], code);
  if (flags.has('o'))
    return joined(
      hits.flatMap((index) => expressions.flatMap((expression) => lines[index]!.match(expression!) ?? [])),
      code,
    );
  const around = (letter: string): number => Number(valueOf(parsed, letter) ?? valueOf(parsed, 'C') ?? 0);
  return joined(withContext(lines, hits, around('B'), around('A'), flags.has('n')), code);
}

/** The hits with the lines around them; groups that do not touch are parted by `--`. */
function withContext(
  lines: readonly string[],
  hits: readonly number[],
  before: number,
  after: number,
  numbered: boolean,
): readonly string[] {
  const shown = new Set(hits.flatMap((hit) => lines.map((_, index) => index).slice(Math.max(0, hit - before), hit + after + 1)));
  const out: string[] = [];
  let last = -1;
  for (const index of [...shown].sort((a, b) => a - b)) {
    if (last >= 0 && index > last + 1 && before + after > 0) out.push('--');
    out.push(numbered ? `${index + 1}${hits.includes(index) ? ':' : '-'}${lines[index]}` : lines[index]!);
    last = index;
  }
  return out;
}

function wc(args: readonly string[], input: string): FilterResult {
  const { flags } = takeApart(args, '');
  const numbers = { l: input.split('\n').length - 1, w: input.split(/\s+/).filter(Boolean).length, c: input.length, m: input.length };
  const wanted = (['l', 'w', 'm', 'c'] as const).filter((letter) => flags.has(letter));
  if (wanted.length === 1) return joined([String(numbers[wanted[0]!])]);
  const shown = wanted.length > 0 ? wanted : (['l', 'w', 'c'] as const);
  return joined([shown.map((letter) => String(numbers[letter]).padStart(7)).join(' ')]);
}

/** `[-F SEPARATOR] [-v NAME=VALUE]… PROGRAM` */
function awkFilter(args: readonly string[], input: string): FilterResult {
  const parsed = takeApart(args, 'Fv');
  const [program] = parsed.rest;
  if (program === undefined) return failed('awk: usage: awk [-F FS] [-v NAME=VALUE] PROGRAM', 2);
  const variables = (parsed.values.get('v') ?? []).map((item): readonly [string, string] => [
    item.split('=')[0]!,
    item.slice(item.indexOf('=') + 1),
  ]);
  try {
    return { ...interpreters.value.awk(program, { separator: valueOf(parsed, 'F'), variables }, linesOf(input)), error: '' };
  } catch (error) {
    if (error instanceof ProgramError) return failed(`awk: ${error.message}`, 2);
    throw error;
  }
}

/** `[-n] [-E] [-e SCRIPT]… [SCRIPT]` */
function sedFilter(args: readonly string[], input: string): FilterResult {
  const { flags, values, rest } = takeApart(args, 'e');
  try {
    return joined(
      interpreters.value.sed(values.get('e') ?? rest.slice(0, 1), linesOf(input), {
        quiet: flags.has('n'),
        extended: flags.has('E') || flags.has('r'),
      }),
    );
  } catch (error) {
    if (error instanceof ProgramError) return failed(`sed: ${error.message}`);
    throw error;
  }
}

function ends(name: string, take: (lines: readonly string[], count: number) => readonly string[]): Filter {
  return (args, input) => {
    const bytes = valueOf(takeApart(args, 'nc'), 'c');
    if (bytes !== undefined) return { text: take([...input], Number(bytes)).join(''), error: '', code: 0 };
    const lines = count(args, 10);
    return lines === undefined ? failed(`${name}: invalid number of lines`) : joined(take(linesOf(input), lines));
  };
}

const lastOnes = ends('tail', (items, wanted) => items.slice(items.length - Math.min(items.length, Math.abs(wanted))));

const same: Filter = (_args, input) => ({ text: input, error: '', code: 0 });

/** By name. */
export const filters: Readonly<Record<string, Filter>> = {
  grep: (args, input) => grep(args, input),
  egrep: (args, input) => grep(args, input, true),
  wc,
  awk: awkFilter,
  sed: sedFilter,
  cut,
  sort,
  uniq,
  tr,
  head: ends('head', (lines, wanted) => lines.slice(0, wanted < 0 ? lines.length + wanted : wanted)),
  tail: (args, input) => {
    const from = args.map((arg) => /^(?:-n)?\+(\d+)$/.exec(arg)?.[1]).find((number) => number !== undefined);
    if (from !== undefined && !args.includes('-c')) return joined(linesOf(input).slice(Math.max(0, Number(from) - 1)));
    return lastOnes(args, input);
  },
  tac: (_args, input) => joined(linesOf(input).reverse()),
  nl: (_args, input) => {
    let number = 0;
    return joined(linesOf(input).map((line) => (line === '' ? '       ' : `${String(++number).padStart(6)}\t${line}`)));
  },
  less: same,
  more: same,
};

const lineByLine = new Set(['grep', 'egrep', 'cut', 'tr', 'less', 'more']);

/** True where a filter with its arguments does to a text what it does to each of its lines. */
export function treatsLinesAlone(words: readonly string[]): boolean {
  const [name = '', ...args] = words;
  return lineByLine.has(name) && !args.some((arg) => /^-[a-zA-Z]*[cnqsABCm]/.test(arg));
}

/** One line through several filters. */
export function filterLine(through: readonly (readonly string[])[], line: string): string {
  return through.reduce((text, [name = '', ...args]) => (text === '' ? '' : filters[name]!(args, text).text), `${line}\n`);
}

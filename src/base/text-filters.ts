import { awk } from './awk.ts';
import { AwkError } from './awk-parse.ts';

/** The small programs that output is piped through: text in, text out. */
export interface FilterResult {
  readonly text: string;
  readonly error: string;
  readonly code: number;
}
type Filter = (args: readonly string[], input: string) => FilterResult;

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const joined = (lines: readonly string[], code = 0): FilterResult => ({ text: lines.map((line) => `${line}\n`).join(''), error: '', code });
const failed = (error: string, code = 1): FilterResult => ({ text: '', error: `${error}\n`, code });

/** Arguments taken apart: single letters, letters with values (`-n 3`, `-n3`), and the rest. */
interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

function takeApart(args: readonly string[], withValue: string): Arguments {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (!/^-[a-zA-Z]/.test(arg)) {
      rest.push(arg);
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]!;
      if (!withValue.includes(letter)) {
        flags.add(letter);
        continue;
      }
      const value = at + 1 < arg.length ? arg.slice(at + 1) : (args[++index] ?? '');
      values.set(letter, [...(values.get(letter) ?? []), value]);
      break;
    }
  }
  return { flags, values, rest };
}

const valueOf = ({ values }: Arguments, letter: string): string | undefined => values.get(letter)?.[0];

/** `-n 3`, `-n3` or `-3`. */
function count(args: readonly string[], fallback: number): number | undefined {
  const short = args.find((arg) => /^-\d+$/.test(arg))?.slice(1);
  const given = short ?? valueOf(takeApart(args, 'nc'), 'n');
  if (given === undefined) return fallback;
  return /^[+-]?\d+$/.test(given) ? Number(given) : undefined;
}

/** A POSIX basic expression as one of JavaScript: there `\|`, `\+`, `\(` are operators and the bare ones are characters. */
function expressionOf(pattern: string, extended: boolean, flags: string): RegExp | undefined {
  const source = extended
    ? pattern
    : pattern.replace(/\\([|+?(){}])|([|+?(){}])/g, (_, operator?: string, plain?: string) => operator ?? `\\${plain}`);
  try {
    return new RegExp(
      source.replaceAll('[[:space:]]', '\\s').replaceAll('[[:digit:]]', '\\d').replaceAll('[[:alpha:]]', '[A-Za-z]'),
      flags,
    );
  } catch {
    return undefined;
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function grep(args: readonly string[], input: string, extended = false): FilterResult {
  const parsed = takeApart(args, 'eABCm');
  const { flags, values, rest } = parsed;
  const patterns = values.get('e') ?? rest.slice(0, 1);
  if (patterns.length === 0) return failed('Usage: grep [OPTION]... PATTERNS [FILE]...', 2);
  const sources = patterns.map((pattern) => (flags.has('F') ? escaped(pattern) : pattern));
  const expressions = sources.map((source) =>
    expressionOf(
      flags.has('w') ? `\\b(?:${source})\\b` : source,
      extended || flags.has('E') || flags.has('P') || flags.has('F') || flags.has('w'),
      flags.has('i') ? 'gi' : 'g',
    ),
  );
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
    return { ...awk(program, { separator: valueOf(parsed, 'F'), variables }, linesOf(input)), error: '' };
  } catch (error) {
    if (error instanceof AwkError || error instanceof SyntaxError) return failed(`awk: ${error.message}`, 2);
    throw error;
  }
}

/** `s/a/b/g`, `/pattern/d`, `-n /pattern/p`, `2,5p`, `1d`; several with `-e` or `;`. */
function sed(args: readonly string[], input: string): FilterResult {
  const { flags, values, rest } = takeApart(args, 'e');
  const script = (values.get('e') ?? rest.slice(0, 1)).flatMap((text) => text.split(/;(?=\s*(?:s[^\w\s]|\/|\d|\$))/));
  let lines: { readonly text: string; readonly number: number; readonly copies: number }[] = linesOf(input).map((text, index) => ({
    text,
    number: index + 1,
    copies: flags.has('n') ? 0 : 1,
  }));
  const last = lines.length;
  for (const command of script) {
    const match = /^\s*(?:(\d+|\$)(?:,(\d+|\$))?|\/((?:[^/\\]|\\.)*)\/)?\s*(?:([dp])|s([^\w\s])(.*))\s*$/s.exec(command);
    if (match === null) return failed(`sed: -e expression #1, char 1: unknown command: \`${command.trim()[0] ?? ''}'`);
    const [, from, to, pattern, verb, delimiter, rule] = match;
    const lineNumber = (text: string): number => (text === '$' ? last : Number(text));
    const selector = pattern === undefined ? undefined : expressionOf(pattern, flags.has('E') || flags.has('r'), '');
    const selected = ({ text, number }: { readonly text: string; readonly number: number }): boolean =>
      selector !== undefined ? selector.test(text) : from === undefined || (number >= lineNumber(from) && number <= lineNumber(to ?? from));
    if (verb === 'd') lines = lines.filter((line) => !selected(line));
    else if (verb === 'p') lines = lines.map((line) => (selected(line) ? { ...line, copies: line.copies + 1 } : line));
    else {
      const replace = substitution(delimiter!, rule!, flags.has('E') || flags.has('r'));
      if (replace === undefined) return failed("sed: -e expression #1, char 0: unterminated `s' command");
      lines = lines.map((line) => (selected(line) ? { ...line, text: replace(line.text) } : line));
    }
  }
  return joined(lines.flatMap(({ text, copies }) => Array.from({ length: copies }, () => text)));
}

function substitution(delimiter: string, rule: string, extended: boolean): ((text: string) => string) | undefined {
  const parts = rule.split(new RegExp(`(?<!\\\\)${escaped(delimiter)}`));
  if (parts.length !== 3) return undefined;
  const [pattern, replacement, options] = parts as [string, string, string];
  const expression = expressionOf(
    pattern.replaceAll(`\\${delimiter}`, delimiter),
    extended,
    `${options.includes('g') ? 'g' : ''}${/i/i.test(options) ? 'i' : ''}`,
  );
  const template = replacement
    .replaceAll('$', '$$$$')
    .replace(/\\(\d)|(?<!\\)&/g, (_, digit?: string) => `$${digit ?? '&'}`)
    .replace(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t' })[char] ?? char);
  return expression && ((text) => text.replace(expression, template));
}

/** `-f 1,3-5` with `-d`, or `-c 1-10`. */
function cut(args: readonly string[], input: string): FilterResult {
  const parsed = takeApart(args, 'dfc');
  const list = valueOf(parsed, 'f') ?? valueOf(parsed, 'c');
  if (list === undefined || !/^[\d,-]+$/.test(list)) return failed('cut: you must specify a list of bytes, characters, or fields');
  const ranges = list.split(',').map((range) => {
    const [from = '', to = ''] = range.includes('-') ? range.split('-') : [range, range];
    return { from: Number(from || '1'), to: to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  });
  const chosen = (items: readonly string[]): readonly string[] =>
    items.filter((_, index) => ranges.some(({ from, to }) => index + 1 >= from && index + 1 <= to));
  const delimiter = valueOf(parsed, 'd') ?? '\t';
  return joined(
    linesOf(input).map((line) =>
      parsed.values.has('c') ? chosen([...line]).join('') : line.includes(delimiter) ? chosen(line.split(delimiter)).join(delimiter) : line,
    ),
  );
}

/** `-r`, `-n`, `-u`, `-k N` with `-t`. */
function sort(args: readonly string[], input: string): FilterResult {
  const parsed = takeApart(args, 'kt');
  const { flags } = parsed;
  const field = Number.parseInt(valueOf(parsed, 'k') ?? '0', 10);
  const separator = valueOf(parsed, 't') ?? /\s+/;
  const numeric = flags.has('n') || /n/.test(valueOf(parsed, 'k') ?? '');
  const key = (line: string): string =>
    field > 0
      ? line
          .trim()
          .split(separator)
          .slice(field - 1)
          .join(' ')
      : line;
  const order = (a: string, b: string): number => {
    const byNumber = numeric ? (Number.parseFloat(key(a)) || 0) - (Number.parseFloat(key(b)) || 0) : 0;
    return byNumber !== 0 ? byNumber : key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
  };
  const lines = linesOf(input).sort(order);
  if (flags.has('r')) lines.reverse();
  return joined(flags.has('u') ? lines.filter((line, index) => line !== lines[index - 1]) : lines);
}

function uniq(args: readonly string[], input: string): FilterResult {
  const groups: { text: string; count: number }[] = [];
  for (const line of linesOf(input)) {
    const last = groups[groups.length - 1];
    if (last?.text === line) last.count++;
    else groups.push({ text: line, count: 1 });
  }
  const { flags } = takeApart(args, '');
  const kept = flags.has('d') ? groups.filter((group) => group.count > 1) : groups;
  return joined(kept.map(({ text, count: times }) => (flags.has('c') ? `${String(times).padStart(7)} ${text}` : text)));
}

/** `tr a b`, `tr -d x`, `tr -s ' '`; sets may hold ranges and `\n`. */
function tr(args: readonly string[], input: string): FilterResult {
  const { flags, rest } = takeApart(args, '');
  const [from = [], to = []] = rest.map((set) => [
    ...set
      .replace(/\\([nt])/g, (_, char: string) => ({ n: '\n', t: '\t' })[char]!)
      .replace(/(.)-(.)/g, (_, first: string, last: string) => {
        const length = Math.max(0, last.charCodeAt(0) - first.charCodeAt(0) + 1);
        return String.fromCharCode(...Array.from({ length }, (__, index) => first.charCodeAt(0) + index));
      }),
  ]);
  if (from.length === 0) return failed('tr: missing operand');
  const squeezed = to.length > 0 ? to : from;
  const mapped = [...input].flatMap((char) => {
    const index = from.indexOf(char);
    if (index < 0) return [char];
    return flags.has('d') ? [] : to.length === 0 ? [char] : [to[Math.min(index, to.length - 1)]!];
  });
  const text = flags.has('s') ? mapped.filter((char, index) => char !== mapped[index - 1] || !squeezed.includes(char)) : mapped;
  return { text: text.join(''), error: '', code: 0 };
}

function ends(name: string, take: (lines: readonly string[], count: number) => readonly string[]): Filter {
  return (args, input) => {
    const lines = count(args, 10);
    return lines === undefined ? failed(`${name}: invalid number of lines`) : joined(take(linesOf(input), lines));
  };
}

const same: Filter = (_args, input) => ({ text: input, error: '', code: 0 });

/** By name. */
export const filters: Readonly<Record<string, Filter>> = {
  grep: (args, input) => grep(args, input),
  egrep: (args, input) => grep(args, input, true),
  wc,
  awk: awkFilter,
  sed,
  cut,
  sort,
  uniq,
  tr,
  head: ends('head', (lines, wanted) => lines.slice(0, wanted < 0 ? lines.length + wanted : wanted)),
  tail: (args, input) => {
    const from = args.find((arg) => /^\+\d+$/.test(arg));
    if (from !== undefined) return joined(linesOf(input).slice(Number(from) - 1));
    return ends('tail', (lines, wanted) => lines.slice(lines.length - Math.min(lines.length, Math.abs(wanted))))(args, input);
  },
  tac: (_args, input) => joined(linesOf(input).reverse()),
  nl: (_args, input) => joined(linesOf(input).map((line, index) => `${String(index + 1).padStart(6)}\t${line}`)),
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

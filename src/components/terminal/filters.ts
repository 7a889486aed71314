/** The small programs that output is piped through: text in, text out. */
export interface FilterResult {
  readonly text: string;
  readonly error: string;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const joined = (lines: readonly string[]): FilterResult => ({ text: lines.map((line) => `${line}\n`).join(''), error: '' });

function count(args: readonly string[], fallback: number): number {
  const index = args.findIndex((arg) => arg === '-n');
  const given = index >= 0 ? args[index + 1] : args.find((arg) => /^-n?\d+$/.test(arg))?.replace(/^-n?/, '');
  return given === undefined ? fallback : Number(given);
}

function grep(args: readonly string[], input: string): FilterResult {
  const flags = args.filter((arg) => /^-[a-zA-Z]+$/.test(arg)).join('');
  const [pattern = ''] = args.filter((arg) => !/^-[a-zA-Z]+$/.test(arg));
  let test: (line: string) => boolean;
  try {
    const expression = new RegExp(pattern, flags.includes('i') ? 'i' : '');
    test = (line) => expression.test(line);
  } catch {
    return { text: '', error: `grep: Invalid regular expression: ${pattern}\n` };
  }
  const found = linesOf(input).filter((line) => test(line) !== flags.includes('v'));
  return flags.includes('c') ? joined([String(found.length)]) : joined(found);
}

function wc(args: readonly string[], input: string): FilterResult {
  const numbers = { l: linesOf(input).length, w: input.split(/\s+/).filter(Boolean).length, c: input.length };
  const [wanted] = args;
  const key = wanted?.slice(1) as keyof typeof numbers | undefined;
  return joined([key !== undefined && numbers[key] !== undefined ? String(numbers[key]) : `${numbers.l} ${numbers.w} ${numbers.c}`]);
}

function awk(args: readonly string[], input: string): FilterResult {
  const fields = [...(args[0] ?? '').matchAll(/\$(\d+)/g)].map((match) => Number(match[1]));
  return joined(linesOf(input).map((line) => fields.map((field) => (field === 0 ? line : (line.trim().split(/\s+/)[field - 1] ?? ''))).join(' ')));
}

/** By name. */
export const filters: Readonly<Record<string, (args: readonly string[], input: string) => FilterResult>> = {
  grep,
  wc,
  awk,
  head: (args, input) => joined(linesOf(input).slice(0, count(args, 10))),
  tail: (args, input) => joined(linesOf(input).slice(-count(args, 10))),
  sort: (args, input) => joined([...linesOf(input)].sort((a, b) => (args.includes('-r') ? -1 : 1) * (a < b ? -1 : a > b ? 1 : 0))),
  uniq: (_args, input) => joined(linesOf(input).filter((line, index, all) => line !== all[index - 1])),
  cat: (_args, input) => ({ text: input, error: '' }),
  tee: (_args, input) => ({ text: input, error: '' }),
};

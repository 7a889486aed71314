/** What a filter came to. */
export interface FilterResult {
  readonly text: string;
  readonly error: string;
  readonly code: number;
}
/** A small program that output is piped through: arguments and text in, text out. */
export type Filter = (args: readonly string[], input: string) => FilterResult;

export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
export const joined = (lines: readonly string[], code = 0): FilterResult => ({
  text: lines.map((line) => `${line}\n`).join(''),
  error: '',
  code,
});
export const failed = (error: string, code = 1): FilterResult => ({ text: '', error: `${error}\n`, code });

/** Arguments taken apart: single letters, letters with values (`-n 3`, `-n3`), long ones (`--name=value`), and the rest. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

/** @param withValue the letters that have values */
export function takeApart(args: readonly string[], withValue: string): Arguments {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const long = /^--([a-z][\w-]*)(?:=([^]*))?$/.exec(arg);
    if (long !== null) {
      if (long[2] === undefined) flags.add(long[1]!);
      else values.set(long[1]!, [long[2]]);
      continue;
    }
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

export const valueOf = ({ values }: Arguments, letter: string): string | undefined => values.get(letter)?.[0];

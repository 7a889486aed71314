import { Failure } from './operations.ts';

/** Flags with a value, and their short forms; all others are switches. */
const valued = new Set([
  'endpoints',
  'cacert',
  'cert',
  'key',
  'write-out',
  'command-timeout',
  'dial-timeout',
  'rev',
  'limit',
  'consistency',
  'peer-urls',
  'lease',
  'user',
]);
const switches = new Set([
  'prefix',
  'keys-only',
  'count-only',
  'print-value-only',
  'from-key',
  'cluster',
  'learner',
  'prev-kv',
  'physical',
  'insecure-skip-tls-verify',
  'insecure-transport',
  'debug',
  'help',
  'hex',
]);
const short: Readonly<Record<string, string>> = { w: 'write-out', h: 'help' };

/** A command line taken apart. */
export interface Line {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

export function parse(argv: readonly string[]): Line {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/.exec(word);
    if (match === null) {
      words.push(word);
      continue;
    }
    const [, given = '', attached] = match;
    const name = word.startsWith('--') ? given : (short[given] ?? given);
    if (valued.has(name)) {
      const value = attached ?? argv[++at];
      if (value === undefined) throw new Failure(`flag needs an argument: ${word}`);
      flags.set(name, value);
    } else if (switches.has(name)) flags.set(name, attached ?? 'true');
    else throw new Failure(`unknown flag: ${word}`);
  }
  return { words, flags };
}

export const isSet = ({ flags }: Line, name: string): boolean => flags.get(name) === 'true';

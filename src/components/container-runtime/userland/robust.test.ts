import { describe, expect, it } from 'vitest';
import { programs } from './programs/index.ts';
import { run } from './testing/drive.ts';

/** Pieces of scripts and arguments, many of them wrong. */
const pieces = [
  ...[
    '[z-a]',
    '(',
    ')',
    '${',
    '}',
    '$((',
    '))',
    '[',
    ']',
    '*',
    '\\',
    '"',
    "'",
    '`',
    '%.200f',
    '%*d',
    '-c',
    '-n',
    '-5',
    '99999999999',
    '{',
    '|',
    '&',
    ';',
    '\n',
  ],
  ...[
    '<<E',
    '>',
    '2>&1',
    'case a in',
    'esac',
    'done',
    '=~',
    ':',
    '/x',
    '~',
    '$@',
    '${a[',
    '😀',
    '~*',
    's/(/x/',
    's/[z-a]/x/',
    '{2}',
    '\\(',
    '/[/',
    '-',
    '--',
    '$(',
  ],
  ...[
    '1e999',
    'while true; do',
    'break 9',
    'read x',
    'trap x EXIT',
    'exec',
    'set -e',
    'echo',
    'x=1',
    'if',
    'then',
    'fi',
    '/etc/passwd',
    '-d',
    '-f',
    '-e',
    '{print $1}',
    'BEGIN{',
    '1',
  ],
];
const names = Object.keys(programs).filter((name) => !name.includes(' '));

describe('whatever is typed', () => {
  it('is answered with words and a code', () => {
    let seed = 1;
    const below = (limit: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const some = (count: number): string[] => Array.from({ length: below(count) + 1 }, () => pieces[below(pieces.length)]!);
    for (let round = 0; round < 1200; round++) {
      const argv = round % 2 === 0 ? ['sh', '-c', some(8).join(' ')] : [names[below(names.length)]!, ...some(4)];
      expect(() => run(argv, { image: 'other', stdin: 'a b\nc\n' }, 2_000), JSON.stringify(argv)).not.toThrow();
    }
  });
});

import { expect, it } from 'vitest';
import { base32 } from './base32.ts';
import { sha256 } from './sha256.ts';

const bytes = (text: string): readonly number[] => [...text].map((char) => char.charCodeAt(0));

it.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base 32 of "%s" is as RFC 4648 has it', (text, encoded) => expect(base32(bytes(text))).toBe(encoded));

it('makes 26 digits of half a hash', () => expect(base32(sha256(bytes('host')).slice(0, 16))).toHaveLength(26));

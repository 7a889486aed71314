import { describe, expect, it } from 'vitest';
import { matches } from './re2.ts';

describe('regular expressions', () => {
  it.each([
    ['abc', 'b', ['b']],
    ['aXbXc', 'x', []],
    ['aXbXc', '(?i)x', ['X', 'X']],
    ['foo bar', '^\\w+$', []],
    ['foo\nbar', '(?m)^\\w+$', ['foo', 'bar']],
    ['foobar', 'foo|foobar', ['foo']],
    ['foobar', 'foobar|foo', ['foobar']],
    ['aaa', 'a{2}', ['aa']],
    ['aaaa', 'a{1,3}?', ['a', 'a', 'a', 'a']],
    ['<a><b>', '<.+>', ['<a><b>']],
    ['<a><b>', '<.+?>', ['<a>', '<b>']],
    ['a.b', '\\.', ['.']],
    ['a\nb', 'a.b', []],
    ['a\nb', '(?s)a.b', ['a\nb']],
    ['x-1_y', '[[:alpha:]][-0-9_]+', ['x-1_']],
    ['2024-05-06', '(?P<year>\\d{4})-(\\d\\d)', ['2024-05']],
    ['ab12', '[^\\d]+', ['ab']],
    [']a', '[]a]+', [']a']],
    ['word boundary', '\\bb\\w+', ['boundary']],
    ['äöü ABC', '\\p{Lu}+', ['ABC']],
    ['Ελλάδα', '\\p{Greek}+', ['Ελλάδα']],
    ['a+b', '\\Qa+b\\E', ['a+b']],
    ['\t', '[\\x09]', ['\t']],
    ['registry.example.com/app:v1.2', '^registry\\.example\\.com/[a-z0-9-]+(?::v\\d+(?:\\.\\d+)*)?$', ['registry.example.com/app:v1.2']],
    ['', 'a*', ['']],
    ['baac', 'a*', ['', 'aa', '', '']],
    ['a{b', 'a{b', ['a{b']],
    ['abab', '(?:ab)+', ['abab']],
    ['ab', '(?i:A)b', ['ab']],
    ['aB', '(?i:A)b', []],
    ['😀x', '^.x$', ['😀x']],
    ['a||b', 'a(|x)\\|', ['a|']],
  ])('%j has %s as %j', (text, pattern, found) => expect(matches(text, pattern)).toEqual(found));

  it.each([
    ['(', 'missing closing ): `(`'],
    ['a)', 'unexpected ): `a)`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['[a', 'missing closing ]: `[a`'],
    ['[z-a]', 'invalid character class range: `z-a`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['\\', 'trailing backslash at end of expression: ``'],
    ['(((a{999}){999}){999})', 'expression too large'],
  ])('%s is refused', (pattern, message) => expect(() => matches('', pattern)).toThrow(`error parsing regexp: ${message}`));

  it('take linear time where others take for ever', () => {
    expect(matches('a'.repeat(2000), '(a*)*b')).toEqual([]);
    expect(matches('a'.repeat(2000), '(a|aa)+$', 1)).toHaveLength(1);
  });
});

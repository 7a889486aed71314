import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packTar, unpackTar } from './tar.ts';

const entries = [
  { path: 'etc', text: undefined },
  { path: 'etc/hosts', text: '127.0.0.1 localhost\n' },
  { path: 'grüße/名前.txt', text: 'é漢😀\n'.repeat(200) },
  { path: `${'deep/'.repeat(25)}file`, text: '' },
];

describe('tar', () => {
  it('writes what tar reads, and reads what tar writes', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tar-'));
    try {
      execFileSync('tar', ['-xf', '-', '-C', folder], { input: packTar(entries, 1_700_000_000) });
      for (const { path: name, text } of entries)
        if (text !== undefined) expect(fs.readFileSync(path.join(folder, name), 'utf8')).toBe(text);
      const again = unpackTar(execFileSync('tar', ['-cf', '-', '-C', folder, 'etc', 'grüße', 'deep']).toString('utf8'));
      expect(again).toEqual(expect.arrayContaining(entries.slice(1)));
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('gives back what it was given, and nothing for a part of it', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ path: fc.stringMatching(/^[a-z]{1,9}$/), text: fc.string({ unit: 'grapheme' }) })), (files) => {
        expect(unpackTar(packTar(files, 0))).toEqual(files);
      }),
    );
    const whole = packTar(entries, 0);
    expect(unpackTar(whole.slice(0, 700))).toBeUndefined();
    expect(unpackTar('no archive at all')).toBeUndefined();
    fc.assert(fc.property(fc.string({ maxLength: 3000 }), (text) => void unpackTar(text)));
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { replay } from './replay.ts';

/**
 * Each file beside this one is what a person typed and read, from a booted cluster on. `UPDATE_TRANSCRIPTS=1 npm test -- unit`
 * writes them anew; commit the difference only if you understand what caused it.
 */
const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

/** Names, ages and addresses that chance and timing choose are not what a transcript is about, nor is the width of columns. */
function masked(text: string): readonly string[] {
  return text
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b|\b\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000/g, '<time>')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>')
    .replace(/-[bcdf-hj-np-tv-xz2-9]{8,10}\b/g, '-<hash>')
    .replace(/-[bcdf-hj-np-tv-xz2-9]{5}\b/g, '-<suffix>')
    // After the suffixes: some of those look like ages.
    .replace(/\b(?:\d+[dhm])*\d+[smhd]\b(?: \(x\d+ over \w+\))?/g, '<age>')
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<address>')
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<version>"')
    .replace(/Resource Version: +\d+/g, 'Resource Version: <version>')
    .replace(/[0-9a-f]{32,}/g, '<digest>')
    .split('\n')
    .filter((line) => !line.startsWith('Waiting for '))
    .map((line) => line.trim().replace(/ {2,}/g, '  '));
}

describe('transcripts', () => {
  it('are there', () => expect(files.length).toBeGreaterThan(0));
  it.each(files)('%s', (file) => {
    const path = new URL(file, folder);
    const before = readFileSync(path, 'utf8');
    const after = replay(before);
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(path, after);
    else expect(masked(after)).toEqual(masked(before));
  });
});

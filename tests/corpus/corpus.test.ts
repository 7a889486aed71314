import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { Replay, type Pair } from './replay.ts';

const folder = new URL('.', import.meta.url);
const read = <T>(file: string): readonly T[] => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as readonly T[];
const scenarios = readdirSync(folder).filter((file) => /^\d.*\.generated\.json$/.test(file));
const before = read<KubeObject>('objects.generated.json');

/** What a real API server answered is what this one answers, to the same requests in the same order. */
describe('recorded requests', () => {
  it('are more than a few', () => {
    const compared = scenarios.flatMap((file) => read<Pair>(file)).filter((pair) => pair.apart === undefined);
    expect(compared.length).toBeGreaterThan(300);
  });

  it.each(scenarios)('%s', (file) => {
    const pairs = read<Pair>(file);
    const replay = new Replay(pairs[0]!.at);
    replay.seed(before);
    const wrong = pairs.flatMap((pair) => {
      const differences = replay.play(pair);
      return pair.apart !== undefined || differences.length === 0
        ? []
        : [`${pair.user} ${pair.verb} ${pair.uri}: ${differences.join(' | ')}`];
    });
    expect(wrong).toEqual([]);
  });
});

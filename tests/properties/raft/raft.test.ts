import { describe, expect, it } from 'vitest';
import { Swarm, type Mutant } from './swarm.ts';

const forMs = 30_000;

describe('the Raft group under faults', () => {
  it('keeps its invariants, every acknowledged write and every compare-and-swap', () => {
    let [elections, acknowledged, reads] = [0, 0, 0];
    for (let seed = 1; seed <= 120; seed++) {
      const report = new Swarm(seed).run(forMs);
      elections += report.elections;
      acknowledged += report.acknowledged;
      reads += report.reads;
    }
    expect(elections).toBeGreaterThan(300);
    expect(acknowledged).toBeGreaterThan(4000);
    expect(reads).toBeGreaterThan(1500);
  });

  it('is the same run for the same seed', () => {
    expect(new Swarm(7).run(forMs)).toEqual(new Swarm(7).run(forMs));
  });

  // A checker that never fails proves nothing: each of these mistakes has to be found within a few runs.
  const mutants: readonly (readonly [Mutant, RegExp])[] = [
    ['votes twice', /election safety|leader completeness|state-machine safety|committed/],
    ['forgets its log', /leader completeness|state-machine safety|lost|committed/],
    ['counts itself only', /compare-and-swap|state-machine safety|lost|committed|leader completeness/],
    ['reads without asking', /linearizable read/],
    ['applies twice', /compare-and-swap|twice|linearizable/],
  ];
  it.each(mutants)('finds a member that %s', (mutant, words) => {
    let found = '';
    for (let seed = 1; seed <= 400 && found === ''; seed++) {
      try {
        new Swarm(seed, mutant).run(forMs);
      } catch (error) {
        found = (error as Error).message;
      }
    }
    expect(found).toMatch(words);
  });
});

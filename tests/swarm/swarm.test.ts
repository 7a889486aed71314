import { describe, expect, it } from 'vitest';
import { createHistory } from '#kernel/history.ts';
import { planOf } from './plan.ts';
import { SwarmRun } from './run.ts';

/** Seeds that once failed, and what they found. */
const kept: readonly (readonly [seed: number, found: string])[] = [
  [19, 'a controller waited for ever for the answer of an API server that was killed'],
  [61, 'a chunk that was lost when a link was cut ended the watch that was opened after it'],
  [10, 'pods of a node that came back stayed not ready'],
  [100, 'a second API server gave new pods the uids of old ones'],
  [122, 'a watch from before the start of an API server missed a deletion'],
];

describe('the swarm', () => {
  it.each(kept)('seed %i: %s', (seed) => expect(new SwarmRun(seed).run().violations).toEqual([]), 120_000);

  it('plans the same for the same seed, and something else for another', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(8).steps).not.toEqual(planOf(7).steps);
  });

  it('is what a new world makes of its inputs', () => {
    const run = new SwarmRun(3);
    const { hash } = run.run();
    const again = createHistory(run.history.options);
    again.replay(run.history.inputs());
    again.advance({ maxEvents: run.history.head.seq - again.world.seq });
    expect(again.hash).toBe(hash);
  }, 120_000);
});

import { expect, it } from 'vitest';
import { expected, noExpectations, observed, satisfied } from './expectations.ts';

const creation = { creation: true } as const;

it('are satisfied when everything asked for was seen', () => {
  const two = expected(expected(noExpectations, 'a', creation, 0), 'a', creation, 0);
  const one = observed(two, 'a', creation);
  expect([satisfied(two, 'a', 1), satisfied(one, 'a', 1), satisfied(observed(one, 'a', creation), 'a', 1)]).toEqual([false, false, true]);
  expect(satisfied(two, 'b', 1)).toBe(true);
});

it('count each deletion once, however often it is seen', () => {
  const two = expected(expected(noExpectations, 'a', { deletion: 'x' }, 0), 'a', { deletion: 'y' }, 0);
  const one = observed(observed(two, 'a', { deletion: 'x' }), 'a', { deletion: 'x' });
  expect(satisfied(one, 'a', 1)).toBe(false);
  expect(satisfied(observed(one, 'a', { deletion: 'y' }), 'a', 1)).toBe(true);
});

it('are given up after five minutes', () => {
  const open = expected(noExpectations, 'a', creation, 0);
  expect([satisfied(open, 'a', 300_000), satisfied(open, 'a', 300_001)]).toEqual([false, true]);
});

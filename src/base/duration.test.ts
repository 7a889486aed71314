import { describe, expect, it } from 'vitest';
import { goDuration } from './duration.ts';

describe('goDuration', () => {
  it.each([
    [0, '0s'],
    [68, '68ms'],
    [2400, '2.4s'],
    [10_000, '10s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
    [3_661_500, '1h1m1.5s'],
  ])('%i ms is %s', (ms, text) => {
    expect(goDuration(ms)).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { proportionalSizes } from './proportion.ts';

describe('proportional scaling', () => {
  const sets = [
    { name: 'old', replicas: 8, created: 1, maxBefore: 13 },
    { name: 'new', replicas: 5, created: 2, maxBefore: 13 },
  ];
  it('grows every set by its share', () => {
    expect(Object.fromEntries(proportionalSizes(sets, 15, 3))).toEqual({ old: 11, new: 7 });
  });
  it('shrinks every set by its share', () => {
    expect(Object.fromEntries(proportionalSizes(sets, 5, 3))).toEqual({ old: 5, new: 3 });
  });
  it('gives the rest to the newer of two equal sets when growing', () => {
    const equal = [
      { ...sets[0]!, replicas: 5, maxBefore: 10 },
      { ...sets[1]!, maxBefore: 10 },
    ];
    expect(Object.fromEntries(proportionalSizes(equal, 11, 0))).toEqual({ new: 6, old: 5 });
  });
  it('leaves nothing of a Deployment of size zero', () => {
    expect(Object.fromEntries(proportionalSizes(sets, 0, 3))).toEqual({ old: 0, new: 0 });
  });
});

import { expect, it } from 'vitest';
import { acceptNames } from './naming.ts';

const wanted = { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList', shortNames: ['bo'], categories: ['sea'] };
const none = { plural: '', kind: '' };
const claimed = (resources: readonly string[], kinds: readonly string[] = []) => ({ resources: new Set(resources), kinds: new Set(kinds) });

it('names that nobody has are given', () => {
  expect(acceptNames(wanted, none, claimed(['ships']))).toEqual({ names: wanted, conflict: undefined });
});

it('a name that somebody else has is not, and the others are', () => {
  expect(acceptNames(wanted, none, claimed(['bo']))).toEqual({
    names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList', categories: ['sea'] },
    conflict: { reason: 'ShortNamesConflict', message: '"bo" is already in use' },
  });
  expect(acceptNames(wanted, none, claimed([], ['Boat'])).conflict).toEqual({
    reason: 'KindConflict',
    message: '"Boat" is already in use',
  });
});

it('a name that was given before stays', () => {
  expect(acceptNames(wanted, wanted, claimed(['boats', 'bo'], ['Boat'])).conflict).toBeUndefined();
});

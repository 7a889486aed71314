import { SortedMap } from '#base/sorted-map.ts';

/**
 * What a control loop has asked for and not seen yet, by the key of the owner (pkg/controller/controller_utils.go,
 * UIDTrackingControllerExpectations). Until all of it was seen, or five minutes have passed, the loop does not look how
 * many there are: its cache does not know yet what it did last.
 */
export type Expectations = SortedMap<Expected>;
interface Expected {
  readonly creations: number;
  /** Keys of what is being deleted. */
  readonly deletions: readonly string[];
  readonly at: number;
}

/** Something that is asked for, or seen: one object more, or the object of that key gone. */
export type Expectation = { readonly creation: true } | { readonly deletion: string };

/** Something that was seen, with the key of its owner. */
export type Observation = Expectation & { readonly key: string };

export const noExpectations: Expectations = SortedMap.empty();
const expectationMs = 300_000;

export function expected(all: Expectations, key: string, what: Expectation, now: number): Expectations {
  const { creations, deletions } = all.get(key) ?? { creations: 0, deletions: [] };
  return 'creation' in what
    ? all.set(key, { creations: creations + 1, deletions, at: now })
    : all.set(key, { creations, deletions: [...deletions, what.deletion], at: now });
}

/** It was seen, or will not come. */
export function observed(all: Expectations, key: string, what: Expectation): Expectations {
  const before = all.get(key);
  if (before === undefined) return all;
  const creations = 'creation' in what ? before.creations - 1 : before.creations;
  const deletions = 'creation' in what ? before.deletions : before.deletions.filter((name) => name !== what.deletion);
  return creations <= 0 && deletions.length === 0 ? all.delete(key) : all.set(key, { ...before, creations, deletions });
}

/** Whether a loop may act on what it sees (SatisfiedExpectations). */
export function satisfied(all: Expectations, key: string, now: number): boolean {
  const open = all.get(key);
  return open === undefined || now - open.at > expectationMs;
}

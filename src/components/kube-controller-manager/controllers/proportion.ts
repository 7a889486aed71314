/** What proportional scaling has to know of one ReplicaSet. */
export interface Portion {
  readonly name: string;
  readonly replicas: number;
  /** When it was created, in milliseconds. */
  readonly created: number;
  /** replicas + maxSurge of the Deployment when the set was scaled last (its max-replicas annotation). */
  readonly maxBefore: number;
}

/** Go's rounding: halves away from zero (integer.RoundToInt32). */
const round = (value: number): number => (value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5));

/** pkg/controller/deployment/util/deployment_util.go (getReplicaSetFraction). */
function fraction(set: Portion, wanted: number, maxSurge: number): number {
  if (wanted === 0) return -set.replicas;
  return set.maxBefore === 0 ? 0 : round((set.replicas * (wanted + maxSurge)) / set.maxBefore) - set.replicas;
}

/**
 * The new size of each active set of a Deployment that is scaled in the middle of a rollout: each gets its share, and
 * the largest (the newer one when growing, the older one when shrinking) the rest that rounding leaves.
 * pkg/controller/deployment/sync.go (scale).
 */
export function proportionalSizes(sets: readonly Portion[], wanted: number, maxSurge: number): ReadonlyMap<string, number> {
  const total = sets.reduce((count, set) => count + set.replicas, 0);
  const toAdd = (wanted > 0 ? wanted + maxSurge : 0) - total;
  const sorted = [...sets].sort((a, b) => b.replicas - a.replicas || (toAdd > 0 ? b.created - a.created : a.created - b.created));
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of sorted) {
    const share = fraction(set, wanted, maxSurge);
    const bounded = toAdd === 0 ? 0 : toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    sizes.set(set.name, set.replicas + bounded);
    added += bounded;
  }
  const [first] = sorted;
  if (first !== undefined) sizes.set(first.name, Math.max(0, sizes.get(first.name)! + toAdd - added));
  return sizes;
}

import { nextRandom, seedRandom, type RandomState } from '#base/random.ts';

/** Chance of a plan: the same seed draws the same. */
export class Chance {
  private state: RandomState;

  constructor(seed: number, label: string) {
    this.state = seedRandom(seed, label);
  }

  private next(): number {
    const [value, state] = nextRandom(this.state);
    this.state = state;
    return value;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  happens(share: number): boolean {
    return this.next() < share;
  }
}

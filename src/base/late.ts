/**
 * Code that few need at first: it is provided once, by whoever loads it, before anybody asks. Programs that do not load
 * piece by piece provide everything at their beginning (`cluster/late.ts`).
 */
export interface Late<T> {
  /** Throws while it has not been provided. */
  readonly value: T;
  provide(value: T): void;
}

export function late<T>(name: string): Late<T> {
  let provided: T | undefined;
  return {
    get value() {
      if (provided === undefined) throw new Error(`${name} is needed before it was loaded: import #cluster/late.ts first`);
      return provided;
    },
    provide(value) {
      provided = value;
    },
  };
}

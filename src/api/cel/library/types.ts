/** A function of a library: its signature in the words of the CEL library, and what it does. */
export type CelFunction = readonly [signature: string, handler: (...args: never[]) => unknown];

/** What a library brings: types by name, functions, names under which functions are called, operators. */
export interface Library {
  readonly types?: Readonly<Record<string, new (...args: never[]) => object>>;
  readonly constants?: Readonly<Record<string, readonly [type: string, value: object]>>;
  readonly functions: readonly CelFunction[];
  readonly operators?: readonly CelFunction[];
}

/** A failure in the words of upstream; it becomes the error of the expression. */
export class CelFailure extends Error {}

export function fail(message: string): never {
  throw new CelFailure(message);
}

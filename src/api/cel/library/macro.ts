/** What the library gives a macro to check and to run it with; only what is used here. */
export interface Checker {
  check(node: unknown, context: Scope): Type;
  getType(name: string): Type;
  readonly registry: {
    getOptionalType(type: Type): Type;
    getListType(type: Type): Type;
    getMapType(key: Type, value: Type): Type;
  };
}
export interface Type {
  readonly kind: string;
  readonly keyType?: Type;
  readonly valueType?: Type;
  isDynOrBool(): boolean;
}
export interface Scope {
  forkWithVariable(name: string, type: Type): Scope;
  reuse(parent: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
export interface Evaluator {
  run(node: unknown, scope: Scope): unknown;
}

/** A node of which only a name may be wanted. */
export interface Argument {
  readonly op: string;
  readonly args: unknown;
}
export interface Call {
  readonly ast: { setMeta(key: string, value: unknown): unknown };
  readonly receiver: unknown;
  readonly args: readonly Argument[];
}

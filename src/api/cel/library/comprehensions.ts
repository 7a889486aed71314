import { isObject } from '#base/json.ts';
import type { Argument, Call, Checker, Evaluator, Scope, Type } from './macro.ts';
import { fail, type CelFunction, type Library } from './types.ts';

type Entry = readonly [key: unknown, value: unknown];

/** The entries of a list, by position, or of a map. */
function entriesOf(range: unknown): readonly Entry[] {
  if (Array.isArray(range)) return range.map((value: unknown, index) => [BigInt(index), value] as const);
  if (range instanceof Map) return [...(range as Map<unknown, unknown>)];
  return isObject(range) ? Object.entries(range) : fail('no such overload');
}

/** A macro while it is checked and run: its range, its expressions, and the scopes in which they are read. */
interface Macro {
  readonly receiver: unknown;
  readonly parts: readonly Argument[];
  outer?: Scope;
  inner?: Scope;
}
/** Evaluates one of the expressions for one entry. */
type Each = (part: number, entry: Entry) => unknown;

interface Kind {
  /** How many expressions follow the two names; of two, the first filters. */
  readonly parts: number;
  type(checker: Checker, key: Type, result: Type): Type;
  run(entries: readonly Entry[], each: Each): unknown;
}

/** A comprehension over two variables (cel-go/ext/comprehensions.go): the position or key, and the value. */
const comprehension =
  (kind: Kind) =>
  ({ ast, receiver, args }: Call): object => {
    const [key, value, ...parts] = args;
    if (key?.op !== 'id' || value?.op !== 'id') fail('argument must be a simple name');
    return {
      receiver,
      parts,
      typeCheck(checker: Checker, macro: Macro, scope: Scope): Type {
        const range = checker.check(receiver, scope);
        const dyn = checker.getType('dyn');
        const keyType = range.kind === 'list' ? checker.getType('int') : (range.keyType ?? dyn);
        macro.outer = scope.forkWithVariable(String(key!.args), keyType);
        macro.inner = macro.outer.forkWithVariable(String(value!.args), range.valueType ?? dyn);
        const types = parts.map((part) => checker.check(part, macro.inner!));
        ast.setMeta('async', false);
        return kind.type(checker, keyType, types.at(-1)!);
      },
      evaluate(evaluator: Evaluator, macro: Macro, scope: Scope): unknown {
        const each: Each = (part, [entryKey, entryValue]) => {
          const outer = macro.outer!.reuse(scope).setIterValue(entryKey, evaluator);
          return evaluator.run(macro.parts[part], macro.inner!.reuse(outer).setIterValue(entryValue, evaluator));
        };
        return kind.run(entriesOf(evaluator.run(receiver, scope)), each);
      },
    };
  };

const truth = (value: unknown): boolean => (typeof value === 'boolean' ? value : fail('no such overload'));

/** Ends at the first entry that decides; what failed before that does not matter then. */
function decided(entries: readonly Entry[], each: Each, deciding: boolean): boolean {
  let failure: unknown;
  for (const entry of entries) {
    try {
      if (truth(each(0, entry)) === deciding) return deciding;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !deciding;
}

const bool = (checker: Checker): Type => checker.getType('bool');
/** The entries that a first of two expressions keeps. */
const kept = (entries: readonly Entry[], each: Each, parts: number): readonly Entry[] =>
  parts === 1 ? entries : entries.filter((entry) => truth(each(0, entry)));

function merged(entries: readonly Entry[], each: Each): Map<unknown, unknown> {
  const result = new Map<unknown, unknown>();
  for (const entry of entries)
    for (const [key, value] of entriesOf(each(0, entry))) {
      if (result.has(key)) fail(`insert failed: key ${String(key)} already exists`);
      result.set(key, value);
    }
  return result;
}

const transformList = (parts: number): Kind => ({
  parts,
  type: (checker, _key, result) => checker.registry.getListType(result),
  run: (entries, each) => kept(entries, each, parts).map((entry) => each(parts - 1, entry)),
});
const transformMap = (parts: number): Kind => ({
  parts,
  type: (checker, key, result) => checker.registry.getMapType(key, result),
  run: (entries, each) => new Map(kept(entries, each, parts).map((entry) => [entry[0], each(parts - 1, entry)])),
});

const kinds: Readonly<Record<string, readonly Kind[]>> = {
  all: [{ parts: 1, type: bool, run: (entries, each) => decided(entries, each, false) }],
  exists: [{ parts: 1, type: bool, run: (entries, each) => decided(entries, each, true) }],
  existsOne: [{ parts: 1, type: bool, run: (entries, each) => entries.filter((entry) => truth(each(0, entry))).length === 1 }],
  transformList: [transformList(1), transformList(2)],
  transformMap: [transformMap(1), transformMap(2)],
  transformMapEntry: [{ parts: 1, type: (_checker, _key, result) => result, run: merged }],
};

export const comprehensions: Library = {
  functions: Object.entries(kinds).flatMap(([name, list]) =>
    list.map((kind): CelFunction => [
      `list.${name}(${Array.from({ length: kind.parts + 2 }, () => 'ast').join(', ')}): dyn`,
      comprehension(kind),
    ]),
  ),
};

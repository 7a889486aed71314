import { engine } from '../engine.ts';
import type { Call, Checker, Evaluator, Scope, Type } from './macro.ts';
import { fail, type Library } from './types.ts';

interface Macro {
  readonly receiver: unknown;
  readonly expression: unknown;
  scope?: Scope;
}

/** `optional.optMap(name, expression)`: the expression of what is there; `flat` when it gives an optional itself. */
const mapper =
  (flat: boolean) =>
  ({ ast, receiver, args }: Call) => {
    const [name, expression] = args;
    if (name?.op !== 'id') fail('argument must be a simple name');
    return {
      receiver,
      expression,
      typeCheck(checker: Checker, macro: Macro, scope: Scope): Type {
        const type = checker.check(receiver, scope);
        macro.scope = scope.forkWithVariable(String(name!.args), type.valueType ?? checker.getType('dyn'));
        const result = checker.check(expression, macro.scope);
        ast.setMeta('async', false);
        return flat ? result : checker.registry.getOptionalType(result);
      },
      evaluate(evaluator: Evaluator, macro: Macro, scope: Scope): unknown {
        const value = evaluator.run(receiver, scope);
        if (!(value instanceof engine.value.Optional)) return fail('no such overload');
        if (!value.hasValue()) return value;
        const result = evaluator.run(expression, macro.scope!.reuse(scope).setIterValue(value.value(), evaluator));
        return flat ? result : engine.value.Optional.of(result);
      },
    };
  };

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === null || value === '' || value === false || value === 0 || value === 0n;
}

/** What cel-go's optional types have beyond the library's (cel/library.go). */
export const optional: Library = {
  functions: [
    [
      'OptionalNamespace.ofNonZeroValue(A): optional<A>',
      (_: unknown, value: unknown) => (isZero(value) ? engine.value.Optional.none() : engine.value.Optional.of(value)),
    ],
    ['optional.optMap(ast, ast): optional<dyn>', mapper(false)],
    ['optional.optFlatMap(ast, ast): optional<dyn>', mapper(true)],
  ],
};

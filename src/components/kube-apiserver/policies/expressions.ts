import { evaluate, runtimeCostBudget, type CompiledVariable, type PolicyExpression } from '#api/cel/index.ts';

/** The values of a policy's variables, and what its expressions may still cost together. */
export interface Activation {
  readonly bindings: Readonly<Record<string, unknown>>;
  readonly budget: { left: number };
}

/** The budget of one policy is spent: nothing more of it is evaluated. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run');
  }
}

/**
 * Binds a policy's variables as fields of `variables`: each is evaluated when it is first used, once, and its failure is
 * the failure of whoever uses it (apiserver/pkg/admission/plugin/cel/composition.go).
 */
export function activate(
  given: Readonly<Record<string, unknown>>,
  variables: readonly CompiledVariable[],
  left = runtimeCostBudget,
): Activation {
  const budget = { left };
  const lazy = Object.create(null) as Record<string, unknown>;
  const bindings = { ...given, variables: lazy };
  for (const { name, compiled } of variables) {
    let known: { readonly value: unknown } | undefined;
    Object.defineProperty(lazy, name, {
      enumerable: true,
      get() {
        if (known !== undefined) return known.value;
        if (!compiled.ok) throw new VariableFailure(`composited variable "${name}" fails to compile: ${compiled.error}`);
        const result = evaluate(compiled.program, bindings, budget.left);
        budget.left -= result.cost;
        if (!result.ok) throw new VariableFailure(`composited variable "${name}" fails to evaluate: ${result.error}`);
        known = { value: result.value };
        return known.value;
      },
    });
  }
  return { bindings, budget };
}

/** Why a variable has no value. */
class VariableFailure extends Error {}

export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

/** Evaluates an expression of a policy (plugin/cel/activation.go, Evaluate). Throws OutOfBudget. */
export function run(expression: string, compiled: PolicyExpression, { bindings, budget }: Activation): Outcome {
  if (!compiled.ok) return { ok: false, error: `compilation error: ${compiled.error}` };
  const result = evaluate(compiled.program, bindings, budget.left);
  budget.left -= result.cost;
  if (budget.left <= 0) throw new OutOfBudget();
  return result.ok ? result : { ok: false, error: `expression '${expression}' resulted in error: ${result.error}` };
}

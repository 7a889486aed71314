export { misnamed } from './library/mutation.ts';
export { runtimeCostBudget } from './cost.ts';
export {
  celEnvironment,
  compileExpression,
  evaluate,
  type CelEnvironment,
  type Compiled,
  type Declarations,
  type Evaluation,
  type Program,
} from './environment.ts';
export { Authorizer, type AccessCheck, type AccessDecision } from './library/authorizer.ts';
export { objectTypes, type ObjectTypes } from './schema-types.ts';
export { fromCel } from './values.ts';
export {
  compileTyped,
  composeVariables,
  policyEnvironment,
  typedPolicyEnvironment,
  type CompiledVariable,
  type Composition,
  type NamedExpression,
  type PolicyExpression,
} from './policy.ts';

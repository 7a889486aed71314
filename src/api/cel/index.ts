export { perCallLimit, runtimeCostBudget } from './cost.ts';
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
export { fromCel } from './values.ts';

import { deepEqual, isObject } from '#base/json.ts';
import { evaluate, runtimeCostBudget, type Program } from '../cel/index.ts';
import { forbidden, invalid, required, type FieldError } from '../resources/field-error.ts';
import type { JSONSchemaProps, ValidationRule } from '../types.generated.ts';
import { itemsOf, valuesOf } from './schema.ts';
import { environmentOf, optionalOf, selfOf } from './self.ts';
import { correlated } from './value.ts';

/** `x-kubernetes-validations`: rules in CEL (apiextensions-apiserver, pkg/apiserver/schema/cel). */
interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  readonly message: Program | undefined;
  /** What is wrong with it, and with which of its fields. */
  readonly problems: readonly { readonly field: 'rule' | 'messageExpression'; readonly detail: string }[];
  readonly usesOld: boolean;
}

const rulesOf = (props: JSONSchemaProps): readonly ValidationRule[] => props['x-kubernetes-validations'] ?? [];
const compiledRules = new WeakMap<JSONSchemaProps, readonly CompiledRule[]>();

/** The rules of one schema, compiled once. */
export function compileRules(props: JSONSchemaProps, resource: boolean): readonly CompiledRule[] {
  let known = compiledRules.get(props);
  if (known === undefined) {
    known = rulesOf(props).map((rule) => compileRule(rule, props, resource));
    compiledRules.set(props, known);
  }
  return known;
}

function compileRule(rule: ValidationRule, props: JSONSchemaProps, resource: boolean): CompiledRule {
  const environment = environmentOf(props, resource, rule.optionalOldSelf === true);
  const problems: { readonly field: 'rule' | 'messageExpression'; readonly detail: string }[] = [];
  const take = (field: 'rule' | 'messageExpression', type: string, wrong: string): Program | undefined => {
    const text = rule[field] ?? '';
    if (text.trim() === '') return undefined;
    const compiled = environment.compile(text);
    if (!compiled.ok)
      problems.push({
        field,
        detail: field === 'rule' ? `compilation failed: ${compiled.error}` : `messageExpression compilation failed: ${compiled.error}`,
      });
    else if (compiled.program.outputType !== type && compiled.program.outputType !== 'dyn') problems.push({ field, detail: wrong });
    else return compiled.program;
    return undefined;
  };
  const program = take('rule', 'bool', 'cel expression must evaluate to a bool');
  const message = take('messageExpression', 'string', 'messageExpression must evaluate to a string');
  return { rule, program, message, problems, usesOld: /\boldSelf\b/.test(rule.rule) };
}

interface Budget {
  left: number;
}

/** What rules say of an object, and of all that is in it. @param old the object before */
export function ruleErrors(object: unknown, props: JSONSchemaProps, old: unknown): readonly FieldError[] {
  return hasRules(props) ? errorsAt(object, props, '', old, { left: runtimeCostBudget }, true) : [];
}

const withRules = new WeakMap<JSONSchemaProps, boolean>();

/** Whether a schema has rules anywhere. */
export function hasRules(props: JSONSchemaProps): boolean {
  let known = withRules.get(props);
  if (known === undefined) {
    const inner = [itemsOf(props), valuesOf(props), ...Object.values(props.properties ?? {})];
    known = rulesOf(props).length > 0 || inner.some((item) => item !== undefined && hasRules(item));
    withRules.set(props, known);
  }
  return known;
}

function errorsAt(value: unknown, props: JSONSchemaProps, path: string, old: unknown, budget: Budget, resource: boolean): FieldError[] {
  if (value === null || value === undefined || !hasRules(props)) return [];
  const errors = runRules(value, props, path, old, budget, resource);
  if (Array.isArray(value)) {
    const items = itemsOf(props);
    const before = correlated(old, props);
    if (items === undefined) return errors;
    return [...errors, ...value.flatMap((item: unknown, index) => errorsAt(item, items, `${path}[${index}]`, before(item), budget, false))];
  }
  if (!isObject(value)) return errors;
  const values = valuesOf(props);
  for (const key of Object.keys(value).sort()) {
    const known = props.properties?.[key];
    const inner = known ?? values;
    const place = known === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    if (inner !== undefined) errors.push(...errorsAt(value[key], inner, place, isObject(old) ? old[key] : undefined, budget, false));
  }
  return errors;
}

/** What Go calls the place of an error: the root has no name. */
const placeOf = (path: string, more = ''): string => (path === '' && more === '' ? '<nil>' : `${path}${more}`.replace(/^\./, ''));
const exhausted = 'validation failed due to running out of cost budget, no further validation rules will be run';

function runRules(value: unknown, props: JSONSchemaProps, path: string, old: unknown, budget: Budget, resource: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const type = props.type ?? '';
  const unchanged = old !== undefined && deepEqual(value, old);
  for (const compiled of compileRules(props, resource)) {
    const { rule, program, usesOld } = compiled;
    if (
      program === undefined ||
      (usesOld && (old === undefined || old === null) && rule.optionalOldSelf !== true) ||
      (!usesOld && unchanged)
    )
      continue;
    if (budget.left < 0) break;
    const before = old === undefined || old === null ? undefined : selfOf(old, props, resource);
    const variables = { self: selfOf(value, props, resource), oldSelf: rule.optionalOldSelf === true ? optionalOf(before) : before };
    const result = evaluate(program, variables, budget.left);
    budget.left -= result.cost;
    if (!result.ok && result.exhausted) {
      budget.left = -1;
      errors.push(invalid(placeOf(path), type, exhausted));
    } else if (!result.ok) errors.push(invalid(placeOf(path), type, `${result.error} evaluating rule: ${ruleText(rule)}`));
    else if (result.value !== true) errors.push(failure(compiled, variables, path, type, budget));
  }
  return errors;
}

/** How a rule is named: by its message, or by itself. */
const ruleText = ({ rule, message = '' }: ValidationRule): string => (message === '' ? rule : message).trim();

function failure(
  { rule, message }: CompiledRule,
  variables: Readonly<Record<string, unknown>>,
  path: string,
  type: string,
  budget: Budget,
): FieldError {
  const field = placeOf(path, rule.fieldPath ?? '');
  const result = message === undefined ? undefined : evaluate(message, variables, budget.left);
  if (result !== undefined) budget.left -= result.cost;
  const text = result?.ok === true && typeof result.value === 'string' ? result.value.trim() : '';
  const standard = rule.message === undefined || rule.message === '' ? `failed rule: ${ruleText(rule)}` : ruleText(rule);
  const detail = text === '' || text.includes('\n') ? standard : text;
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return { type: 'Duplicate', field, badValue: type, detail: '' };
    default:
      return invalid(field, type, detail);
  }
}

const blocking = new Set<FieldError['type']>(['Required', 'TooLong', 'TooMany', 'TypeInvalid']);

/** Rules are only run on what is well formed (registry/customresource/strategy.go hasBlockingErr). */
export function unchecked(errors: readonly FieldError[]): readonly FieldError[] | undefined {
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return errors.some((error) => blocking.has(error.type)) ? [{ type: 'Invalid', field: '<nil>', badValue: null, detail }] : undefined;
}

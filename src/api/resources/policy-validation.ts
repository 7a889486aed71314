import { compileTyped, composeVariables, policyEnvironment, type CelEnvironment, type Composition } from '../cel/index.ts';
import type { KubeObject } from '../object.ts';
import type {
  MatchCondition,
  MatchResources,
  MutatingAdmissionPolicySpec,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
  Validation,
  Variable,
} from '../types.generated.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { nameDetail, qualifiedPart, subdomain, subdomainDetail } from './name-rules.ts';

/** pkg/apis/admissionregistration/validation: admission policies and their bindings. */

const blank = (text: string | undefined): boolean => (text ?? '').trim() === '';

/** A field that has to be one of some values. */
export function oneOf(field: string, value: string | undefined, values: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field)];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
}

/** An expression that has to compile to one of some types. */
function expression(field: string, text: string, environment: CelEnvironment, returns?: readonly string[]): FieldError[] {
  const compiled = compileTyped(environment, text, returns);
  return compiled.ok ? [] : [invalid(field, text, compiled.error)];
}

function qualifiedName(field: string, name: string): FieldError[] {
  const parts = name.split('/');
  return parts.length > 2 || !qualifiedPart.test(parts.at(-1)!) ? [invalid(field, name, nameDetail)] : [];
}

// ── what is matched ─────────────────────────────────────────────────────────

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** A list in which a star means all, and so is alone. */
function wildcardList(field: string, list: readonly string[] | undefined, what: string): FieldError[] {
  if (list === undefined || list.length === 0) return [required(field)];
  return list.length > 1 && list.includes('*') ? [invalid(field, list, `if '*' is present, must not specify other ${what}`)] : [];
}

export function ruleErrors(rule: NamedRuleWithOperations, field: string): FieldError[] {
  const resources = rule.resources ?? [];
  const errors = [
    ...wildcardList(`${field}.operations`, rule.operations, 'operations'),
    ...(rule.operations ?? []).flatMap((item, index) => oneOf(`${field}.operations[${index}]`, item, operations)),
    ...wildcardList(`${field}.apiGroups`, rule.apiGroups, 'API groups'),
    ...wildcardList(`${field}.apiVersions`, rule.apiVersions, 'API versions'),
    ...(rule.apiVersions ?? []).flatMap((item, index) => (item === '' ? [required(`${field}.apiVersions[${index}]`)] : [])),
  ];
  if (resources.length === 0) errors.push(required(`${field}.resources`));
  resources.forEach((item, index) => item === '' && errors.push(required(`${field}.resources[${index}]`)));
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(`${field}.resources`, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && resources.some((item) => item !== '*' && !item.includes('/')))
    errors.push(invalid(`${field}.resources`, resources, "if '*' is present, must not specify other resources without subresources"));
  if (rule.scope !== undefined) errors.push(...oneOf(`${field}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced']));
  const names = rule.resourceNames ?? [];
  names.forEach((name, index) => names.indexOf(name) < index && errors.push(duplicate(`${field}.resourceNames[${index}]`, name)));
  return errors;
}

function matchErrors(resources: MatchResources | undefined, field: string): FieldError[] {
  if (resources === undefined) return [];
  return [
    ...oneOf(`${field}.matchPolicy`, resources.matchPolicy, ['Equivalent', 'Exact']),
    ...(resources.resourceRules ?? []).flatMap((rule, index) => ruleErrors(rule, `${field}.resourceRules[${index}]`)),
    ...(resources.excludeResourceRules ?? []).flatMap((rule, index) => ruleErrors(rule, `${field}.excludeResourceRules[${index}]`)),
  ];
}

export function conditionErrors(conditions: readonly MatchCondition[], params: boolean, field: string): FieldError[] {
  const environment = policyEnvironment({ params, authorizer: true });
  const errors: FieldError[] =
    conditions.length > 64 ? [{ type: 'TooMany', field, badValue: conditions.length, detail: 'must have at most 64 items' }] : [];
  conditions.forEach((condition, index) => {
    const at = `${field}[${index}]`;
    if (blank(condition.expression)) errors.push(required(`${at}.expression`));
    else errors.push(...expression(`${at}.expression`, condition.expression.trim(), environment, ['bool']));
    if ((condition.name ?? '') === '') errors.push(required(`${at}.name`));
    else errors.push(...qualifiedName(`${at}.name`, condition.name));
    if (conditions.findIndex((other) => other.name === condition.name) < index) errors.push(duplicate(`${at}.name`, condition.name));
  });
  return errors;
}

// ── what both kinds of policies have ────────────────────────────────────────

function paramKindErrors(kind: ParamKind, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion = '' } = kind;
  const parts = apiVersion.split('/');
  if (apiVersion === '') errors.push(required(`${field}.apiVersion`));
  else if (parts.length > 2) errors.push(invalid(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else if (parts.at(-1) === '') errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must be specified'));
  if ((kind.kind ?? '') === '') errors.push(required(`${field}.kind`));
  return errors;
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

function variableErrors(variables: readonly Variable[], { variables: compiled }: Composition, field: string): FieldError[] {
  return variables.flatMap(({ name, expression: text }, index) => {
    const at = `${field}[${index}]`;
    const result = compiled[index]!.compiled;
    const errors: FieldError[] = [];
    if (blank(name)) errors.push(required(`${at}.name`, 'name is not specified'));
    else if (!identifier.test(name) || reserved.has(name)) errors.push(invalid(`${at}.name`, name, 'name is not a valid CEL identifier'));
    if (blank(text)) errors.push(required(`${at}.expression`, 'expression is not specified'));
    else if (!result.ok) errors.push(invalid(`${at}.expression`, text, `compilation failed: ${result.error}`));
    return errors;
  });
}

/** No policy has more of anything. Upstream has no such number, but a request that takes too long ends there too. */
const maxItems = 300;

function tooMany(lists: Readonly<Record<string, readonly unknown[] | undefined>>): FieldError[] {
  return Object.entries(lists).flatMap(([field, list = []]): FieldError[] =>
    list.length > maxItems ? [{ type: 'TooMany', field, badValue: list.length, detail: `must have at most ${maxItems} items` }] : [],
  );
}

/** A policy's parts that do not say what it does; and the environments for those that do. */
function commonErrors(
  spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec,
  mutation = false,
): {
  readonly errors: FieldError[];
  readonly composition: Composition;
  readonly params: boolean;
} {
  const { paramKind, matchConstraints, matchConditions = [], variables = [] } = spec;
  const params = paramKind !== undefined;
  const named = variables.map((item) => ({ ...item, name: blank(item.name) ? '_' : item.name }));
  const composition = composeVariables(policyEnvironment({ params, authorizer: true, mutation }), named);
  const errors = oneOf('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']);
  if (params) errors.push(...paramKindErrors(paramKind, 'spec.paramKind'));
  if (matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...matchErrors(matchConstraints, 'spec.matchConstraints'));
    if ((matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  errors.push(
    ...conditionErrors(matchConditions, params, 'spec.matchConditions'),
    ...variableErrors(variables, composition, 'spec.variables'),
  );
  return { errors, composition, params };
}

// ── validating policies ─────────────────────────────────────────────────────

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

interface Environments {
  readonly full: CelEnvironment;
  /** Messages may not ask the authorizer. */
  readonly plain: CelEnvironment;
}

function validationErrors(validation: Validation, { full, plain }: Environments, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message = '', messageExpression = '' } = validation;
  if (blank(validation.expression)) errors.push(required(`${at}.expression`, 'expression is not specified'));
  else errors.push(...expression(`${at}.expression`, validation.expression, full, ['bool']));
  if (messageExpression !== '' && blank(messageExpression))
    errors.push(invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression !== '') errors.push(...expression(`${at}.messageExpression`, messageExpression, plain, ['string']));
  if (message !== '' && blank(message)) errors.push(invalid(`${at}.message`, message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(`${at}.message`, message, 'message must not contain line breaks'));
  if (validation.reason !== undefined && !reasons.includes(validation.reason))
    errors.push(notSupported(`${at}.reason`, validation.reason, reasons));
  return errors;
}

/** ValidateValidatingAdmissionPolicy. */
export function validatingPolicy(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as ValidatingAdmissionPolicySpec;
  const { validations = [], auditAnnotations = [] } = spec;
  const excess = tooMany({ 'spec.variables': spec.variables, 'spec.validations': validations });
  if (excess.length > 0) return excess;
  const { errors, composition, params } = commonErrors(spec);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required('spec.validations', detail), required('spec.auditAnnotations', detail)];
  }
  const environment = (authorizer: boolean): CelEnvironment => composition.within(policyEnvironment({ params, authorizer }));
  const environments = { full: environment(true), plain: environment(false) };
  validations.forEach((item, index) => errors.push(...validationErrors(item, environments, `spec.validations[${index}]`)));
  if (auditAnnotations.length > 20)
    errors.push(invalid('spec.auditAnnotations', auditAnnotations, 'must not have more than 20 auditAnnotations'));
  auditAnnotations.forEach(({ key, valueExpression }, index) => {
    const at = `spec.auditAnnotations[${index}]`;
    errors.push(...qualifiedName(`${at}.key`, `${object.metadata.name}/${key}`));
    if (blank(valueExpression)) errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    else errors.push(...expression(`${at}.valueExpression`, valueExpression, environments.full, ['string', 'null_type']));
    if (auditAnnotations.findIndex((other) => other.key === key) < index) errors.push(duplicate(`${at}.key`, key));
  });
  return errors;
}

function paramRefErrors(ref: ParamRef | undefined, field: string): FieldError[] {
  if (ref === undefined) return [];
  const errors: FieldError[] = [];
  const named = (ref.name ?? '') !== '';
  if (named && ref.selector !== undefined)
    for (const key of ['name', 'selector']) errors.push(forbidden(`${field}.${key}`, 'name and selector are mutually exclusive'));
  if (!named && ref.selector === undefined) errors.push(required(field, 'one of name or selector must be specified'));
  return [...errors, ...oneOf(`${field}.parameterNotFoundAction`, ref.parameterNotFoundAction, ['Deny', 'Allow'])];
}

function bindingErrors(spec: Partial<ValidatingAdmissionPolicyBindingSpec>): FieldError[] {
  const { policyName = '' } = spec;
  const errors: FieldError[] = [];
  if (policyName === '') errors.push(required('spec.policyName'));
  else if (!subdomain.test(policyName)) errors.push(invalid('spec.policyName', policyName, subdomainDetail));
  // The path is misspelled upstream, and so it is in its answers.
  return [...errors, ...paramRefErrors(spec.paramRef, 'spec.paramRef'), ...matchErrors(spec.matchResources, 'spec.matchResouces')];
}

const actions = ['Audit', 'Deny', 'Warn'];

/** ValidateValidatingAdmissionPolicyBinding. */
export function validatingPolicyBinding(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Partial<ValidatingAdmissionPolicyBindingSpec>;
  const { validationActions = [] } = spec;
  const field = 'spec.validationActions';
  const errors = bindingErrors(spec);
  validationActions.forEach((action, index) => {
    if (!actions.includes(action)) errors.push(notSupported(`${field}[${index}]`, action, actions));
    if (validationActions.indexOf(action) < index) errors.push(duplicate(`${field}[${index}]`, action));
  });
  if (validationActions.includes('Deny') && validationActions.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(field, validationActions, detail));
  }
  if (validationActions.length === 0) errors.push(required(field, 'at least one validation action is required'));
  return errors;
}

// ── mutating policies ───────────────────────────────────────────────────────

const patches: Readonly<Record<string, readonly [field: 'applyConfiguration' | 'jsonPatch', returns: string]>> = {
  ApplyConfiguration: ['applyConfiguration', 'Object'],
  JSONPatch: ['jsonPatch', 'list(JSONPatch)'],
};

/** ValidateMutatingAdmissionPolicy. */
export function mutatingPolicy(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as MutatingAdmissionPolicySpec;
  const { mutations = [] } = spec;
  const excess = tooMany({ 'spec.variables': spec.variables, 'spec.mutations': mutations });
  if (excess.length > 0) return excess;
  const { errors, composition, params } = commonErrors(spec, true);
  const environment = composition.within(policyEnvironment({ params, authorizer: true, mutation: true }));
  errors.push(...oneOf('spec.reinvocationPolicy', spec.reinvocationPolicy, ['IfNeeded', 'Never']));
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  mutations.forEach((mutation, index) => {
    const at = `spec.mutations[${index}]`;
    const { patchType } = mutation;
    errors.push(...oneOf(`${at}.patchType`, patchType, Object.keys(patches)));
    for (const [type, [field, returns]] of Object.entries(patches)) {
      const text = mutation[field]?.expression;
      if (type !== patchType) {
        if (mutation[field] !== undefined) errors.push(forbidden(`${at}.${field}`, `must be specified when patchType is ${type}`));
      } else if (mutation[field] === undefined) errors.push(required(`${at}.${field}`, `must be specified when patchType is ${type}`));
      else if (text === undefined || blank(text)) errors.push(required(`${at}.${field}.expression`, 'expression is not specified'));
      else errors.push(...expression(`${at}.${field}.expression`, text, environment, [returns]));
    }
  });
  return errors;
}

/** ValidateMutatingAdmissionPolicyBinding. */
export function mutatingPolicyBinding(object: KubeObject): FieldError[] {
  return bindingErrors((object['spec'] ?? {}) as Partial<ValidatingAdmissionPolicyBindingSpec>);
}

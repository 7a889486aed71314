import { compileTyped, composeVariables, policyEnvironment, type CompiledVariable, type PolicyExpression } from '#api/cel/index.ts';
import type { Status } from '#api/object.ts';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from '#api/types.generated.ts';
import type { AdmissionRequest } from '../admission.ts';
import { cacheOf, type ApiServerState } from '../state.ts';
import { attributesOf, type Attributes } from './attributes.ts';
import { conditionsHold, dispatch, forbidden, type Condition } from './dispatch.ts';
import { activate, OutOfBudget, run, type Activation } from './expressions.ts';

/** apiserver/pkg/admission/plugin/policy/validating: what policies say of a write. */
export interface PolicyVerdict {
  readonly refused: Status | undefined;
  readonly warnings: readonly string[];
  /** For the audit log. */
  readonly annotations: Readonly<Record<string, string>>;
}

interface CompiledPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: readonly CompiledVariable[];
  readonly validations: readonly (Condition & { readonly validation: Validation; readonly message: PolicyExpression | undefined })[];
  readonly audits: readonly (Condition & { readonly key: string })[];
}

const compiledPolicies = new WeakMap<object, CompiledPolicy>();

/** A policy's programs, made once for each version of it. */
function compiledPolicy(policy: ValidatingAdmissionPolicy): CompiledPolicy {
  const known = compiledPolicies.get(policy);
  if (known !== undefined) return known;
  const { paramKind, matchConditions = [], variables = [], validations = [], auditAnnotations = [] } = policy.spec ?? {};
  const params = paramKind !== undefined;
  const full = policyEnvironment({ params, authorizer: true });
  const composed = composeVariables(full, variables);
  const environment = composed.within(full);
  const plain = composed.within(policyEnvironment({ params, authorizer: false }));
  const compiled: CompiledPolicy = {
    conditions: matchConditions.map(({ expression }) => ({ expression, compiled: compileTyped(full, expression, ['bool']) })),
    variables: composed.variables,
    validations: validations.map((validation) => ({
      validation,
      expression: validation.expression,
      compiled: compileTyped(environment, validation.expression, ['bool']),
      message: (validation.messageExpression ?? '') === '' ? undefined : compileTyped(plain, validation.messageExpression!, ['string']),
    })),
    audits: auditAnnotations.map(({ key, valueExpression }) => ({
      key,
      expression: valueExpression,
      compiled: compileTyped(environment, valueExpression, ['string', 'null_type']),
    })),
  };
  compiledPolicies.set(policy, compiled);
  return compiled;
}

interface Decision {
  readonly index: number;
  readonly message: string;
  readonly reason: string;
}
interface Evaluation {
  readonly denials: readonly Decision[];
  readonly audits: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be made refuse the request, whatever the binding wants to happen. */
  readonly auditErrors: readonly string[];
}

const nothing: Evaluation = { denials: [], audits: [], auditErrors: [] };

const maxMessageBytes = 5 * 1024;

/** What a failed validation is told: what the policy's expression makes, what it says, or the expression itself. */
function messageOf({ validation, message }: CompiledPolicy['validations'][number], activation: Activation): string {
  if (message !== undefined) {
    const outcome = run(validation.messageExpression!, message, activation);
    const text = outcome.ok && typeof outcome.value === 'string' ? outcome.value.trim() : '';
    if (text !== '' && text.length <= maxMessageBytes && !text.includes('\n')) return text;
  }
  const text = (validation.message ?? '').trim();
  return text === '' ? `failed expression: ${validation.expression.trim()}` : text;
}

function auditsOf(audits: CompiledPolicy['audits'], activation: Activation, failing: boolean): Pick<Evaluation, 'audits' | 'auditErrors'> {
  const made: { key: string; value: string }[] = [];
  const errors: string[] = [];
  for (const { key, expression, compiled } of audits) {
    const outcome = run(expression, compiled, activation);
    if (!outcome.ok) errors.push(outcome.error);
    else if (typeof outcome.value === 'string' && outcome.value.trim() !== '')
      made.push({ key, value: outcome.value.trim().slice(0, 10 * 1024) });
  }
  return { audits: made, auditErrors: failing ? errors : [] };
}

/** policy/validating/validator.go, Validate. */
function evaluatePolicy(policy: ValidatingAdmissionPolicy, given: Readonly<Record<string, unknown>>): Evaluation {
  const compiled = compiledPolicy(policy);
  const failing = policy.spec?.failurePolicy !== 'Ignore';
  const denial = (message: string, index = 0, reason = ''): Decision => ({ index, message, reason });
  const failed = (message: string): Evaluation => ({ ...nothing, denials: failing ? [denial(message)] : [] });
  try {
    const holds = conditionsHold(compiled.conditions, activate(given, []));
    if (typeof holds === 'string') return failed(holds);
    if (!holds) return nothing;
    const activation = activate(given, compiled.variables);
    const denials: Decision[] = [];
    for (const [index, item] of compiled.validations.entries()) {
      const outcome = run(item.expression, item.compiled, activation);
      if (!outcome.ok) {
        if (failing) denials.push(denial(outcome.error, index));
      } else if (outcome.value !== true) denials.push(denial(messageOf(item, activation), index, item.validation.reason ?? 'Invalid'));
    }
    return { denials, ...auditsOf(compiled.audits, activate(given, compiled.variables), failing) };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

/** The answer to a refused write: forbidden, with the reason of the validation (policy/validating/dispatcher.go). */
function refusal(attributes: Attributes, message: string, reason: string): Status {
  const status = forbidden(attributes, message);
  const why = reason === '' ? 'Invalid' : reason;
  return { ...status, reason: why, code: codes[why] ?? 422, details: { ...status.details, causes: [{ message }] } };
}

const plugin = { policies: '/registry/validatingadmissionpolicies', bindings: '/registry/validatingadmissionpolicybindings' } as const;
const admitted: PolicyVerdict = { refused: undefined, warnings: [], annotations: {} };

/** What becomes of a request: the first denial is its answer, all warnings and annotations are kept. */
class Verdict {
  refused: Status | undefined;
  readonly warnings: string[] = [];
  readonly annotations: Record<string, string> = {};
  readonly attributes: Attributes;
  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  deny(policy: string, binding: string | undefined, message: string, reason = ''): void {
    const by = binding === undefined ? '' : ` with binding '${binding}'`;
    this.refused ??= refusal(this.attributes, `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`, reason);
  }

  /** Does with the denials of one evaluation what the binding says. */
  act(policy: string, binding: ValidatingAdmissionPolicyBinding, { denials, audits, auditErrors }: Evaluation): void {
    const name = binding.metadata?.name ?? '';
    const actions = binding.spec.validationActions ?? [];
    for (const { index, message, reason } of denials) {
      for (const action of actions) {
        if (action === 'Deny') this.deny(policy, name, message, reason);
        if (action === 'Warn')
          this.warnings.push(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${name}': ${message}`);
        if (action === 'Audit') {
          const failure = { message, policy, binding: name, expressionIndex: index, validationActions: actions };
          this.annotations['validation.policy.admission.k8s.io/validation_failure'] = JSON.stringify([failure]);
        }
      }
    }
    for (const { key, value } of audits) {
      const place = `${policy}/${key}`;
      const before = this.annotations[place]?.split(', ') ?? [];
      if (!before.includes(value)) this.annotations[place] = [...before, value].join(', ');
    }
    for (const message of auditErrors) this.deny(policy, name, message);
  }
}

/** Whether there is any policy to ask. */
export const hasPolicies = (state: ApiServerState): boolean => cacheOf(state, plugin.policies).size > 0;

/** The plug-in ValidatingAdmissionPolicy: asks every policy that has a binding, by name. */
export function validatingAdmissionPolicies(state: ApiServerState, request: AdmissionRequest): PolicyVerdict {
  if (!hasPolicies(state)) return admitted;
  const verdict = new Verdict(attributesOf(state, request));
  for (const found of dispatch(state, plugin, verdict.attributes)) {
    if ('message' in found) verdict.deny(found.policyName, found.bindingName, found.message);
    else {
      const { policy, binding, given } = found;
      const evaluation = evaluatePolicy(policy as unknown as ValidatingAdmissionPolicy, given);
      verdict.act(policy.metadata.name, binding as unknown as ValidatingAdmissionPolicyBinding, evaluation);
    }
  }
  return verdict;
}

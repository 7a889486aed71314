import type { CompiledVariable, PolicyExpression } from '#api/cel/index.ts';
import type { KubeObject, Status } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { forbiddenResource } from '#api/resources/status-errors.ts';
import type { MatchResources, ParamKind, ParamRef } from '#api/types.generated.ts';
import { cacheOf, type ApiServerState } from '../state.ts';
import { variablesOf, type Attributes } from './attributes.ts';
import { run, type Activation } from './expressions.ts';
import { isExempt, matchResource } from './match.ts';
import { collectParams, paramResource } from './params.ts';

/** What both kinds of policies and of bindings have (apiserver/pkg/admission/plugin/policy/generic, accessor.go). */
interface Policy {
  readonly metadata: KubeObject['metadata'];
  readonly spec?: {
    readonly failurePolicy?: string | undefined;
    readonly matchConstraints?: MatchResources | undefined;
    readonly paramKind?: ParamKind | undefined;
  };
}
interface Binding {
  readonly metadata: KubeObject['metadata'];
  readonly spec: { readonly policyName?: string; readonly matchResources?: MatchResources; readonly paramRef?: ParamRef };
}

/** One policy that a request matches, through one of its bindings, with one of its parameters. */
export interface Invocation {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  /** Names the three: what is invoked again is found by it. */
  readonly key: string;
  /** The values of the variables, those of the request among them. */
  readonly given: Readonly<Record<string, unknown>>;
}

export interface Plugin {
  readonly policies: string;
  readonly bindings: string;
}

/** A policy or a binding that cannot be used, where that is to refuse the request. */
export interface Misconfigured {
  readonly policyName: string;
  readonly bindingName: string | undefined;
  readonly message: string;
}

/** Every policy that has something to say of a request, by name (policy/generic/policy_dispatcher.go, Dispatch). */
export function dispatch(state: ApiServerState, plugin: Plugin, attributes: Attributes): readonly (Invocation | Misconfigured)[] {
  const policies = cacheOf(state, plugin.policies);
  const found: (Invocation | Misconfigured)[] = [];
  if (policies.size === 0 || isExempt(attributes.request.resource)) return found;
  const bindings = [...cacheOf(state, plugin.bindings).values()] as unknown as readonly Binding[];
  for (const object of policies.values()) {
    const policy = object as unknown as Policy;
    const { name } = policy.metadata;
    const { matchConstraints, paramKind, failurePolicy } = policy.spec ?? {};
    const own = bindings.filter((binding) => binding.spec.policyName === name);
    const matched = own.length === 0 ? undefined : matchResource(state, matchConstraints, attributes);
    if (matched === undefined) continue;
    const wrong = (message: string, binding?: string): void => {
      const what = `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${message}`;
      if (failurePolicy !== 'Ignore') found.push({ policyName: name, bindingName: binding, message: what });
    };
    const kind = paramKind === undefined ? undefined : paramResource(state, paramKind);
    if (typeof kind === 'string') {
      wrong(kind);
      continue;
    }
    for (const binding of own) {
      if (matchResource(state, binding.spec.matchResources, attributes) === undefined) continue;
      const params = collectParams(state, kind, binding.spec.paramRef, attributes.namespace);
      if (typeof params === 'string') wrong(params, binding.metadata.name);
      else for (const param of params) found.push(invocation(state, attributes, { policy: object, binding, kind, param, matched }));
    }
  }
  return found;
}

function invocation(
  state: ApiServerState,
  attributes: Attributes,
  found: {
    readonly policy: KubeObject;
    readonly binding: Binding;
    readonly kind: ResourceDefinition | undefined;
    readonly param: KubeObject | undefined;
    readonly matched: ResourceDefinition;
  },
): Invocation {
  const { policy, binding, kind, param, matched } = found;
  const given = { ...variablesOf(state, attributes, matched), ...(kind === undefined ? {} : { params: param ?? null }) };
  const key = `${policy.metadata.name} ${binding.metadata.name} ${param?.metadata.namespace ?? ''}/${param?.metadata.name ?? ''}`;
  return { policy, binding: binding as unknown as KubeObject, key, given };
}

/** An expression of a policy and what became of it. */
export interface Condition {
  readonly expression: string;
  readonly compiled: PolicyExpression;
}
export type { CompiledVariable };

/** Whether all match conditions hold; the text of an error where that cannot be said (webhook/matchconditions/matcher.go). */
export function conditionsHold(conditions: readonly Condition[], activation: Activation): boolean | string {
  const errors: string[] = [];
  for (const { expression, compiled } of conditions) {
    const outcome = run(expression, compiled, activation);
    if (!outcome.ok) errors.push(outcome.error);
    else if (outcome.value === false) return false;
  }
  if (errors.length === 0) return true;
  return errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`;
}

/** The refusal of a write (admission/errors.go, NewForbidden): it names what was to be written, or how it was to be named. */
export function forbidden(attributes: Attributes, message: string): Status {
  const { resource, object } = attributes.request;
  return forbiddenResource(resource, attributes.name === '' ? (object?.metadata.generateName ?? '') : attributes.name, message);
}

import { compileTyped, composeVariables, fromCel, misnamed, policyEnvironment, type CompiledVariable } from '#api/cel/index.ts';
import { isObject } from '#base/json.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { applyJsonPatch, atomicParts, mergeTyped, PatchError } from '#api/patch/index.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicySpec } from '#api/types.generated.ts';
import type { AdmissionRequest } from '../admission.ts';
import { cacheOf, type ApiServerState } from '../state.ts';
import { attributesOf, type Attributes } from './attributes.ts';
import { conditionsHold, dispatch, forbidden, type Condition, type Invocation } from './dispatch.ts';
import { activate, OutOfBudget, run, type Activation } from './expressions.ts';

/** apiserver/pkg/admission/plugin/policy/mutating: what policies make of an object. */
export interface Mutated {
  readonly object: KubeObject | undefined;
  readonly refused: Status | undefined;
  readonly memory: Reinvocation;
}

/**
 * What is known for the second round of the mutating plug-ins (mutating/reinvocationcontext.go): what was invoked and may
 * be again, what has to be since the object changed after it, and what the policies left behind.
 */
export interface Reinvocation {
  readonly again: boolean;
  readonly invoked: readonly string[];
  readonly due: readonly string[];
  readonly output: KubeObject | undefined;
}
export const firstRound: Reinvocation = { again: false, invoked: [], due: [], output: undefined };

interface CompiledMutation extends Condition {
  readonly patchType: string;
}
interface CompiledPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: readonly CompiledVariable[];
  readonly mutations: readonly CompiledMutation[];
}
const compiledPolicies = new WeakMap<object, CompiledPolicy>();

/** What an expression has to give, by the type of its patch. */
const returns: Readonly<Record<string, string>> = { ApplyConfiguration: 'Object', JSONPatch: 'list(JSONPatch)' };

function compiledPolicy(policy: MutatingAdmissionPolicy): CompiledPolicy {
  const known = compiledPolicies.get(policy);
  if (known !== undefined) return known;
  const { paramKind, matchConditions = [], variables = [], mutations = [] } = policy.spec ?? {};
  const full = policyEnvironment({ params: paramKind !== undefined, authorizer: true, mutation: true });
  const composed = composeVariables(full, variables);
  const environment = composed.within(full);
  const compiled: CompiledPolicy = {
    conditions: matchConditions.map(({ expression }) => ({ expression, compiled: compileTyped(full, expression, ['bool']) })),
    variables: composed.variables,
    mutations: mutations.map(({ patchType, applyConfiguration, jsonPatch }) => {
      const expression = (patchType === 'JSONPatch' ? jsonPatch : applyConfiguration)?.expression ?? '';
      return { patchType, expression, compiled: compileTyped(environment, expression, [returns[patchType] ?? 'dyn']) };
    }),
  };
  compiledPolicies.set(policy, compiled);
  return compiled;
}

/** A patch that cannot be made or applied. */
class MutationFailure extends Error {}

/** The object as one mutation makes it (mutating/patch/smd.go, json_patch.go). */
function mutated(object: KubeObject, mutation: CompiledMutation, activation: Activation, resource: ResourceDefinition): KubeObject {
  const outcome = run(mutation.expression, mutation.compiled, activation);
  if (!outcome.ok) throw new MutationFailure(outcome.error);
  if (mutation.patchType === 'ApplyConfiguration') {
    const wrong = misnamed(outcome.value, 'Object');
    if (wrong !== undefined) throw new MutationFailure(`type mismatch: ${wrong}`);
    const patch = fromCel(outcome.value);
    const atomic = atomicParts(patch, resource.schema);
    if (atomic.length > 0)
      throw new MutationFailure(
        `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`,
      );
    return mergeTyped(object, patch, resource.schema) as KubeObject;
  }
  const operations = fromCel(outcome.value);
  try {
    const patched = applyJsonPatch(object, operations);
    return isObject(patched) ? (patched as unknown as KubeObject) : object;
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    // A test that fails leaves the object alone.
    if (error.message.endsWith('test failed')) return object;
    throw new MutationFailure(`JSONPath: ${error.message}`);
  }
}

/** All mutations of one policy, one on what the other has left. Failures leave the object as it was before them. */
function invoke(
  { policy, given }: Invocation,
  object: KubeObject,
  resource: ResourceDefinition,
): { readonly object: KubeObject; readonly errors: readonly string[]; readonly skipped: boolean } {
  const compiled = compiledPolicy(policy as unknown as MutatingAdmissionPolicy);
  const errors: string[] = [];
  let current = object;
  try {
    const holds = conditionsHold(compiled.conditions, activate({ ...given, object }, []));
    if (typeof holds === 'string') return { object, errors: [holds], skipped: true };
    if (!holds) return { object, errors, skipped: true };
    const first = activate({ ...given, object }, compiled.variables);
    for (const mutation of compiled.mutations) {
      try {
        const next = mutated(current, mutation, { ...first, bindings: { ...first.bindings, object: current } }, resource);
        if (next !== current) current = resource.applyDefaults(next);
      } catch (error) {
        if (!(error instanceof MutationFailure)) throw error;
        errors.push(error.message);
      }
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.push(error.message);
  }
  return { object: current, errors, skipped: false };
}

const plugin = { policies: '/registry/mutatingadmissionpolicies', bindings: '/registry/mutatingadmissionpolicybindings' } as const;

interface Failure {
  readonly message: string;
  readonly reason: string;
}

function failure(policy: string, binding: string | undefined, why: string, reason = 'Forbidden'): Failure {
  const by = binding === undefined ? `policy "${policy}"` : `policy '${policy}' with binding '${binding}'`;
  return { message: `${by} denied request: ${why}`, reason };
}

/** The answer when policies fail: what the first of them says (policy/generic/policy_dispatcher.go). */
function refusal(attributes: Attributes, failures: readonly Failure[]): Status | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  const status = forbidden(attributes, first.message);
  return { ...status, ...first, details: { ...status.details, causes: failures.map(({ message }) => ({ message })) } };
}

/** The plug-in MutatingAdmissionPolicy: every policy that has a binding changes what it wants to (mutating/dispatcher.go). */
export function mutatingAdmissionPolicies(state: ApiServerState, request: AdmissionRequest, memory: Reinvocation): Mutated {
  let { object } = request;
  if (cacheOf(state, plugin.policies).size === 0 || object === undefined) return { object, refused: undefined, memory };
  const attributes = attributesOf(state, request);
  // Other plug-ins have changed the object since: whatever may be invoked again is.
  let { invoked, due } = memory.again && memory.output !== object ? { invoked: [], due: [...memory.due, ...memory.invoked] } : memory;
  const wanted = new Set(due);
  const found = dispatch(state, plugin, attributes);
  const failures = found.flatMap((item) => ('message' in item ? [failure(item.policyName, item.bindingName, item.message)] : []));
  for (const invocation of found) {
    if ('message' in invocation || (memory.again && !wanted.has(invocation.key))) continue;
    const { policy, binding, key } = invocation;
    const spec = (policy['spec'] ?? {}) as MutatingAdmissionPolicySpec;
    const result = invoke(invocation, object, request.resource);
    if (spec.failurePolicy !== 'Ignore')
      failures.push(...result.errors.map((error) => failure(policy.metadata.name, binding.metadata.name, error, 'Invalid')));
    if (result.skipped) continue;
    if (result.object !== object) {
      due = [...due, ...invoked];
      invoked = [];
    }
    ({ object } = result);
    if (spec.reinvocationPolicy === 'IfNeeded') invoked = [...invoked, key];
  }
  return { object, refused: refusal(attributes, failures), memory: { again: memory.again, invoked, due, output: object } };
}

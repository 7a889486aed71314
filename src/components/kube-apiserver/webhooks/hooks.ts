import { compileTyped, policyEnvironment } from '#api/cel/index.ts';
import type { Status } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import type { MutatingWebhook, ValidatingWebhook } from '#api/types.generated.ts';
import { variablesOf, type Attributes } from '../policies/attributes.ts';
import { conditionsHold, forbidden, type Condition } from '../policies/dispatch.ts';
import { activate, OutOfBudget } from '../policies/expressions.ts';
import { isExempt, matchResource } from '../policies/match.ts';
import { cacheOf, type ApiServerState } from '../state.ts';
import { configurations } from './asking.ts';

export type Webhook = MutatingWebhook & ValidatingWebhook;

/** A webhook of one configuration. */
export interface Hook {
  readonly hook: Webhook;
  readonly configuration: string;
  /** Names it among all: what is invoked again is found by it (webhook/accessors.go). */
  readonly uid: string;
}

/** All webhooks of one kind, in the order in which they are asked: by the name of their configuration, then as it lists them. */
export function hooksOf(state: ApiServerState, kind: keyof typeof configurations): readonly Hook[] {
  return [...cacheOf(state, configurations[kind]).values()].flatMap((object) =>
    ((object['webhooks'] ?? []) as readonly Webhook[]).map((hook, index) => ({
      hook,
      configuration: object.metadata.name,
      uid: `${object.metadata.name}/${hook.name}/${index}`,
    })),
  );
}

/** Whether anybody is asked about what configures webhooks and policies: nobody, or nobody could mend them (predicates/rules). */
export const isAboutAdmission = ({ request: { resource } }: Attributes): boolean =>
  resource.group === 'admissionregistration.k8s.io' && isExempt(resource);

const compiledConditions = new WeakMap<object, readonly Condition[]>();

function conditionsOf(hook: Webhook): readonly Condition[] {
  let known = compiledConditions.get(hook);
  if (known === undefined) {
    const environment = policyEnvironment({ params: false, authorizer: true });
    known = (hook.matchConditions ?? []).map(({ expression }) => ({
      expression,
      compiled: compileTyped(environment, expression, ['bool']),
    }));
    compiledConditions.set(hook, known);
  }
  return known;
}

/** Whether the match conditions of a webhook hold; the text of an error where that cannot be said (webhook/matchconditions). */
function conditionsSay(state: ApiServerState, hook: Webhook, attributes: Attributes, matched: ResourceDefinition): boolean | string {
  const conditions = conditionsOf(hook);
  if (conditions.length === 0) return true;
  try {
    return conditionsHold(conditions, activate(variablesOf(state, attributes, matched), []));
  } catch (error) {
    if (error instanceof OutOfBudget) return error.message;
    throw error;
  }
}

/** As which resource a webhook is asked about a write; undefined: it is not asked (webhook/generic/webhook.go, ShouldCallHook). */
export function meant(
  state: ApiServerState,
  { hook }: Hook,
  attributes: Attributes,
): { readonly matched: ResourceDefinition } | { readonly refused: Status } | undefined {
  const { rules = [], matchPolicy, namespaceSelector, objectSelector } = hook;
  if (rules.length === 0) return undefined;
  const matched = matchResource(state, { resourceRules: rules, matchPolicy, namespaceSelector, objectSelector }, attributes);
  if (matched === undefined) return undefined;
  const holds = conditionsSay(state, hook, attributes, matched);
  if (holds === true) return { matched };
  // A condition that cannot be told refuses the write, unless failures are to be ignored.
  return typeof holds === 'string' && hook.failurePolicy !== 'Ignore' ? { refused: forbidden(attributes, holds) } : undefined;
}

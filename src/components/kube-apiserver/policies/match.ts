import type { KubeObject } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { LabelSelector, MatchResources, NamedRuleWithOperations } from '#api/types.generated.ts';
import { resourcesOf } from '../custom-resources.ts';
import { getCached, type ApiServerState } from '../state.ts';
import type { Attributes } from './attributes.ts';

/** Resources of which no policy is asked: those that policies are made of, and reviews (policy/generic, exclusion). */
const exempt: Readonly<Record<string, readonly string[]>> = {
  'admissionregistration.k8s.io': [
    'mutatingwebhookconfigurations',
    'validatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
  ],
  'authentication.k8s.io': ['tokenreviews', 'selfsubjectreviews'],
  'authorization.k8s.io': ['localsubjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews'],
};
export const isExempt = ({ group, plural }: ResourceDefinition): boolean => exempt[group]?.includes(plural) === true;

const any = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

/** apiserver/pkg/admission/plugin/webhook/predicates/rules. */
function ruleMatches(rule: NamedRuleWithOperations, attributes: Attributes, resource: ResourceDefinition): boolean {
  const { operation, namespace, name, request } = attributes;
  const clusterWide = namespace === '' || (resource.plural === 'namespaces' && resource.group === '');
  if (rule.scope === 'Namespaced' && clusterWide) return false;
  if (rule.scope === 'Cluster' && !clusterWide) return false;
  if (!any(rule.operations, operation) || !any(rule.apiGroups, resource.group) || !any(rule.apiVersions, resource.version)) return false;
  const named = (rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(name);
  return (
    named &&
    (rule.resources ?? []).some((text) => {
      const [plural, subresource = ''] = text.split('/');
      return (plural === '*' || plural === resource.plural) && (subresource === '*' || subresource === request.info.subresource);
    })
  );
}

/** Other names under which the same objects are served. */
function equivalents(state: ApiServerState, resource: ResourceDefinition): readonly ResourceDefinition[] {
  return resourcesOf(state).all.filter((other) => other !== resource && other.storagePrefix === resource.storagePrefix);
}

/** As which resource a request matches one of some rules; the request's own goes first. */
function matchedBy(
  state: ApiServerState,
  rules: readonly NamedRuleWithOperations[],
  policy: MatchResources['matchPolicy'],
  attributes: Attributes,
): ResourceDefinition | undefined {
  const { resource } = attributes.request;
  const candidates = policy === 'Exact' ? [resource] : [resource, ...equivalents(state, resource)];
  return candidates.find((candidate) => rules.some((rule) => ruleMatches(rule, attributes, candidate)));
}

const selects = (selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> | undefined): boolean =>
  matchesLabels(labelSelectorFromObject(selector), labels);
const isEmpty = (selector: LabelSelector | undefined): boolean => (labelSelectorFromObject(selector) ?? []).length === 0;

/** apiserver/pkg/admission/plugin/webhook/predicates/namespace: objects that live nowhere are in every namespace. */
function namespaceMatches(state: ApiServerState, selector: LabelSelector | undefined, attributes: Attributes): boolean {
  if (isEmpty(selector)) return true;
  const { namespace, kind, object, operation } = attributes;
  if (namespace === '') return true;
  if (kind.kind === 'Namespace' && kind.group === '' && operation === 'CREATE') return selects(selector, object?.metadata.labels);
  return selects(selector, getCached(state, `/registry/namespaces/${namespace}`, '/registry/namespaces')?.metadata.labels);
}

function objectMatches(selector: LabelSelector | undefined, { object, old }: Attributes): boolean {
  if (isEmpty(selector)) return true;
  return [object, old].some((item: KubeObject | undefined) => item !== undefined && selects(selector, item.metadata.labels));
}

/** As which resource a request is meant by a policy or a binding; undefined: it is not (policy/matching/matching.go). */
export function matchResource(
  state: ApiServerState,
  criteria: MatchResources | undefined,
  attributes: Attributes,
): ResourceDefinition | undefined {
  const { resource } = attributes.request;
  if (criteria === undefined) return resource;
  if (!namespaceMatches(state, criteria.namespaceSelector, attributes) || !objectMatches(criteria.objectSelector, attributes))
    return undefined;
  if (matchedBy(state, criteria.excludeResourceRules ?? [], criteria.matchPolicy, attributes) !== undefined) return undefined;
  const rules = criteria.resourceRules ?? [];
  return rules.length === 0 ? resource : matchedBy(state, rules, criteria.matchPolicy, attributes);
}

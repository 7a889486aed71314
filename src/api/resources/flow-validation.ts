import type { KubeObject } from '../object.ts';
import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '../types.generated.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';

/** pkg/apis/flowcontrol/validation. */

const kinds = ['Group', 'ServiceAccount', 'User'];
const verbs = ['*', 'create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function subjectErrors(subject: Partial<Subject>, at: string): FieldError[] {
  const { kind = '', serviceAccount } = subject;
  if (!kinds.includes(kind)) return [notSupported(`${at}.kind`, kind, kinds)];
  const field = kind === 'ServiceAccount' ? 'serviceAccount' : kind.toLowerCase();
  const own = subject[field as 'user' | 'group' | 'serviceAccount'];
  if (own === undefined) return [required(`${at}.${field}`, `${field} is required when subject kind is '${kind}'`)];
  const errors = (own.name ?? '') === '' ? [required(`${at}.${field}.name`)] : [];
  return field === 'serviceAccount' && (serviceAccount?.namespace ?? '') === ''
    ? [...errors, required(`${at}.serviceAccount.namespace`, 'must specify namespace for service account')]
    : errors;
}

/** A list that has something in it, and a star only alone. */
function listErrors(field: string, list: readonly string[] | undefined): FieldError[] {
  if (list === undefined || list.length === 0) return [required(field)];
  return list.length > 1 && list.includes('*') ? [invalid(field, list, "if '*' is present, must not specify other items")] : [];
}
const verbErrors = (field: string, list: readonly string[] | undefined): FieldError[] => [
  ...listErrors(field, list),
  ...(list ?? []).flatMap((verb) => (verbs.includes(verb) ? [] : [notSupported(field, verb, verbs)])),
];

const resourceRule = (rule: Partial<ResourcePolicyRule>, at: string): FieldError[] => [
  ...verbErrors(`${at}.verbs`, rule.verbs),
  ...listErrors(`${at}.apiGroups`, rule.apiGroups),
  ...listErrors(`${at}.resources`, rule.resources),
  ...((rule.namespaces ?? []).length === 0 && rule.clusterScope !== true
    ? [required(`${at}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace')]
    : []),
];
const pathRule = (rule: Partial<NonResourcePolicyRule>, at: string): FieldError[] => [
  ...listErrors(`${at}.verbs`, rule.verbs),
  ...listErrors(`${at}.nonResourceURLs`, rule.nonResourceURLs),
];

function ruleErrors(rule: Partial<PolicyRulesWithSubjects>, at: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors = subjects.length === 0 ? [required(`${at}.subjects`, 'subjects must contain at least one value')] : [];
  subjects.forEach((item, index) => errors.push(...subjectErrors(item, `${at}.subjects[${index}]`)));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  resourceRules.forEach((item, index) => errors.push(...resourceRule(item, `${at}.resourceRules[${index}]`)));
  nonResourceRules.forEach((item, index) => errors.push(...pathRule(item, `${at}.nonResourceRules[${index}]`)));
  return errors;
}

/** ValidateFlowSchema. */
export function flowSchemaErrors(object: KubeObject): FieldError[] {
  const {
    matchingPrecedence = 0,
    distinguisherMethod,
    priorityLevelConfiguration,
    rules = [],
  } = (object['spec'] ?? {}) as Partial<FlowSchemaSpec>;
  const errors: FieldError[] = [];
  const field = 'spec.matchingPrecedence';
  if (matchingPrecedence <= 0) errors.push(invalid(field, matchingPrecedence, 'must be a positive value'));
  if (matchingPrecedence > 10_000) errors.push(invalid(field, matchingPrecedence, 'must not be greater than 10000'));
  if (matchingPrecedence === 1 && object.metadata.name !== 'exempt')
    errors.push(invalid(field, matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type))
    errors.push(notSupported('spec.distinguisherMethod.type', distinguisherMethod.type, ['ByNamespace', 'ByUser']));
  if ((priorityLevelConfiguration?.name ?? '') === '')
    errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  rules.forEach((rule, index) => errors.push(...ruleErrors(rule, `spec.rules[${index}]`)));
  return errors;
}

/** ValidatePriorityLevelConfiguration. */
export function priorityLevelErrors(object: KubeObject): FieldError[] {
  const { type = '', limited, exempt } = (object['spec'] ?? {}) as Partial<PriorityLevelConfigurationSpec>;
  if (type === 'Exempt') return limited === undefined ? [] : [forbidden('spec.limited', 'must be nil if the type is not Limited')];
  if (type !== 'Limited') return [notSupported('spec.type', type, ['Exempt', 'Limited'])];
  if (exempt !== undefined) return [forbidden('spec.exempt', 'must be nil if the type is Limited')];
  if (limited === undefined) return [required('spec.limited', 'must not be empty when type is Limited')];
  const errors: FieldError[] = [];
  const { nominalConcurrencyShares = 0, limitResponse } = limited;
  const at = 'spec.limited';
  if (nominalConcurrencyShares < 0)
    errors.push(invalid(`${at}.nominalConcurrencyShares`, nominalConcurrencyShares, 'must be a non-negative integer'));
  const { type: response = '', queuing } = limitResponse ?? {};
  if (response !== 'Queue' && response !== 'Reject')
    return [...errors, notSupported(`${at}.limitResponse.type`, response, ['Queue', 'Reject'])];
  const place = `${at}.limitResponse.queuing`;
  if (response === 'Reject')
    return queuing === undefined ? errors : [...errors, forbidden(place, 'must be nil if limited.limitResponse.type is not Limited')];
  if (queuing === undefined) return [...errors, required(place, 'must not be empty if limited.limitResponse.type is Limited')];
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  if (queueLengthLimit <= 0) errors.push(invalid(`${place}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${place}.queues`, queues, 'must be positive'));
  else if (queues > 10_000_000) errors.push(invalid(`${place}.queues`, queues, 'must not be greater than 10000000'));
  if (handSize <= 0) errors.push(invalid(`${place}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalid(`${place}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (handSize * Math.log2(Math.max(queues, 2)) > 60)
    errors.push(
      invalid(
        `${place}.handSize`,
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than 60`,
      ),
    );
  return errors;
}

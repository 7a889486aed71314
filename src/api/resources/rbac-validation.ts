import type { KubeObject } from '../object.ts';
import type { ClusterRoleBinding, PolicyRule, RbacV1Subject } from '../types.generated.ts';
import { invalid, notSupported, required, type FieldError } from './field-error.ts';

/** pkg/apis/rbac/validation. */
const group = 'rbac.authorization.k8s.io';
const filled = (list: readonly string[] | undefined): boolean => (list ?? []).length > 0;

function ruleErrors(rule: PolicyRule, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!filled(rule.verbs)) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  if (filled(rule.nonResourceURLs)) {
    const urls = (detail: string): void => void errors.push(invalid(`${field}.nonResourceURLs`, rule.nonResourceURLs, detail));
    if (namespaced) urls('namespaced rules cannot apply to non-resource URLs');
    if (filled(rule.apiGroups) || filled(rule.resources) || filled(rule.resourceNames))
      urls('rules cannot apply to both regular resources and non-resource URLs');
    return errors;
  }
  if (!filled(rule.apiGroups)) errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!filled(rule.resources)) errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** ValidateRole, ValidateClusterRole. */
export function roleErrors(role: KubeObject): FieldError[] {
  const rules = (role['rules'] ?? []) as readonly PolicyRule[];
  return rules.flatMap((rule, index) => ruleErrors(rule, role.kind === 'Role', `rules[${index}]`));
}

function subjectErrors(subject: RbacV1Subject, namespaced: boolean, field: string): FieldError[] {
  const { kind, name = '', apiGroup = '', namespace = '' } = subject;
  const errors: FieldError[] = name === '' ? [required(`${field}.name`)] : [];
  const inGroup = (wanted: string): void =>
    void (apiGroup !== wanted && errors.push(notSupported(`${field}.apiGroup`, apiGroup, [wanted])));
  if (kind === 'ServiceAccount') {
    inGroup('');
    if (!namespaced && namespace === '') errors.push(required(`${field}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (name === '') errors.push(invalid(`${field}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
    inGroup(group);
  } else errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

/** ValidateRoleBinding, ValidateClusterRoleBinding. */
export function roleBindingErrors(object: KubeObject): FieldError[] {
  const { roleRef, subjects = [] } = object as unknown as Partial<ClusterRoleBinding>;
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  const namespaced = object.kind === 'RoleBinding';
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...(apiGroup === group ? [] : [notSupported('roleRef.apiGroup', apiGroup, [group])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : []),
    ...subjects.flatMap((subject, index) => subjectErrors(subject, namespaced, `subjects[${index}]`)),
  ];
}

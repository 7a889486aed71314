import { deepEqual } from '#base/json.ts';
import { compactRules, compactString, quotedList, uncoveredRules } from '#api/rbac.ts';
import type { KubeObject, Status } from '#api/object.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { forbiddenResource, notFound } from '#api/resources/status-errors.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '#api/types.generated.ts';
import { authorize, roleOf, rulesFor } from './authorization.ts';
import type { RequestState } from './request-state.ts';
import type { ApiServerState } from './state.ts';

const group = 'rbac.authorization.k8s.io';
const everything: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/** What a user would grant without having it himself (pkg/registry/rbac/validation, ConfirmNoEscalation). */
function missing(server: ApiServerState, { user, info }: RequestState, rules: readonly PolicyRule[]): string | undefined {
  const uncovered = uncoveredRules(rulesFor(server, user, info.namespace), rules);
  if (uncovered.length === 0) return undefined;
  const lines = [...new Set(compactRules(uncovered).map(compactString))].sort();
  return `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
}

function allowed(server: ApiServerState, { user, info }: RequestState, verb: string, resource: string, name: string): boolean {
  return authorize(server, { user, verb, group, resource, subresource: '', namespace: info.namespace, name, path: undefined }).allowed;
}

/** Who writes a role must have what it allows, or may escalate (pkg/registry/rbac/{clusterrole,role}/policybased). */
function roleRefusal(server: ApiServerState, state: RequestState, resource: ResourceDefinition, role: KubeObject): Status | undefined {
  const { rules = [], aggregationRule } = role as unknown as ClusterRole;
  const before = state.old as ClusterRole | undefined;
  if (before !== undefined && deepEqual(before.rules ?? [], rules) && deepEqual(before.aggregationRule, aggregationRule)) return undefined;
  if (allowed(server, state, 'escalate', resource.plural, state.info.name)) return undefined;
  const why = missing(server, state, rules);
  if (why !== undefined) return forbiddenResource(resource, role.metadata.name, why);
  if (aggregationRule === undefined || missing(server, state, everything) === undefined) return undefined;
  return forbiddenResource(resource, role.metadata.name, 'must have cluster-admin privileges to use the aggregationRule');
}

/** Who binds a role must have what it allows, or may bind it. */
function bindingRefusal(
  server: ApiServerState,
  state: RequestState,
  resource: ResourceDefinition,
  binding: KubeObject,
): Status | undefined {
  const { roleRef, subjects } = binding as unknown as ClusterRoleBinding;
  const before = state.old as ClusterRoleBinding | undefined;
  if (before !== undefined && deepEqual(before.subjects, subjects) && deepEqual(before.roleRef, roleRef)) return undefined;
  const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (allowed(server, state, 'bind', plural, roleRef.name)) return undefined;
  const role = roleOf(server, roleRef, state.info.namespace);
  if (role === undefined) return notFound({ group, plural: roleRef.kind.toLowerCase() }, roleRef.name);
  const why = missing(server, state, role.rules ?? []);
  return why === undefined ? undefined : forbiddenResource(resource, binding.metadata.name, why);
}

/** Nobody can give away more than he has (pkg/registry/rbac/escalation_check.go); masters can do anything. */
export function escalationRefusal(server: ApiServerState, state: RequestState, resource: ResourceDefinition): Status | undefined {
  const { object, info, user } = state;
  if (resource.group !== group || object === undefined || info.subresource !== '' || user.groups.includes('system:masters'))
    return undefined;
  return resource.plural.endsWith('bindings')
    ? bindingRefusal(server, state, resource, object)
    : roleRefusal(server, state, resource, object);
}

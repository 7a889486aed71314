import type { ClusterRole, ClusterRoleBinding, PolicyRule, RbacV1Subject } from '#api/types.generated.ts';
import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { User } from './authentication.ts';
import { cacheOf, type ApiServerState } from './state.ts';

/** What is to be allowed. */
export interface Attributes {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** For requests that are about no resource. */
  readonly path: string | undefined;
}

export type Decision = { readonly allowed: true; readonly reason: string } | { readonly allowed: false; readonly reason: string };

interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly namespace: string;
  readonly reason: string;
}

/** Grants by subject: `User:jane`, `Group:system:masters`, `ServiceAccount:ns/name`. */
type Grants = ReadonlyMap<string, readonly Grant[]>;

const prefixes = {
  clusterRoles: '/registry/clusterroles',
  clusterRoleBindings: '/registry/clusterrolebindings',
  roles: '/registry/roles',
  roleBindings: '/registry/rolebindings',
} as const;

/** The role that a binding in a namespace names. */
export function roleOf(state: ApiServerState, roleRef: ClusterRoleBinding['roleRef'], namespace: string): ClusterRole | undefined {
  const prefix = roleRef.kind === 'ClusterRole' ? prefixes.clusterRoles : prefixes.roles;
  const key = roleRef.kind === 'ClusterRole' ? `${prefix}/${roleRef.name}` : `${prefix}/${namespace}/${roleRef.name}`;
  return cacheOf(state, prefix).get(key) as ClusterRole | undefined;
}

let memo: { readonly key: readonly SortedMap<KubeObject>[]; readonly grants: Grants } | undefined;

/** All grants of the stored RBAC objects; made again only when one of them has changed. */
function grantsOf(state: ApiServerState): Grants {
  const key = Object.values(prefixes).map((prefix) => cacheOf(state, prefix));
  if (memo !== undefined && memo.key.every((cache, index) => cache === key[index])) return memo.grants;
  const grants = new Map<string, Grant[]>();
  const add = (binding: ClusterRoleBinding, namespace: string): void => {
    const { roleRef } = binding;
    const role = roleOf(state, roleRef, namespace);
    const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
    for (const subject of binding.subjects ?? []) {
      const who = subjectKey(subject);
      const full = namespace === '' ? `"${binding.metadata?.name ?? ''}"` : `"${binding.metadata?.name ?? ''}/${namespace}"`;
      const reason = `RBAC: allowed by ${kind} ${full} of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name}"`;
      grants.set(who, [...(grants.get(who) ?? []), { rules: role?.rules ?? [], namespace, reason }]);
    }
  };
  for (const binding of cacheOf(state, prefixes.clusterRoleBindings).values()) add(binding as unknown as ClusterRoleBinding, '');
  for (const binding of cacheOf(state, prefixes.roleBindings).values())
    add(binding as unknown as ClusterRoleBinding, binding.metadata.namespace ?? '');
  memo = { key, grants };
  return grants;
}

function subjectKey(subject: RbacV1Subject): string {
  return subject.kind === 'ServiceAccount'
    ? `User:system:serviceaccount:${subject.namespace ?? ''}:${subject.name}`
    : `${subject.kind}:${subject.name}`;
}

const has = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

/** rbac/v1 evaluation_helpers.go. */
function covers(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) {
    const { path } = attributes;
    return (rule.nonResourceURLs ?? []).some(
      (pattern) => pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))),
    );
  }
  if (!has(rule.apiGroups, attributes.group)) return false;
  const full = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const named =
    has(rule.resources, full) || (attributes.subresource !== '' && (rule.resources ?? []).includes(`*/${attributes.subresource}`));
  return named && (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(attributes.name));
}

/** The Node authorizer, as far as it matters: a kubelet may do its own work (plugin/pkg/auth/authorizer/node). */
function nodeAllows(attributes: Attributes): boolean {
  if (!attributes.user.groups.includes('system:nodes') || !attributes.user.name.startsWith('system:node:')) return false;
  const { resource, subresource, verb, group } = attributes;
  const reads = ['get', 'list', 'watch'].includes(verb);
  switch (`${group}/${resource}`) {
    case '/pods':
      return (
        reads ||
        verb === 'create' ||
        verb === 'delete' ||
        (subresource === 'status' && ['patch', 'update'].includes(verb)) ||
        subresource === 'eviction'
      );
    case '/nodes':
      return reads || ['create', 'patch', 'update'].includes(verb);
    case 'coordination.k8s.io/leases':
      return reads || ['create', 'update', 'patch', 'delete'].includes(verb);
    case '/serviceaccounts':
      return verb === 'get' || (verb === 'create' && subresource === 'token');
    case '/events':
    case 'events.k8s.io/events':
      return ['create', 'patch', 'update'].includes(verb);
    case '/configmaps':
    case '/secrets':
    case '/persistentvolumeclaims':
    case '/persistentvolumes':
    case '/services':
    case 'storage.k8s.io/csidrivers':
    case 'storage.k8s.io/csinodes':
    case 'storage.k8s.io/volumeattachments':
    case 'node.k8s.io/runtimeclasses':
    case 'resource.k8s.io/resourceslices':
    case 'resource.k8s.io/resourceclaims':
      return reads;
    default:
      return false;
  }
}

/** Asks the authorizers in their order: system:masters, Node, RBAC. */
export function authorize(state: ApiServerState, attributes: Attributes): Decision {
  const { user, namespace } = attributes;
  if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
  if (nodeAllows(attributes)) return { allowed: true, reason: '' };
  const grants = grantsOf(state);
  for (const subject of [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)]) {
    for (const grant of grants.get(subject) ?? []) {
      if (grant.namespace !== '' && (grant.namespace !== namespace || attributes.path !== undefined)) continue;
      if (grant.rules.some((rule) => covers(rule, attributes))) return { allowed: true, reason: grant.reason };
    }
  }
  return { allowed: false, reason: '' };
}

/** All rules that a user has in a namespace; in none: in all of them (pkg/registry/rbac/validation, RulesFor). */
export function rulesFor(state: ApiServerState, user: User, namespace: string): readonly PolicyRule[] {
  const grants = grantsOf(state);
  return [`User:${user.name}`, ...user.groups.map((item) => `Group:${item}`)].flatMap((subject) =>
    (grants.get(subject) ?? []).flatMap((grant) => (grant.namespace === '' || grant.namespace === namespace ? grant.rules : [])),
  );
}

/** What a refused request is told (endpoints/handlers/responsewriters/errors.go). */
export function refusal(attributes: Attributes): string {
  const { user, verb, group, resource, subresource, namespace, path } = attributes;
  if (path !== undefined) return `User "${user.name}" cannot ${verb} path "${path}"`;
  const what = `${resource}${subresource === '' ? '' : `/${subresource}`}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
}

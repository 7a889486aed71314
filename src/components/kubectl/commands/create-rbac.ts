import type { ApiResource, Context } from '../context.ts';
import { discover, lookUp } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import { printError, type Command } from '../operations.ts';
import { createdKind, createObject, nameOf } from './creator.ts';

const group = 'rbac.authorization.k8s.io';
const knownVerbs = [
  '*',
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'use',
  'bind',
  'escalate',
  'impersonate',
  'proxy',
  'approve',
  'sign',
  'attest',
  'request',
];

/** `kubectl create role` and `clusterrole` (create_role.go). */
export function createRole(kind: 'Role' | 'ClusterRole'): (context: Context) => Command<void> {
  return function* (context) {
    const { flags } = context;
    const name = nameOf(context);
    const aggregation = flags.list('aggregation-rule');
    const verbs = [...new Set(flags.list('verb').map((verb) => (verb === '*' ? '*' : verb)))];
    if (kind === 'ClusterRole' && aggregation.length > 0) {
      const matchLabels = Object.fromEntries(aggregation.map((pair) => pair.split('=') as [string, string]));
      return yield* createObject(context, createdKind(kind), {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
        metadata: { name },
        rules: [],
      });
    }
    if (verbs.length === 0) throw new CommandError('at least one verb must be specified');
    const urls = flags.list('non-resource-url');
    const resources = flags.list('resource');
    if (resources.length === 0 && urls.length === 0)
      throw new CommandError(
        kind === 'Role' ? 'at least one resource must be specified' : 'one of resource or nonResourceURL must be specified',
      );
    for (const verb of verbs) if (!knownVerbs.includes(verb)) yield* printError(`Warning: '${verb}' is not a standard resource verb\n`);
    const rules = yield* rulesOf(resources, verbs, flags.list('resource-name'));
    const urlRules = urls.length > 0 ? [{ nonResourceURLs: urls, verbs }] : [];
    yield* createObject(context, createdKind(kind), { metadata: { name }, rules: [...rules, ...urlRules] });
  };
}

/** One rule for each API group, in the order of the flags. */
function* rulesOf(
  words: readonly string[],
  verbs: readonly string[],
  resourceNames: readonly string[],
): Command<readonly Readonly<Record<string, unknown>>[]> {
  const groups = new Map<string, string[]>();
  for (const word of words) {
    const [name = '', subresource = ''] = word.split('/');
    const resource = name === '*' ? undefined : yield* known(name);
    const plural = name === '*' ? '*' : resource!.plural;
    const list = groups.get(resource?.group ?? '*') ?? [];
    const text = subresource === '' ? plural : `${plural}/${subresource}`;
    groups.set(resource?.group ?? '*', list.includes(text) ? list : [...list, text]);
  }
  return [...groups].map(([apiGroup, resources]) => ({
    apiGroups: [apiGroup],
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
    resources,
    verbs,
  }));
}

function* known(word: string): Command<ApiResource> {
  const resource = lookUp(yield* discover(), word);
  if (resource === undefined) throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(word)}`);
  return resource;
}

/** `kubectl create rolebinding` and `clusterrolebinding`. */
export function createBinding(kind: 'RoleBinding' | 'ClusterRoleBinding'): (context: Context) => Command<void> {
  return function* (context) {
    const { flags } = context;
    const name = nameOf(context);
    const clusterRole = flags.text('clusterrole');
    const role = flags.text('role');
    if (kind === 'RoleBinding' && (clusterRole === '') === (role === ''))
      throw new CommandError('exactly one of clusterrole or role must be specified');
    if (kind === 'ClusterRoleBinding' && clusterRole === '') throw new CommandError('clusterrole must be specified');
    const roleRef = { apiGroup: group, kind: role === '' ? 'ClusterRole' : 'Role', name: role === '' ? clusterRole : role };
    const subjects = [
      ...flags.list('user').map((user) => ({ apiGroup: group, kind: 'User', name: user })),
      ...flags.list('group').map((item) => ({ apiGroup: group, kind: 'Group', name: item })),
      ...flags.list('serviceaccount').map((text) => {
        const parts = text.split(':');
        if (parts.length !== 2 || parts[0] === '' || parts[1] === '') throw new CommandError('serviceaccount must be <namespace>:<name>');
        return { kind: 'ServiceAccount', name: parts[1], namespace: parts[0] };
      }),
    ];
    const body = { metadata: { name }, roleRef, ...(subjects.length > 0 ? { subjects } : {}) };
    yield* createObject(
      context,
      createdKind(kind),
      body,
      (message) => new CommandError(`failed to create ${kind.toLowerCase()}: ${message}`),
    );
  };
}

import { deepEqual } from '#base/json.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { ClusterRole, PolicyRule } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { call, done, lookUp, ok, retry, type Caches, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';

const name = 'clusterrole-aggregation-controller';

/** The roles in the order of their names. */
const rolesOf = (caches: Caches): readonly ClusterRole[] =>
  [...caches['clusterroles']!.store.values()] as readonly unknown[] as readonly ClusterRole[];

/** The rules of all roles that an aggregating role selects, each once. */
function aggregatedRules(role: ClusterRole, roles: readonly ClusterRole[]): readonly PolicyRule[] {
  const rules: PolicyRule[] = [];
  const sorted = [...roles].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const terms = labelSelectorFromObject(selector);
    for (const other of sorted) {
      if (other.metadata?.name === role.metadata?.name || !matchesLabels(terms, other.metadata?.labels)) continue;
      for (const rule of other.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}

function* sync(key: string, { caches }: SyncContext): Sync {
  const role = lookUp(caches, 'clusterroles', key) as ClusterRole | undefined;
  if (role?.aggregationRule === undefined) return done;
  const rules = aggregatedRules(role, rolesOf(caches));
  if (deepEqual(rules, role.rules ?? [])) return done;
  const answer = yield* call({
    method: 'PATCH',
    path: resourcePath(resources.clusterroles, '', key),
    query: { fieldManager: name, force: 'true' },
    contentType: mediaTypes.applyPatch,
    body: {
      kind: 'ClusterRole',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: key },
      ...(rules.length === 0 ? {} : { rules }),
    },
  });
  return ok(answer) || answer.status === 404 ? done : retry;
}

/** pkg/controller/clusterroleaggregation: any change of a role may concern every role that aggregates. */
export const clusterRoleAggregation: ControllerDefinition = {
  name,
  workers: 5,
  eventSource: name,
  handlers: {
    clusterroles: (_change, caches) =>
      rolesOf(caches).flatMap((role) => (role.aggregationRule === undefined ? [] : [role.metadata?.name ?? ''])),
  },
  sync,
};

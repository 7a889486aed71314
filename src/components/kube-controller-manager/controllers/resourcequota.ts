import { deepEqual } from '#base/json.ts';
import { calculateUsage, evaluatorFor, limitedBy, type Counted } from '#api/quota/index.ts';
import { equalLists, type ResourceList } from '#api/resource-list.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { KubeObject } from '#api/object.ts';
import type { ResourceQuota } from '#api/types.generated.ts';
import type { Change } from '#machinery/informer.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import {
  call,
  lookUp,
  ok,
  done,
  retry,
  splitKey,
  type Caches,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
} from '../controller.ts';
import { watchedResources } from '../informers.ts';

/** Everything is counted anew as often as this, whatever was heard meanwhile (--resource-quota-sync-period). */
const resyncMs = 300_000;

const quotaOf = (object: KubeObject): ResourceQuota => object as unknown as ResourceQuota;
const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** What quotas count: everything in namespaces, except what is stored in passing. */
const countable = watchedResources.filter(
  ({ group, version, plural }) =>
    builtInResources.find(group, version, plural)?.namespaced === true && evaluatorFor(group, plural) !== undefined,
);

/** The caches of what quotas count, the discovered ones among them. */
const countedIn = (caches: Caches): readonly { readonly group: string; readonly plural: string; readonly cache: string }[] => [
  ...countable.map(({ group, plural }) => ({ group, plural, cache: plural })),
  ...Object.entries(caches).flatMap(([cache, { spec }]) => (spec.discovered?.namespaced === true ? [{ ...spec.resource, cache }] : [])),
];

/** The objects of a namespace, each kind from its informer. */
const inNamespace = (caches: Caches, namespace: string): readonly Counted[] =>
  countedIn(caches).map(({ group, plural, cache }) => ({
    group,
    plural,
    *objects() {
      for (const [, object] of caches[cache]?.store.prefixed(`${namespace}/`) ?? []) yield object;
    },
  }));

/** Only a change of what is wanted is looked at: the status changes by this controller and the API server alone (NewController). */
const quotaChanged = ({ type, object, old }: Change): readonly string[] =>
  type === 'update' && deepEqual(object['spec'], old?.['spec']) ? [] : [keyOf(object)];

/** What is gone or at its end may be used again: the quotas that count such objects (resource_quota_monitor.go, replenishQuota). */
function replenished(group: string, plural: string): (change: Change, caches: Caches) => readonly string[] {
  const evaluator = evaluatorFor(group, plural)!;
  return ({ type, object, old }, caches) => {
    if (type === 'add' || (type === 'update' && (old === undefined || !evaluator.frees(old, object)))) return [];
    return [...(caches['resourcequotas']?.store.prefixed(`${object.metadata.namespace ?? ''}/`) ?? [])]
      .filter(([, quota]) => limitedBy(quotaOf(quota).status?.hard, evaluator).length > 0)
      .map(([key]) => key);
  };
}

/** pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota: counts what is used, and writes what it did not know. */
function* sync(key: string, context: SyncContext): Sync {
  const object = lookUp(context.caches, 'resourcequotas', key);
  if (object === undefined) return done;
  const { spec, status } = quotaOf(object);
  const hard: ResourceList = spec?.hard ?? {};
  const counted = calculateUsage({ spec }, inNamespace(context.caches, splitKey(key).namespace), context.now);
  const known = Object.entries({ ...status?.used, ...counted }).filter(([name]) => hard[name] !== undefined);
  const used: ResourceList = Object.fromEntries(known);
  const dirty = status?.hard === undefined || status.used === undefined || !equalLists(hard, status.hard) || !equalLists(used, status.used);
  if (!dirty) return { againMs: resyncMs };
  const { namespace = '', name } = object.metadata;
  const path = resourcePath(resources.resourcequotas, namespace, name, 'status');
  const answer = yield* call({ method: 'PUT', path, body: { ...object, status: { hard, used } } });
  if (answer.status === 404) return done;
  return ok(answer) ? { againMs: resyncMs } : retry;
}

const { resourcequotas: _own, ...counts } = Object.fromEntries(
  countable.map(({ group, plural }) => [plural, replenished(group, plural)] as const),
);
const quotaCounted = replenished('', 'resourcequotas');

export const resourceQuota: ControllerDefinition = {
  name: 'resourcequota-controller',
  workers: 5,
  eventSource: 'resourcequota-controller',
  handlers: {
    ...counts,
    resourcequotas: (change, caches) => [...quotaChanged(change), ...quotaCounted(change, caches)],
  },
  monitors: (cache) => replenished(cache.slice(cache.indexOf('.') + 1), cache.slice(0, cache.indexOf('.'))),
  sync,
};

import { formatTime, type KubeObject } from '#api/object.ts';
import { resourceTable } from '#api/resources/index.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';

/** The kinds that live in namespaces and can be deleted together. */
const deletable = resourceTable.filter((resource) => resource.namespaced && resource.verbs.includes('deletecollection') && resource.group !== 'events.k8s.io');

const conditions = (now: number, remaining: readonly string[], held: boolean): readonly object[] => {
  const time = formatTime(now);
  const condition = (type: string, status: string, reason: string, message: string): object => ({ type, status, lastTransitionTime: time, reason, message });
  return [
    condition('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition('NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    condition('NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'),
    remaining.length > 0
      ? condition('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${remaining.join(', ')}`)
      : condition('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'),
    condition('NamespaceFinalizersRemaining', held ? 'True' : 'False', held ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers', held ? 'Some content in the namespace has finalizers remaining' : 'All content-preserving finalizers finished'),
  ];
};

/** pkg/controller/namespace/deletion: empties a namespace that is to go, then lets it go. */
function* sync(key: string, context: SyncContext): Sync {
  const namespace = lookUp(context.caches, 'namespaces', key);
  if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return done;
  for (const resource of deletable) {
    const path = resourcePath(resource, key);
    const answer = yield* call({ method: 'DELETE', path });
    if (!ok(answer) && answer.status !== 404 && answer.status !== 405) return retry;
  }
  const remaining: string[] = [];
  for (const resource of deletable.filter((item) => ['pods', 'replicasets', 'deployments', 'persistentvolumeclaims', 'services'].includes(item.plural))) {
    const answer = yield* call({ method: 'GET', path: resourcePath(resource, key) });
    const count = ((answer.body as { readonly items?: readonly unknown[] } | null)?.items ?? []).length;
    if (count > 0) remaining.push(`${resource.plural}.${resource.group} has ${count} resource instances`);
  }
  const current = yield* call({ method: 'GET', path: resourcePath(resources.namespaces, '', key) });
  if (!ok(current)) return done;
  const live = current.body as unknown as KubeObject;
  const status = { ...(live['status'] as object), conditions: conditions(context.now, remaining, false) };
  const updated = yield* call({ method: 'PUT', path: resourcePath(resources.namespaces, '', key, 'status'), body: { ...live, status } });
  if (remaining.length > 0) return { againMs: 5_000 };
  const newest = (ok(updated) ? updated.body : live) as unknown as KubeObject;
  const finalized = yield* call({ method: 'PUT', path: resourcePath(resources.namespaces, '', key, 'finalize'), body: { ...newest, spec: { finalizers: [] } } });
  return ok(finalized) || finalized.status === 404 ? done : retry;
}

export const namespace: ControllerDefinition = {
  name: 'namespace-controller',
  workers: 10,
  eventSource: 'namespace-controller',
  handlers: { namespaces: ({ object }) => (object.metadata.deletionTimestamp === undefined ? [] : [object.metadata.name]) },
  sync,
};

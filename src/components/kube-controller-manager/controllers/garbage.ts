import type { KubeObject } from '#api/object.ts';
import { parseApiVersion } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { call, done, ok, retry, type Caches, type ControllerDefinition, type Sync, type SyncCall, type SyncContext } from '../controller.ts';

/**
 * pkg/controller/garbagecollector: objects whose owners are all gone are deleted; owners with a finalizer for it wait
 * for their dependents (foreground) or let them go (orphan). Keys are `<plural> <namespace>/<name>`.
 */
const watched = ['pods', 'replicasets', 'deployments', 'endpointslices', 'daemonsets', 'statefulsets', 'controllerrevisions', 'jobs', 'cronjobs'] as const;
const pluralOf: Readonly<Record<string, string>> = { ReplicaSet: 'replicasets', Deployment: 'deployments', Service: 'services', DaemonSet: 'daemonsets', StatefulSet: 'statefulsets', Job: 'jobs', CronJob: 'cronjobs', Node: 'nodes' };

function ownerExists(caches: Caches, object: KubeObject): boolean {
  const references = object.metadata.ownerReferences ?? [];
  return references.some((reference) => {
    const plural = pluralOf[reference.kind];
    if (plural === undefined) return true;
    const key = plural === 'nodes' ? reference.name : `${object.metadata.namespace ?? ''}/${reference.name}`;
    return caches[plural]?.store.get(key)?.metadata.uid === reference.uid;
  });
}

function dependents(caches: Caches, uid: string): readonly (readonly [plural: string, object: KubeObject])[] {
  return ['replicasets', 'pods', 'endpointslices', 'jobs', 'controllerrevisions'].flatMap((plural) => byIndex(caches[plural], 'anyOwner', uid).map((object) => [plural, object] as const));
}

function pathOf(object: KubeObject): string {
  const { group, version } = parseApiVersion(object.apiVersion);
  return resourcePath({ group, version, plural: builtInResources.findByKind({ group, version, kind: object.kind })?.plural ?? '' }, object.metadata.namespace, object.metadata.name);
}

const deletion = (object: KubeObject, propagationPolicy: string): SyncCall => ({
  method: 'DELETE',
  path: pathOf(object),
  body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion }, propagationPolicy },
});

function* removeFinalizer(object: KubeObject, name: string): Sync {
  const finalizers = (object.metadata.finalizers ?? []).filter((item) => item !== name);
  const answer = yield* call({ method: 'PATCH', path: pathOf(object), contentType: mediaTypes.mergePatch, body: { metadata: { resourceVersion: object.metadata.resourceVersion, finalizers } } });
  return ok(answer) || answer.status === 404 ? done : retry;
}

function* sync(key: string, context: SyncContext): Sync {
  const space = key.indexOf(' ');
  const object = context.caches[key.slice(0, space)]?.store.get(key.slice(space + 1));
  if (object === undefined) return done;
  const { finalizers = [], deletionTimestamp, uid = '' } = object.metadata;
  if (deletionTimestamp !== undefined && finalizers.includes('orphan')) {
    const list = dependents(context.caches, uid);
    if (list.length > 0) {
      yield list.map(([, dependent]): SyncCall => ({ method: 'PATCH', path: pathOf(dependent), contentType: mediaTypes.strategicMergePatch, body: { metadata: { ownerReferences: [{ $patch: 'delete', uid }], uid: dependent.metadata.uid } } }));
    }
    return yield* removeFinalizer(object, 'orphan');
  }
  if (deletionTimestamp !== undefined && finalizers.includes('foregroundDeletion')) {
    const blocking = dependents(context.caches, uid);
    if (blocking.length === 0) return yield* removeFinalizer(object, 'foregroundDeletion');
    const pending = blocking.filter(([, dependent]) => dependent.metadata.deletionTimestamp === undefined);
    if (pending.length > 0) yield pending.map(([plural, dependent]) => deletion(dependent, plural === 'pods' ? 'Background' : 'Foreground'));
    return done;
  }
  if ((object.metadata.ownerReferences ?? []).length === 0 || ownerExists(context.caches, object) || deletionTimestamp !== undefined) return done;
  const current = yield* call({ method: 'GET', path: pathOf(object) });
  if (!ok(current)) return done;
  const answer = yield* call(deletion(current.body as unknown as KubeObject, 'Background'));
  return ok(answer) || answer.status === 404 ? done : retry;
}

function keysOf(plural: string) {
  return (change: { readonly type: string; readonly object: KubeObject }, caches: Caches): readonly string[] => {
    const { object } = change;
    const keyOf = (kind: string, item: KubeObject): string => `${kind} ${item.metadata.namespace === undefined ? '' : `${item.metadata.namespace}/`}${item.metadata.name}`;
    const parents = (object.metadata.ownerReferences ?? []).flatMap((reference) => {
      const kind = pluralOf[reference.kind];
      const parent = kind === undefined ? undefined : caches[kind]?.store.get(`${object.metadata.namespace ?? ''}/${reference.name}`);
      return parent?.metadata.deletionTimestamp !== undefined ? [keyOf(kind!, parent)] : [];
    });
    if (change.type === 'delete') return [...dependents(caches, object.metadata.uid ?? '').map(([kind, item]) => keyOf(kind, item)), ...parents];
    const waits = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).some((name) => name === 'orphan' || name === 'foregroundDeletion');
    const orphaned = (object.metadata.ownerReferences ?? []).length > 0 && change.type === 'add' && !ownerExists(caches, object);
    return waits || orphaned ? [keyOf(plural, object), ...parents] : parents;
  };
}

export const garbageCollector: ControllerDefinition = {
  name: 'generic-garbage-collector',
  workers: 20,
  eventSource: 'garbage-collector-controller',
  handlers: Object.fromEntries([...watched, 'services'].map((plural) => [plural, keysOf(plural)])),
  sync,
};

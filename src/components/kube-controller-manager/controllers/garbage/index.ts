import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { OwnerReference } from '#api/types.generated.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncCall,
  type SyncContext,
} from '../../controller.ts';
import { watchedResources } from '../../informers.ts';
import {
  blockingDependents,
  deletionOf,
  dependentsOf,
  foregroundFinalizer,
  hasForegroundFinalizer,
  hasOrphanFinalizer,
  isBeingDeleted,
  isDeletingDependents,
  orphanFinalizer,
  ownerOf,
  parseTask,
  pathOf,
  tasksOf,
  type Task,
} from './graph.ts';

/** An object as the API server has it now, the answer where there is none. */
const liveOf = (answer: HttpResponse): KubeObject | undefined => (ok(answer) ? (answer.body as unknown as KubeObject) : undefined);
const gone = (answer: HttpResponse): boolean => answer.status === 404;

/** Takes a finalizer away, again if somebody else writes meanwhile (garbagecollector.go, removeFinalizer). */
function* removeFinalizer({ plural, key }: Task, finalizer: string, { caches }: SyncContext): Calls<boolean> {
  const path = pathOf(caches, plural, key);
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = yield* call({ method: 'GET', path });
    const live = liveOf(answer);
    if (live === undefined) return gone(answer);
    const { finalizers = [], resourceVersion } = live.metadata;
    const others = finalizers.filter((name) => name !== finalizer);
    if (others.length === finalizers.length) return true;
    const body = { metadata: { resourceVersion, finalizers: others.length === 0 ? null : others } };
    const patched = yield* call({ method: 'PATCH', path, contentType: mediaTypes.mergePatch, body });
    if (patched.status !== 409) return ok(patched) || gone(patched);
  }
  return false;
}

/** The patch that takes owners away from a dependent (deleteOwnerRefStrategicMergePatch). */
const withoutOwners = (caches: Caches, plural: string, key: string, uid: string | undefined, owners: readonly string[]): SyncCall => ({
  method: 'PATCH',
  path: pathOf(caches, plural, key),
  contentType: mediaTypes.strategicMergePatch,
  body: { metadata: { uid, ownerReferences: owners.map((owner) => ({ $patch: 'delete', uid: owner })) } },
});

/** The same for custom resources, which know no strategic merge patch (patch.go, deleteOwnerRefJSONMergePatch). */
function* mergeWithoutOwners(path: string, owners: readonly string[]): Calls<HttpResponse> {
  const answer = yield* call({ method: 'GET', path });
  const live = liveOf(answer);
  if (live === undefined) return answer;
  const ownerReferences = (live.metadata.ownerReferences ?? []).filter((reference) => !owners.includes(reference.uid));
  const body = { metadata: { resourceVersion: live.metadata.resourceVersion, ownerReferences } };
  return yield* call({ method: 'PATCH', path, contentType: mediaTypes.mergePatch, body });
}

/** Takes owners away from dependents, each in the way that its resource understands. */
function* forget(patches: readonly SyncCall[], owners: readonly string[]): Calls<readonly HttpResponse[]> {
  if (patches.length === 0) return [];
  const answers = [...(yield patches)];
  for (const [index, { path }] of patches.entries())
    if (answers[index]!.status === unsupportedMediaType) answers[index] = yield* mergeWithoutOwners(path, owners);
  return answers;
}
const unsupportedMediaType = 415;

/** Deletes what was looked at; if only its version has changed meanwhile, all the same (operations.go, deleteObject). */
function* deleteObject({ plural, key }: Task, latest: KubeObject, propagationPolicy: string, { caches }: SyncContext): Calls<boolean> {
  const path = pathOf(caches, plural, key);
  const { uid, resourceVersion, ownerReferences } = latest.metadata;
  const options = (preconditions: object): SyncCall => ({
    method: 'DELETE',
    path,
    body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, propagationPolicy },
  });
  const answer = yield* call(options({ uid, resourceVersion }));
  if (answer.status !== 409) return ok(answer) || gone(answer);
  const fetched = yield* call({ method: 'GET', path });
  const live = liveOf(fetched);
  if (live === undefined || live.metadata.uid !== uid) return gone(fetched) || live !== undefined;
  if (live.metadata.resourceVersion === resourceVersion || !deepEqual(live.metadata.ownerReferences, ownerReferences)) return false;
  const again = yield* call(options({ uid }));
  return ok(again) || gone(again);
}

interface Owners {
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  readonly waiting: readonly OwnerReference[];
}

/** Which owners are there, which are gone, and which wait for this object to go first; undefined where the server did not say (classifyReferences). */
function* classify(item: KubeObject, references: readonly OwnerReference[], context: SyncContext): Calls<Owners | undefined> {
  const owners = { solid: [] as OwnerReference[], dangling: [] as OwnerReference[], waiting: [] as OwnerReference[] };
  for (const reference of references) {
    const place = ownerOf(context.caches, item, reference);
    if (place === undefined) {
      owners.solid.push(reference);
      continue;
    }
    const known = lookUp(context.caches, place.plural, place.key)?.metadata.uid === reference.uid;
    const answer = known ? yield* call({ method: 'GET', path: pathOf(context.caches, place.plural, place.key) }) : undefined;
    const owner = answer === undefined ? undefined : liveOf(answer);
    if (answer !== undefined && owner === undefined && !gone(answer)) return undefined;
    if (owner?.metadata.uid !== reference.uid) owners.dangling.push(reference);
    else (isDeletingDependents(owner) ? owners.waiting : owners.solid).push(reference);
  }
  return owners;
}

/** What becomes of an object without a solid owner: deleted in the way that its finalizers ask for. */
const policyOf = (latest: KubeObject): string =>
  hasOrphanFinalizer(latest) ? 'Orphan' : hasForegroundFinalizer(latest) ? 'Foreground' : 'Background';

/** garbagecollector.go, attemptToDeleteItem. */
function* attemptToDelete(task: Task, context: SyncContext): Sync {
  const item = lookUp(context.caches, task.plural, task.key);
  if (item === undefined || (isBeingDeleted(item) && !isDeletingDependents(item))) return done;
  const answer = yield* call({ method: 'GET', path: pathOf(context.caches, task.plural, task.key) });
  const latest = liveOf(answer);
  if (latest === undefined) return gone(answer) ? done : retry;
  if (latest.metadata.uid !== item.metadata.uid) return done;
  if (isDeletingDependents(item)) return yield* processDeletingDependents(task, item, context);
  const { ownerReferences = [], uid } = latest.metadata;
  if (ownerReferences.length === 0) return done;
  const owners = yield* classify(item, ownerReferences, context);
  if (owners === undefined) return retry;
  const { solid, dangling, waiting } = owners;
  if (solid.length > 0) {
    const surplus = [...dangling, ...waiting].map((reference) => reference.uid);
    if (surplus.length === 0) return done;
    const [patched] = yield* forget([withoutOwners(context.caches, task.plural, task.key, uid, surplus)], surplus);
    return ok(patched!) || gone(patched!) ? done : retry;
  }
  const foreground = waiting.length > 0 && dependentsOf(context.caches, uid ?? '').length > 0;
  return (yield* deleteObject(task, latest, foreground ? 'Foreground' : policyOf(latest), context)) ? done : retry;
}

/** processDeletingDependentsItem: it may go when nobody blocks it any more. */
function* processDeletingDependents(task: Task, item: KubeObject, context: SyncContext): Sync {
  const blocking = blockingDependents(context.caches, item);
  if (blocking.length === 0) return (yield* removeFinalizer(task, foregroundFinalizer, context)) ? done : retry;
  return { more: blocking.filter(({ object }) => !isDeletingDependents(object)).map(deletionOf) };
}

/** attemptToOrphanWorker: its dependents forget it, then it may go. */
function* attemptToOrphan(task: Task, context: SyncContext): Sync {
  const owner = lookUp(context.caches, task.plural, task.key);
  if (owner === undefined) return done;
  const { uid = '' } = owner.metadata;
  const dependents = dependentsOf(context.caches, uid);
  const patches = dependents.map(({ plural, object }) => {
    const { namespace = '', name, uid: own } = object.metadata;
    return withoutOwners(context.caches, plural, namespace === '' ? name : `${namespace}/${name}`, own, [uid]);
  });
  const answers = yield* forget(patches, [uid]);
  if (!answers.every((answer) => ok(answer) || gone(answer))) return retry;
  return (yield* removeFinalizer(task, orphanFinalizer, context)) ? done : retry;
}

/** An owner that only a dependent speaks of: if the server does not have it either, its dependents are looked at (a virtual delete event). */
function* findAbsent({ plural, key, uid }: Task, context: SyncContext): Sync {
  const answer = yield* call({ method: 'GET', path: pathOf(context.caches, plural, key) });
  const owner = liveOf(answer);
  if (owner === undefined && !gone(answer)) return retry;
  return owner?.metadata.uid === uid ? done : { more: dependentsOf(context.caches, uid).map(deletionOf) };
}

const errands = { delete: attemptToDelete, orphan: attemptToOrphan, absent: findAbsent } as const;

/** pkg/controller/garbagecollector: what has lost its owners goes; owners wait for their dependents or let them go, as they were asked to. */
export const garbageCollector: ControllerDefinition = {
  name: 'generic-garbage-collector',
  workers: 40,
  eventSource: 'garbage-collector-controller',
  handlers: Object.fromEntries(watchedResources.map(({ plural }) => [plural, tasksOf(plural)])),
  monitors: tasksOf,
  sync: (key, context) => {
    const task = parseTask(key);
    return errands[task.errand](task, context);
  },
};

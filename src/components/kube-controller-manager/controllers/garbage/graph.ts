import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { OwnerReference } from '#api/types.generated.ts';
import { resourcePath } from '#machinery/client.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import type { Caches } from '../../controller.ts';
import { watchedResources } from '../../informers.ts';

/**
 * Who owns whom (pkg/controller/garbagecollector/graph_builder.go). The graph is the shared caches with their index by
 * owner; a key names a node, and which of the two queues it is for: `delete pods default/web`, `orphan …`; `absent …` is
 * an owner that no cache has, of which only a dependent says that it exists (a virtual node).
 */
export interface Item {
  readonly plural: string;
  readonly object: KubeObject;
}
export type Errand = 'delete' | 'orphan' | 'absent';
export interface Task {
  readonly errand: Errand;
  readonly plural: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** Of an absent owner. */
  readonly uid: string;
}

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

const resources = new Map(watchedResources.map((resource) => [resource.plural, resource]));

export const isBeingDeleted = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null;
const has = (object: KubeObject, finalizer: string): boolean => object.metadata.finalizers?.includes(finalizer) ?? false;
/** Waits until its dependents are gone. */
export const isDeletingDependents = (object: KubeObject): boolean => isBeingDeleted(object) && has(object, foregroundFinalizer);
const isOrphaning = (object: KubeObject): boolean => isBeingDeleted(object) && has(object, orphanFinalizer);
export const hasOrphanFinalizer = (object: KubeObject): boolean => has(object, orphanFinalizer);
export const hasForegroundFinalizer = (object: KubeObject): boolean => has(object, foregroundFinalizer);

const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace === undefined || metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`;
const taskKey = (errand: Errand, plural: string, key: string, uid = ''): string =>
  `${errand} ${plural} ${key}${uid === '' ? '' : ` ${uid}`}`;
export const deletionOf = ({ plural, object }: Item): string => taskKey('delete', plural, keyOf(object));

export function parseTask(text: string): Task {
  const [errand = '', plural = '', key = '', uid = ''] = text.split(' ');
  return { errand: errand as Errand, plural, key, uid };
}

/** Where the API server has an object of a cache. */
export function pathOf(caches: Caches, plural: string, key: string): string {
  const [namespace, name] = key.includes('/') ? key.split('/') : ['', key];
  return resourcePath(caches[plural]!.spec.resource, namespace, name);
}

/** The cache of a kind, whether it was known beforehand or discovered. */
function cacheOf(
  caches: Caches,
  { apiVersion, kind }: OwnerReference,
): { readonly plural: string; readonly namespaced: boolean } | undefined {
  const gv = parseApiVersion(apiVersion);
  const resource = builtInResources.findByKind({ ...gv, kind });
  if (resource !== undefined) return resources.has(resource.plural) ? resource : undefined;
  const found = Object.entries(caches).find(([, { spec }]) => spec.discovered?.kind === kind && spec.resource.group === gv.group);
  return found === undefined ? undefined : { plural: found[0], namespaced: found[1].spec.discovered!.namespaced };
}

/** The cache and the key of an owner; undefined for kinds that nobody watches, which count as there. */
export function ownerOf(
  caches: Caches,
  dependent: KubeObject,
  reference: OwnerReference,
): { readonly plural: string; readonly key: string } | undefined {
  const cache = cacheOf(caches, reference);
  if (cache === undefined) return undefined;
  return { plural: cache.plural, key: cache.namespaced ? `${dependent.metadata.namespace ?? ''}/${reference.name}` : reference.name };
}

/** Everything that names an owner, whatever its kind. */
export function dependentsOf(caches: Caches, uid: string): readonly Item[] {
  return Object.keys(caches).flatMap((plural) =>
    caches[plural]!.index.size === 0 ? [] : byIndex(caches[plural], 'anyOwner', uid).map((object) => ({ plural, object })),
  );
}

/** Those for which a foreground deletion waits (blockingDependents). */
export function blockingDependents(caches: Caches, { metadata }: KubeObject): readonly Item[] {
  const blocks = (reference: OwnerReference): boolean => reference.uid === metadata.uid && reference.blockOwnerDeletion === true;
  return dependentsOf(caches, metadata.uid ?? '').filter(({ object }) => object.metadata.ownerReferences?.some(blocks) === true);
}

/** Owners that wait for their dependents look again when one of them goes or lets them go. */
function waitingOwners(caches: Caches, object: KubeObject, references: readonly OwnerReference[]): readonly string[] {
  return references.flatMap((reference) => {
    const place = ownerOf(caches, object, reference);
    const owner = place === undefined ? undefined : caches[place.plural]?.store.get(place.key);
    return owner !== undefined && isDeletingDependents(owner) ? [deletionOf({ plural: place!.plural, object: owner })] : [];
  });
}

/** Owners that a dependent names and no cache has. */
function absentOwners(caches: Caches, object: KubeObject, references: readonly OwnerReference[]): readonly string[] {
  return references.flatMap((reference) => {
    const place = ownerOf(caches, object, reference);
    if (place === undefined || caches[place.plural]?.store.get(place.key)?.metadata.uid === reference.uid) return [];
    return [taskKey('absent', place.plural, place.key, reference.uid)];
  });
}

/** What a change of an object asks for (processGraphChanges, processTransitions). */
export function tasksOf(plural: string): (change: Change, caches: Caches) => readonly string[] {
  return ({ type, object, old }, caches) => {
    const references = object.metadata.ownerReferences ?? [];
    const dependents = (): readonly string[] => dependentsOf(caches, object.metadata.uid ?? '').map(deletionOf);
    if (type === 'delete') return [...dependents(), ...waitingOwners(caches, object, references)];
    const before = old?.metadata.ownerReferences ?? [];
    const [added, removed] = [
      references.filter((mine) => !before.some((other) => other.uid === mine.uid)),
      before.filter((other) => !references.some((mine) => mine.uid === other.uid)),
    ];
    const owners = [...waitingOwners(caches, object, removed), ...absentOwners(caches, object, added)];
    const begins = (test: (item: KubeObject) => boolean): boolean => test(object) && (old === undefined || !test(old));
    if (begins(isOrphaning)) return [...owners, taskKey('orphan', plural, keyOf(object))];
    return begins(isDeletingDependents) ? [...owners, ...dependents(), deletionOf({ plural, object })] : owners;
  };
}

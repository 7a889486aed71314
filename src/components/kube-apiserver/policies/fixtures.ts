import { SortedMap } from '#base/sorted-map.ts';
import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { storageKey } from '#api/resources/index.ts';
import { emptyState, type ApiServerState } from '../state.ts';

/** For tests: a server whose watch caches hold these objects. */
export function serverWith(objects: readonly KubeObject[]): ApiServerState {
  let { caches } = emptyState;
  for (const object of objects) {
    const resource = builtInResources.findByKind({ ...parseApiVersion(object.apiVersion), kind: object.kind })!;
    const key = storageKey(resource, object.metadata.namespace ?? '', object.metadata.name);
    const cache = caches.get(resource.storagePrefix) ?? SortedMap.empty<KubeObject>();
    caches = caches.set(resource.storagePrefix, cache.set(key, object));
  }
  return { ...emptyState, caches };
}

import type { SortedMap } from '#base/sorted-map.ts';
import type { KubeObject } from '#api/object.ts';
import type { World } from '#kernel/world.ts';
import { readKeyspace, type KeyspaceView } from '#components/etcd/index.ts';

/** What etcd holds at the cursor: from the first member that runs, else from what is on its disk. */
export function currentKeyspace(world: World, prefix = '/registry/', revision = 0): KeyspaceView {
  for (const process of world.processes()) {
    if (process.definition === 'etcd') return readKeyspace(process.context, prefix, revision);
  }
  return { revision: 0, compacted: 0, keys: [] };
}

/** The stored objects of one resource, by its key prefix: `/registry/pods/`. */
export function storedObjects(world: World, prefix: string): readonly KubeObject[] {
  return currentKeyspace(world, prefix).keys.map((entry) => entry.value as KubeObject);
}

/** A memory of one value derived from a persistent map: derived again only when the map is another one. */
export function derived<V, R>(derive: (map: SortedMap<V>) => R): (map: SortedMap<V>) => R {
  let last: SortedMap<V> | undefined;
  let result: R;
  return (map) => {
    if (map !== last) {
      result = derive(map);
      last = map;
    }
    return result;
  };
}

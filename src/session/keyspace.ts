import type { KubeObject } from '#api/object.ts';
import type { World } from '#kernel/world.ts';
import { readHistory, readKeyspace, type KeyspaceView } from '#components/etcd/index.ts';

/** What etcd holds at the cursor: from the first member that runs, else from what is on its disk. */
export function currentKeyspace(world: World, prefix = '/registry/', revision = 0): KeyspaceView {
  for (const process of world.processes()) {
    if (process.definition === 'etcd') return readKeyspace(process.context, prefix, revision);
  }
  return { revision: 0, newest: 0, compacted: 0, keys: [] };
}

/** The stored objects of one resource, by its key prefix: `/registry/pods/`. */
export function storedObjects(world: World, prefix: string): readonly KubeObject[] {
  return currentKeyspace(world, prefix).keys.map((entry) => entry.value as KubeObject);
}

/** Every revision of one key that etcd still has, oldest first. */
export function keyHistory(world: World, key: string): readonly { readonly revision: number; readonly object: unknown }[] {
  for (const process of world.processes()) {
    if (process.definition === 'etcd') return readHistory(process.context, key).map(({ revision, value }) => ({ revision, object: value }));
  }
  return [];
}

import type { KubeObject } from '#api/object.ts';
import type { World } from '#kernel/world.ts';
import { readHistory, readKeyspace, revisionOf, type KeyspaceView } from '#components/etcd/index.ts';

/** The running member of etcd that has come furthest: the others follow it. */
function newestMember(world: World): unknown {
  let newest: { readonly context: unknown } | undefined;
  for (const process of world.processes()) {
    if (process.definition !== 'etcd') continue;
    if (newest === undefined || revisionOf(process.context) > revisionOf(newest.context)) newest = process;
  }
  return newest?.context;
}

/** What etcd holds at the cursor. */
export function currentKeyspace(world: World, prefix = '/registry/', revision = 0): KeyspaceView {
  const member = newestMember(world);
  return member === undefined ? { revision: 0, newest: 0, compacted: 0, keys: [] } : readKeyspace(member, prefix, revision);
}

/** The stored objects of one resource, by its key prefix: `/registry/pods/`. */
export function storedObjects(world: World, prefix: string): readonly KubeObject[] {
  return currentKeyspace(world, prefix).keys.map((entry) => entry.value as KubeObject);
}

/** Every revision of one key that etcd still has, oldest first. */
export function keyHistory(world: World, key: string): readonly { readonly revision: number; readonly object: unknown }[] {
  const member = newestMember(world);
  return member === undefined ? [] : readHistory(member, key).map(({ revision, value }) => ({ revision, object: value }));
}

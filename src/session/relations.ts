import type { KubeObject } from '#api/object.ts';
import type { World } from '#kernel/world.ts';
import { storedObjects } from './keyspace.ts';
import type { InspectTarget, RelatedObject } from './port.ts';
import { findByPlural, resourcesAt } from './resources.ts';

/** An object as one that another belongs to. @param namespace that of the other one: owners are in it, or in none */
export function related(world: World, kind: string, name: string, namespace: string): RelatedObject {
  const resource = resourcesAt(world).all.find((item) => item.kind === kind);
  if (resource === undefined) return { kind, name, target: undefined };
  return { kind, name, target: { type: 'object', resource: resource.plural, namespace: resource.namespaced ? namespace : '', name } };
}

/** etcd's key of an object; undefined for resources that there are not. */
export function keyOf(
  world: World,
  { resource, namespace, name }: Extract<InspectTarget, { readonly type: 'object' }>,
): string | undefined {
  const definition = findByPlural(world, resource);
  return definition === undefined ? undefined : `${definition.storagePrefix}/${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** Objects change by being replaced, so that one look at an object's owners is enough for as long as it is the same. */
const ownersOf = new WeakMap<KubeObject, readonly string[]>();

function ownerUids(object: KubeObject): readonly string[] {
  let uids = ownersOf.get(object);
  if (uids === undefined) {
    uids = (object.metadata?.ownerReferences ?? []).map((reference) => reference.uid);
    ownersOf.set(object, uids);
  }
  return uids;
}

/** The stored objects whose ownerReferences name a uid. */
export function dependentsOf(world: World, uid: string): readonly RelatedObject[] {
  return storedObjects(world, '/registry/')
    .filter((object) => typeof object === 'object' && object !== null && ownerUids(object).includes(uid))
    .map((object) => related(world, object.kind ?? '', object.metadata.name, object.metadata.namespace ?? ''));
}

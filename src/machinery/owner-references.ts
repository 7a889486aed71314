import type { KubeObject, Meta } from '#api/object.ts';
import type { OwnerReference } from '#api/types.generated.ts';

/** The reference of the controller that owns an object (metav1.GetControllerOf). */
export function controllerOf(object: { readonly metadata?: Pick<Meta, 'ownerReferences'> | undefined }): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** metav1.NewControllerRef. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

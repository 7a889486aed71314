import { parseQuantity } from '#api/quantity.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import { byIndex } from '#machinery/informer.ts';
import { lookUp, type Caches } from '../../controller.ts';
import { podOf } from '../pods.ts';

/** Small questions about volumes and claims (component-helpers/storage/volume, pkg/controller/volume/persistentvolume/util.go). */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const dynamicallyProvisioned = 'pv.kubernetes.io/provisioned-by';
export const selectedNode = 'volume.kubernetes.io/selected-node';
export const provisionerAnnotations = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
] as const;
const betaClass = 'volume.beta.kubernetes.io/storage-class';

export const claimOf = (object: KubeObject): PersistentVolumeClaim => object as unknown as PersistentVolumeClaim;
export const volumeOf = (object: KubeObject): PersistentVolume => object as unknown as PersistentVolume;
export const annotationOf = (object: KubeObject, name: string): string | undefined => object.metadata.annotations?.[name];
export const classOf = (object: KubeObject): string =>
  annotationOf(object, betaClass) ?? (object['spec'] as { readonly storageClassName?: string }).storageClassName ?? '';

export function storageClassOf(caches: Caches, claim: KubeObject): StorageClass | undefined {
  return lookUp(caches, 'storageclasses', classOf(claim)) as StorageClass | undefined;
}

/** Whether binding waits until a pod that uses the claim has been given a node (IsDelayBindingMode). */
export const waitsForConsumer = (caches: Caches, claim: KubeObject): boolean =>
  storageClassOf(caches, claim)?.volumeBindingMode === 'WaitForFirstConsumer';

export function annotated(object: KubeObject, values: Readonly<Record<string, string>>): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...values } } };
}

export function withoutAnnotation(object: KubeObject, name: string): KubeObject {
  const { [name]: _gone, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The reference to a claim as ref.GetReference makes it. */
export function referenceTo(claim: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  return { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
}

/** Whether a volume is bound to this claim or kept for it (IsVolumeBoundToClaim). */
export function isKeptFor(volume: KubeObject, claim: KubeObject): boolean {
  const reference = volumeOf(volume).spec?.claimRef;
  if (reference === undefined) return false;
  const same = reference.name === claim.metadata.name && reference.namespace === claim.metadata.namespace;
  return same && (reference.uid === undefined || reference.uid === '' || reference.uid === claim.metadata.uid);
}

const sizeOf = (volume: KubeObject): number => parseQuantity(volumeOf(volume).spec?.capacity?.['storage'] ?? '0');

/** What a claim asks of a volume, whoever the volume is kept for (CheckVolumeModeMismatches, CheckAccessModes, size, class). */
function satisfies(volume: KubeObject, claim: KubeObject): boolean {
  const wanted = claimOf(claim).spec ?? {};
  const offered = volumeOf(volume).spec ?? {};
  const modes = (wanted.accessModes ?? []).every((mode) => offered.accessModes?.includes(mode));
  const mode = (wanted.volumeMode ?? 'Filesystem') === (offered.volumeMode ?? 'Filesystem');
  return mode && modes && sizeOf(volume) >= parseQuantity(wanted.resources?.requests?.['storage'] ?? '0');
}

/** The smallest free volume that is large enough; one that is kept for the claim first (FindMatchingVolume). */
export function bestMatch(volumes: Iterable<KubeObject>, claim: KubeObject, onlyKept: boolean): KubeObject | undefined {
  const selector = claimOf(claim).spec?.selector;
  let best: KubeObject | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || !satisfies(volume, claim)) continue;
    if (isKeptFor(volume, claim)) return volume;
    if (onlyKept || volumeOf(volume).spec?.claimRef !== undefined || volumeOf(volume).status?.phase !== 'Available') continue;
    if (classOf(volume) !== classOf(claim)) continue;
    if (selector !== undefined && !matchesLabels(labelSelectorFromObject(selector), volume.metadata.labels)) continue;
    if (best === undefined || sizeOf(volume) < sizeOf(best)) best = volume;
  }
  return best;
}

/** The claims that a pod's volumes name; those of ephemeral volumes too. */
export function claimsOf(pod: KubeObject): readonly string[] {
  return (podOf(pod).spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [`${pod.metadata.namespace ?? ''}/${volume.persistentVolumeClaim.claimName}`];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.namespace ?? ''}/${pod.metadata.name}-${volume.name}`];
  });
}

/** The pods of the cache that use a claim. */
export function usersOf(caches: Caches, claim: KubeObject): readonly KubeObject[] {
  const key = objectKey(claim);
  return byIndex(caches['pods'], 'namespace', claim.metadata.namespace ?? '').filter((pod) => claimsOf(pod).includes(key));
}

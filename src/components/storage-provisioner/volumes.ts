import type { KubeObject } from '#api/object.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api/types.generated.ts';

const provisionerAnnotations = ['volume.kubernetes.io/storage-provisioner', 'volume.beta.kubernetes.io/storage-provisioner'] as const;
const provisionedBy = 'pv.kubernetes.io/provisioned-by';
const root = '/tmp/hostpath-provisioner';

/** Whether a claim waits for this provisioner (sig-storage-lib-external-provisioner, shouldProvision). */
export function awaits(object: KubeObject, provisioner: string): boolean {
  const { spec, status } = object as unknown as PersistentVolumeClaim;
  const asked = provisionerAnnotations.some((key) => object.metadata.annotations?.[key] === provisioner);
  return asked && (spec?.volumeName ?? '') === '' && status?.phase !== 'Bound' && object.metadata.deletionTimestamp === undefined;
}

/** Whether a volume of this provisioner has had its time (shouldDelete). */
export function isLeftOver(object: KubeObject, provisioner: string): boolean {
  const { spec, status } = object as unknown as PersistentVolume;
  const own = object.metadata.annotations?.[provisionedBy] === provisioner;
  return (
    own &&
    status?.phase === 'Released' &&
    spec?.persistentVolumeReclaimPolicy === 'Delete' &&
    object.metadata.deletionTimestamp === undefined
  );
}

export const volumeName = (claim: KubeObject): string => `pvc-${claim.metadata.uid ?? ''}`;

/** The volume for a claim: a directory of the node. */
export function volumeFor(claim: KubeObject, storageClass: KubeObject, provisioner: string): object {
  const { spec } = claim as unknown as PersistentVolumeClaim;
  const { reclaimPolicy = 'Delete' } = storageClass as unknown as StorageClass;
  const { name, namespace = '', uid, resourceVersion } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName(claim), annotations: { hostPathProvisionerIdentity: provisioner, [provisionedBy]: provisioner } },
    spec: {
      capacity: { storage: spec?.resources?.requests?.['storage'] ?? '0' },
      accessModes: spec?.accessModes,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, resourceVersion, uid },
      hostPath: { path: `${root}/${namespace}/${name}`, type: '' },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
    },
  };
}

import { parseQuantity } from '#api/quantity.ts';
import { labelsOf, matchesNodeSelector } from '#api/node-fit.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import type { CSINode, PersistentVolume, PersistentVolumeClaim, StorageClass, Volume } from '#api/types.generated.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import { refuse, type ClusterEvent, type NodeFilter, type Plugin, type Refusal, type Snapshot } from '../framework.ts';
import { specOf, type NodeInfo } from '../node-info.ts';

const claimSpec = (claim: KubeObject): NonNullable<PersistentVolumeClaim['spec']> => (claim as unknown as PersistentVolumeClaim).spec!;
const volumeSpec = (volume: KubeObject): NonNullable<PersistentVolume['spec']> => (volume as unknown as PersistentVolume).spec!;
const bindCompleted = 'pv.kubernetes.io/bind-completed';

const claimName = (pod: KubeObject, volume: Volume): string | undefined =>
  volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`);

/** Keys of the claims that a pod uses. */
function claimKeys(pod: KubeObject): readonly string[] {
  return (specOf(pod).volumes ?? []).flatMap((volume) => {
    const name = claimName(pod, volume);
    return name === undefined ? [] : [`${pod.metadata.namespace ?? ''}/${name}`];
  });
}

export const isBound = (claim: KubeObject): boolean =>
  (claimSpec(claim).volumeName ?? '') !== '' && claim.metadata.annotations?.[bindCompleted] !== undefined;

function classOf(claim: KubeObject, { caches }: Snapshot): StorageClass | undefined {
  return caches['storageclasses']?.store.get(claimSpec(claim).storageClassName ?? '') as StorageClass | undefined;
}

interface PodClaims {
  readonly bound: readonly KubeObject[];
  /** To be bound when the node is known. */
  readonly delayed: readonly KubeObject[];
}

/** volumebinding: what the claims of a pod are, or why no node will do (podHasPVCs, GetPodVolumeClaims). */
function podClaims(pod: KubeObject, snapshot: Snapshot): PodClaims | Refusal {
  const bound: KubeObject[] = [];
  const delayed: KubeObject[] = [];
  let immediate = false;
  for (const key of claimKeys(pod)) {
    const claim = snapshot.caches['persistentvolumeclaims']?.store.get(key);
    const name = key.slice(key.indexOf('/') + 1);
    const ephemeral = (specOf(pod).volumes ?? []).some((volume) => volume.ephemeral !== undefined && claimName(pod, volume) === name);
    if (claim === undefined)
      return refuse(
        ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`,
        true,
      );
    if ((claim as unknown as PersistentVolumeClaim).status?.phase === 'Lost')
      return refuse(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claimSpec(claim).volumeName ?? ''}"`, true);
    if (claim.metadata.deletionTimestamp !== undefined) return refuse(`persistentvolumeclaim "${name}" is being deleted`, true);
    if (isBound(claim)) bound.push(claim);
    else if (classOf(claim, snapshot)?.volumeBindingMode === 'WaitForFirstConsumer' && (claimSpec(claim).volumeName ?? '') === '')
      delayed.push(claim);
    else immediate = true;
  }
  return immediate ? refuse('pod has unbound immediate PersistentVolumeClaims', true) : { bound, delayed };
}

const reasons = {
  affinity: refuse("node(s) didn't match PersistentVolume's node affinity", true),
  none: refuse("node(s) didn't find available persistent volumes to bind", true),
  gone: refuse('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)', true),
  zone: refuse('node(s) had no available volume zone', true),
  limit: refuse('node(s) exceed max volume count'),
  once: refuse('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'),
};

function reaches(volume: KubeObject, info: NodeInfo): boolean {
  const required = volumeSpec(volume).nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, info.node!);
}

/** Whether a free volume is what a claim asks for (component-helpers/storage/volume FindMatchingVolume). */
function suits(volume: KubeObject, claim: KubeObject, reserved: ReadonlyMap<string, string>): boolean {
  const wanted = claimSpec(claim);
  const offered = volumeSpec(volume);
  if (offered.claimRef !== undefined || (volume as unknown as PersistentVolume).status?.phase !== 'Available') return false;
  const holder = reserved.get(volume.metadata.name);
  if (holder !== undefined && holder !== objectKey(claim)) return false;
  const size = parseQuantity(offered.capacity?.['storage'] ?? '0') >= parseQuantity(wanted.resources?.requests?.['storage'] ?? '0');
  const modes = (wanted.accessModes ?? []).every((mode) => offered.accessModes?.includes(mode));
  const selected = wanted.selector === undefined || matchesLabels(labelSelectorFromObject(wanted.selector), volume.metadata.labels);
  return (
    size &&
    modes &&
    selected &&
    (offered.storageClassName ?? '') === (wanted.storageClassName ?? '') &&
    (offered.volumeMode ?? 'Filesystem') === (wanted.volumeMode ?? 'Filesystem')
  );
}

/** What has to be bound for a pod on a node: a volume for each claim, or a claim that a provisioner is to serve there. */
export interface VolumePlan {
  readonly claim: KubeObject;
  readonly volume: KubeObject | undefined;
}

/** binder.go, FindPodVolumes for the claims that wait for a node. */
export function planVolumes(pod: KubeObject, info: NodeInfo, snapshot: Snapshot): readonly VolumePlan[] | undefined {
  const claims = podClaims(pod, snapshot);
  if (!('delayed' in claims)) return undefined;
  const taken = new Set<string>();
  const plans: VolumePlan[] = [];
  for (const claim of claims.delayed) {
    const storageClass = classOf(claim, snapshot);
    const free = [...(snapshot.caches['persistentvolumes']?.store.values() ?? [])].filter(
      (item) => !taken.has(item.metadata.name) && suits(item, claim, snapshot.reserved) && reaches(item, info),
    );
    const size = (item: KubeObject): number => parseQuantity(volumeSpec(item).capacity?.['storage'] ?? '0');
    const [volume] = free.sort((a, b) => size(a) - size(b));
    if (volume === undefined && (storageClass === undefined || storageClass.provisioner === 'kubernetes.io/no-provisioner'))
      return undefined;
    if (volume !== undefined) taken.add(volume.metadata.name);
    plans.push({ claim, volume });
  }
  return plans;
}

const storageHint = (pod: KubeObject, event: ClusterEvent): boolean => {
  if (event.resource === 'node') return event.action !== 'delete';
  if (event.resource !== 'storage' || event.action === 'delete') return false;
  return event.object.kind !== 'PersistentVolumeClaim' || claimKeys(pod).includes(objectKey(event.object));
};

function bindingFilter(pod: KubeObject, snapshot: Snapshot): NodeFilter | { readonly all: Refusal } | undefined {
  if (claimKeys(pod).length === 0) return undefined;
  const claims = podClaims(pod, snapshot);
  if (!('delayed' in claims)) return { all: claims };
  return (info) => {
    for (const claim of claims.bound) {
      const volume = snapshot.caches['persistentvolumes']?.store.get(claimSpec(claim).volumeName!);
      if (volume === undefined) return reasons.gone;
      if (!reaches(volume, info)) return reasons.affinity;
    }
    return claims.delayed.length > 0 && planVolumes(pod, info, snapshot) === undefined ? reasons.none : undefined;
  };
}

export const volumeBinding: Plugin = { name: 'VolumeBinding', weight: 0, filter: bindingFilter, hint: storageHint };

const zoneKeys = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

/** The volumes that a pod's claims are bound to. */
function boundVolumes(pod: KubeObject, { caches }: Snapshot): readonly KubeObject[] {
  return claimKeys(pod).flatMap((key) => {
    const claim = caches['persistentvolumeclaims']?.store.get(key);
    const volume = claim === undefined ? undefined : caches['persistentvolumes']?.store.get(claimSpec(claim).volumeName ?? '');
    return volume === undefined ? [] : [volume];
  });
}

export const volumeZone: Plugin = {
  name: 'VolumeZone',
  weight: 0,
  filter: (pod, snapshot) => {
    const wanted = boundVolumes(pod, snapshot).flatMap((volume) =>
      zoneKeys.flatMap((key) => (labelsOf(volume)[key] === undefined ? [] : [{ key, values: labelsOf(volume)[key]!.split('__') }])),
    );
    return wanted.length === 0
      ? undefined
      : (info) => (wanted.every(({ key, values }) => values.includes(labelsOf(info.node)[key] ?? '')) ? undefined : reasons.zone);
  },
  hint: storageHint,
};

export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  weight: 0,
  filter: (pod, { nodes, caches }) => {
    const once = claimKeys(pod).filter((key) => {
      const claim = caches['persistentvolumeclaims']?.store.get(key);
      return claim !== undefined && claimSpec(claim).accessModes?.includes('ReadWriteOncePod') === true;
    });
    if (once.length === 0) return undefined;
    const used = new Set(
      nodes
        .filter((info) => [...info.pods.values()].some((other) => claimKeys(other).some((key) => once.includes(key))))
        .map((info) => info.name),
    );
    return used.size === 0 ? undefined : () => reasons.once;
  },
  hint: (pod, event) =>
    event.resource === 'assigned-pod' && event.action === 'delete' && claimKeys(event.object).some((key) => claimKeys(pod).includes(key)),
};

const driversOf = (pod: KubeObject, snapshot: Snapshot): readonly (readonly [driver: string, volume: string])[] =>
  boundVolumes(pod, snapshot).flatMap((volume) => {
    const driver = volumeSpec(volume).csi?.driver;
    return driver === undefined ? [] : [[driver, volume.metadata.name] as const];
  });

export const nodeVolumeLimits: Plugin = {
  name: 'NodeVolumeLimits',
  weight: 0,
  filter: (pod, snapshot) => {
    const wanted = driversOf(pod, snapshot);
    if (wanted.length === 0) return undefined;
    return (info) => {
      const csi = snapshot.caches['csinodes']?.store.get(info.name) as unknown as CSINode | undefined;
      const there = new Map(
        [...info.pods.values()].flatMap((other) => driversOf(other, snapshot)).map(([driver, volume]) => [volume, driver]),
      );
      for (const [driver, volume] of wanted) there.set(volume, driver);
      const full = csi?.spec?.drivers?.some(
        ({ name, allocatable }) =>
          allocatable?.count !== undefined && [...there.values()].filter((driver) => driver === name).length > allocatable.count,
      );
      return full === true ? reasons.limit : undefined;
    };
  },
  hint: (_pod, event) => event.resource === 'assigned-pod' && event.action === 'delete',
};

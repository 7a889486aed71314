import { parseQuantity } from '#api/quantity.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Change } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, type Caches, type ControllerDefinition, type Sync, type SyncContext } from '../../controller.ts';
import { syncClaim } from './claim.ts';
import { bindCompleted, boundByController, claimOf, claimsOf, classOf, isKeptFor, volumeOf } from './objects.ts';
import { syncVolume } from './volume.ts';

export { claimProtection, volumeProtection } from './protection.ts';

const claimPrefix = 'claim ';
const volumePrefix = 'volume ';
const pending = (caches: Caches): readonly KubeObject[] =>
  [...(caches['persistentvolumeclaims']?.store.values() ?? [])].filter(
    (claim) => claim.metadata.annotations?.[bindCompleted] === undefined,
  );

/** A claim concerns itself and, when it has gone, its volume. */
function claimKeys({ type, object }: Change): readonly string[] {
  const volume = claimOf(object).spec?.volumeName ?? '';
  if (type === 'delete') return volume === '' ? [] : [`${volumePrefix}${volume}`];
  return [`${claimPrefix}${objectKey(object)}`];
}

/** A volume concerns itself and, when it has gone or is kept for a claim, that claim. */
function volumeKeys({ type, object }: Change, caches: Caches): readonly string[] {
  const reference = volumeOf(object).spec?.claimRef;
  const owner = reference === undefined ? [] : [`${claimPrefix}${reference.namespace ?? ''}/${reference.name ?? ''}`];
  if (type === 'delete') return owner;
  const waits = reference !== undefined && pending(caches).some((claim) => isKeptFor(object, claim));
  return [
    `${volumePrefix}${object.metadata.name}`,
    ...(waits && (object.metadata.annotations?.[boundByController] !== undefined || reference.uid !== undefined) ? owner : []),
  ];
}

/** pkg/controller/volume/persistentvolume: binds claims to volumes and takes care of what is left of volumes. */
export const volumeBinder: ControllerDefinition = {
  name: 'persistent-volume-binder',
  workers: 2,
  eventSource: 'persistentvolume-controller',
  handlers: {
    persistentvolumeclaims: claimKeys,
    persistentvolumes: volumeKeys,
    storageclasses: ({ type, object }, caches) =>
      type === 'add'
        ? pending(caches)
            .filter((claim) => classOf(claim) === object.metadata.name)
            .map((claim) => `${claimPrefix}${objectKey(claim)}`)
        : [],
  },
  sync: (key, context) =>
    key.startsWith(claimPrefix) ? syncClaim(key.slice(claimPrefix.length), context) : syncVolume(key.slice(volumePrefix.length), context),
};

const requested = (claim: KubeObject): number => parseQuantity(claimOf(claim).spec?.resources?.requests?.['storage'] ?? '0');
const provided = (claim: KubeObject): number => parseQuantity(claimOf(claim).status?.capacity?.['storage'] ?? '0');

/** expand_controller.go, syncHandler: the volume is asked for anew; growing one is the work of a storage driver outside. */
function* expand(key: string, context: SyncContext): Sync {
  const claim = lookUp(context.caches, 'persistentvolumeclaims', key);
  const volume = claim === undefined ? '' : (claimOf(claim).spec?.volumeName ?? '');
  if (claim === undefined || volume === '') return done;
  const answer = yield* call({ method: 'GET', path: resourcePath(resources.persistentvolumes, '', volume) });
  if (!ok(answer)) return answer.status === 404 ? done : retry;
  if (requested(claim) <= provided(claim)) return done;
  yield [
    context.event(
      claim,
      'Warning',
      'ExternalExpanding',
      "didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC",
    ),
  ];
  return done;
}

/** pkg/controller/volume/expand. */
export const volumeExpander: ControllerDefinition = {
  name: 'expand-controller',
  workers: 10,
  eventSource: 'volume_expand',
  handlers: {
    persistentvolumeclaims: ({ type, object, old }) =>
      type === 'update' && old !== undefined && (requested(object) > requested(old) || provided(object) > provided(old))
        ? [objectKey(object)]
        : [],
  },
  sync: expand,
};

/** pkg/controller/volume/ephemeral: a claim for each ephemeral volume of a pod, owned by the pod. */
function* claimForPod(key: string, context: SyncContext): Sync {
  const pod = lookUp(context.caches, 'pods', key);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return done;
  const { namespace, name, uid } = pod.metadata;
  for (const volume of (pod['spec'] as { readonly volumes?: readonly EphemeralVolume[] }).volumes ?? []) {
    const claim = `${name}-${volume.name}`;
    if (volume.ephemeral === undefined || lookUp(context.caches, 'persistentvolumeclaims', `${namespace ?? ''}/${claim}`) !== undefined)
      continue;
    const { metadata, spec } = volume.ephemeral.volumeClaimTemplate ?? {};
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid, controller: true, blockOwnerDeletion: true };
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, name: claim, ownerReferences: [owner] },
      spec,
    };
    const answer = yield* call({ method: 'POST', path: resourcePath(resources.persistentvolumeclaims, namespace), body });
    if (!ok(answer) && answer.status !== 409) return retry;
  }
  return done;
}

interface EphemeralVolume {
  readonly name: string;
  readonly ephemeral?: { readonly volumeClaimTemplate?: { readonly metadata?: object; readonly spec?: object } };
}

export const ephemeralVolumes: ControllerDefinition = {
  name: 'ephemeral-volume-controller',
  workers: 10,
  eventSource: 'ephemeral_volume',
  handlers: { pods: ({ type, object }) => (type !== 'delete' && claimsOf(object).length > 0 ? [objectKey(object)] : []) },
  sync: claimForPod,
};

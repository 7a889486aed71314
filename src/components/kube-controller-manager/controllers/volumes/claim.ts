import type { KubeObject } from '#api/object.ts';
import { done, lookUp, retry, type Sync, type SyncContext, type SyncResult } from '../../controller.ts';
import { podOf } from '../pods.ts';
import { setStatus, update, type Calls } from './calls.ts';
import {
  annotated,
  annotationOf,
  bestMatch,
  bindCompleted,
  boundByController,
  claimOf,
  classOf,
  isKeptFor,
  provisionerAnnotations,
  referenceTo,
  selectedNode,
  storageClassOf,
  usersOf,
  volumeOf,
  waitsForConsumer,
} from './objects.ts';

/** Everything that is not settled is looked at again at the next resync (--pvclaimbinder-sync-period). */
const resyncMs = 15_000;
const atNextResync = (context: SyncContext): SyncResult => ({ againMs: resyncMs - (context.now % resyncMs) });

/** Binds both ways, in four writes that can each be repeated (pv_controller.go, bind). */
function* bind(volume: KubeObject, claim: KubeObject): Calls<boolean> {
  const reference = volumeOf(volume).spec?.claimRef;
  const complete = reference?.uid === claim.metadata.uid;
  const chosen = reference === undefined ? annotated(volume, { [boundByController]: 'yes' }) : volume;
  const kept = complete
    ? volume
    : { ...chosen, spec: { ...(volume['spec'] as object), claimRef: { ...reference, ...referenceTo(claim) } } };
  const owned = yield* update(volume, kept);
  const boundVolume = owned === undefined ? undefined : yield* setStatus(owned, { phase: 'Bound' });
  if (boundVolume === undefined) return false;
  const named = (claimOf(claim).spec?.volumeName ?? '') !== '';
  const marked = annotated(claim, named ? { [bindCompleted]: 'yes' } : { [bindCompleted]: 'yes', [boundByController]: 'yes' });
  const bound = yield* update(claim, { ...marked, spec: { ...(claim['spec'] as object), volumeName: volume.metadata.name } });
  const { accessModes, capacity } = volumeOf(boundVolume).spec ?? {};
  return bound !== undefined && (yield* setStatus(bound, { phase: 'Bound', accessModes, capacity })) !== undefined;
}

const settled = (success: boolean): SyncResult => (success ? done : retry);

/** Asks for a volume of the class (provisionClaim): an outside provisioner does it, or nobody. */
function* provision(claim: KubeObject, context: SyncContext): Calls<void> {
  const { caches } = context;
  const storageClass = storageClassOf(caches, claim);
  if (storageClass === undefined) {
    yield [context.event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${classOf(claim)}" not found`)];
    return;
  }
  const { provisioner } = storageClass;
  if (provisioner.startsWith('kubernetes.io/')) {
    yield [context.event(claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`)];
    return;
  }
  const asked = yield* update(claim, annotated(claim, Object.fromEntries(provisionerAnnotations.map((name) => [name, provisioner]))));
  if (asked === undefined) return;
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  yield [context.event(asked, 'Normal', 'ExternalProvisioning', message)];
}

/** Nothing fits: says why, or asks for one to be made. */
function* withoutVolume(claim: KubeObject, context: SyncContext): Calls<void> {
  const { caches } = context;
  if (waitsForConsumer(caches, claim) && annotationOf(claim, selectedNode) === undefined) {
    const waiting = usersOf(caches, claim)
      .filter((pod) => (podOf(pod).spec?.nodeName ?? '') === '')
      .map((pod) => pod.metadata.name);
    const names = waiting.join(',');
    yield waiting.length > 0
      ? [context.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for pod ${names} to be scheduled`)]
      : [context.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')];
  } else if (classOf(claim) !== '') yield* provision(claim, context);
  else
    yield [context.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set')];
}

/** pv_controller.go, syncUnboundClaim. */
function* unbound(claim: KubeObject, context: SyncContext): Sync {
  const { caches } = context;
  const name = claimOf(claim).spec?.volumeName ?? '';
  if (name === '') {
    const volume = bestMatch(caches['persistentvolumes']?.store.values() ?? [], claim, waitsForConsumer(caches, claim));
    if (volume !== undefined) return settled(yield* bind(volume, claim));
    yield* withoutVolume(claim, context);
    return atNextResync(context);
  }
  const volume = lookUp(caches, 'persistentvolumes', name);
  if (volume !== undefined && (volumeOf(volume).spec?.claimRef === undefined || isKeptFor(volume, claim)))
    return settled(yield* bind(volume, claim));
  if (volume !== undefined)
    yield [context.event(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)];
  return atNextResync(context);
}

function* lose(claim: KubeObject, context: SyncContext, reason: string, message: string): Sync {
  if (claimOf(claim).status?.phase === 'Lost') return done;
  const lost = yield* setStatus(claim, { phase: 'Lost' });
  if (lost === undefined) return retry;
  yield [context.event(lost, 'Warning', reason, message)];
  return done;
}

/** pv_controller.go, syncBoundClaim. */
function* bound(claim: KubeObject, context: SyncContext): Sync {
  const name = claimOf(claim).spec?.volumeName ?? '';
  if (name === '')
    return yield* lose(claim, context, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = lookUp(context.caches, 'persistentvolumes', name);
  if (volume === undefined)
    return yield* lose(claim, context, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const uid = volumeOf(volume).spec?.claimRef?.uid;
  if (uid === undefined || uid === claim.metadata.uid) return settled(yield* bind(volume, claim));
  return yield* lose(claim, context, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

export function* syncClaim(key: string, context: SyncContext): Sync {
  const claim = lookUp(context.caches, 'persistentvolumeclaims', key);
  if (claim === undefined) return done;
  return annotationOf(claim, bindCompleted) === undefined ? yield* unbound(claim, context) : yield* bound(claim, context);
}

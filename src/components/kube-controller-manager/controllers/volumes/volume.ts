import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type Sync, type SyncContext, type SyncResult } from '../../controller.ts';
import { pathTo, setStatus, update, type Calls } from './calls.ts';
import { annotationOf, boundByController, claimOf, dynamicallyProvisioned, volumeOf, withoutAnnotation } from './objects.ts';

const ended = (object: KubeObject | undefined): SyncResult => (object === undefined ? retry : done);

/** The claim of a reference: from the cache, else asked for, so that a slow cache does not cost anybody their data. */
function* claimFor(volume: KubeObject, context: SyncContext): Calls<KubeObject | undefined> {
  const { namespace = '', name = '', uid } = volumeOf(volume).spec!.claimRef!;
  const cached = lookUp(context.caches, 'persistentvolumeclaims', `${namespace}/${name}`);
  if (cached?.metadata.uid === uid) return cached;
  const answer = yield* call({ method: 'GET', path: resourcePath(resources.persistentvolumeclaims, namespace, name) });
  const live = ok(answer) ? (answer.body as unknown as KubeObject) : undefined;
  return live?.metadata.uid === uid ? live : undefined;
}

/** The volume's data is of no use to anybody: keep or delete it (reclaimVolume). */
function* reclaim(volume: KubeObject, context: SyncContext): Sync {
  const { persistentVolumeReclaimPolicy, hostPath, csi } = volumeOf(volume).spec ?? {};
  if (persistentVolumeReclaimPolicy !== 'Delete' || csi !== undefined || annotationOf(volume, dynamicallyProvisioned) !== undefined)
    return done;
  if (hostPath?.path.startsWith('/tmp/')) {
    const answer = yield* call({ method: 'DELETE', path: pathTo(volume), body: { kind: 'DeleteOptions', apiVersion: 'v1' } });
    return ok(answer) || answer.status === 404 ? done : retry;
  }
  const name = volume.metadata.name;
  const message =
    hostPath === undefined
      ? `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`;
  if (volumeOf(volume).status?.phase === 'Failed') return done;
  const failed = yield* setStatus(volume, { phase: 'Failed', message });
  if (failed === undefined) return retry;
  yield [context.event(failed, 'Warning', 'VolumeFailedDelete', message)];
  return done;
}

/** The claim is bound to something else: the volume is free again, or kept for its name as its owner asked (unbindVolume). */
function* unbind(volume: KubeObject): Sync {
  const spec = volumeOf(volume).spec!;
  const ours = annotationOf(volume, boundByController) !== undefined;
  const { claimRef, ...rest } = spec;
  const { uid: _uid, resourceVersion: _version, ...kept } = claimRef!;
  const freed: KubeObject = ours
    ? { ...withoutAnnotation(volume, boundByController), spec: rest }
    : { ...volume, spec: { ...rest, claimRef: kept } };
  const written = yield* update(volume, freed);
  return ended(written === undefined ? undefined : yield* setStatus(written, { phase: 'Available' }));
}

/** pv_controller.go, syncVolume. */
export function* syncVolume(key: string, context: SyncContext): Sync {
  const volume = lookUp(context.caches, 'persistentvolumes', key);
  if (volume === undefined) return done;
  const { claimRef } = volumeOf(volume).spec ?? {};
  if (claimRef?.uid === undefined || claimRef.uid === '') return ended(yield* setStatus(volume, { phase: 'Available' }));
  const claim = yield* claimFor(volume, context);
  if (claim === undefined) {
    const phase = volumeOf(volume).status?.phase ?? '';
    const released = phase === 'Released' || phase === 'Failed' ? volume : yield* setStatus(volume, { phase: 'Released' });
    return released === undefined ? retry : yield* reclaim(released, context);
  }
  const name = claimOf(claim).spec?.volumeName ?? '';
  // The claim has not been told yet: its own sync goes on from here.
  if (name === '') return done;
  return name === key ? ended(yield* setStatus(volume, { phase: 'Bound' })) : yield* unbind(volume);
}

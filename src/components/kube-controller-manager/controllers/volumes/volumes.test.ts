import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, Sync, SyncCall, SyncContext } from '../../controller.ts';
import { claimProtection, volumeBinder } from './index.ts';

const volume = (name: string, size: string, more: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, uid: name },
    spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...more },
    status: { phase: 'Available' },
  }) as unknown as KubeObject;
const claim = (name: string, size: string, more: object = {}, metadata: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', uid: name, ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...more },
    status: { phase: 'Pending' },
  }) as unknown as KubeObject;

function contextOf(objects: Readonly<Record<string, readonly KubeObject[]>>): SyncContext {
  const caches: Record<string, Caches[string]> = {};
  for (const plural of ['persistentvolumes', 'persistentvolumeclaims', 'storageclasses', 'pods']) {
    let store = SortedMap.empty<KubeObject>();
    for (const object of objects[plural] ?? []) store = store.set(objectKey(object), object);
    caches[plural] = { ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural } }), store };
  }
  const event = (_subject: KubeObject, type: string, reason: string, message: string): SyncCall => ({
    method: 'POST',
    path: `event ${type} ${reason}: ${message}`,
    background: true,
  });
  return { now: 4_000, caches, failures: 0, satisfied: true, event };
}

/** Runs a sync against a server that takes every write as it is, and finds nothing. */
function calls(sync: Sync): readonly string[] {
  const seen: string[] = [];
  let step = sync.next();
  while (!step.done) {
    const answers = step.value.map((call): HttpResponse => {
      seen.push(call.background === true ? call.path : `${call.method} ${call.path}`);
      return { type: 'http.response', id: '', status: call.method === 'GET' ? 404 : 200, contentType: '', body: call.body as never };
    });
    step = sync.next(answers);
  }
  return seen;
}

describe('binding', () => {
  it('takes the smallest volume that is large enough, in four writes', () => {
    const context = contextOf({
      persistentvolumes: [volume('big', '10Gi'), volume('fits', '2Gi'), volume('small', '500Mi')],
      persistentvolumeclaims: [claim('data', '1Gi')],
    });
    expect(calls(volumeBinder.sync('claim default/data', context))).toEqual([
      'PUT /api/v1/persistentvolumes/fits',
      'PUT /api/v1/persistentvolumes/fits/status',
      'PUT /api/v1/namespaces/default/persistentvolumeclaims/data',
      'PUT /api/v1/namespaces/default/persistentvolumeclaims/data/status',
    ]);
  });

  it('leaves alone what is kept for another claim or of another class', () => {
    const kept = volume('kept', '2Gi', { claimRef: { namespace: 'default', name: 'other' } });
    const context = contextOf({
      persistentvolumes: [kept, volume('fast', '2Gi', { storageClassName: 'fast' })],
      persistentvolumeclaims: [claim('data', '1Gi')],
    });
    expect(calls(volumeBinder.sync('claim default/data', context))).toEqual([
      'event Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ]);
  });

  it('waits for a consumer, or asks the provisioner of the class', () => {
    const local = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'x.io/y',
      volumeBindingMode: 'WaitForFirstConsumer',
    } as unknown as KubeObject;
    const wanted = claim('data', '1Gi', { storageClassName: 'local' });
    const waiting = contextOf({
      storageclasses: [local],
      persistentvolumeclaims: [wanted],
      persistentvolumes: [volume('v', '2Gi', { storageClassName: 'local' })],
    });
    expect(calls(volumeBinder.sync('claim default/data', waiting))).toEqual([
      'event Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ]);
    const chosen = claim('data', '1Gi', { storageClassName: 'local' }, { annotations: { 'volume.kubernetes.io/selected-node': 'n' } });
    expect(
      calls(volumeBinder.sync('claim default/data', contextOf({ storageclasses: [local], persistentvolumeclaims: [chosen] })))[0],
    ).toBe('PUT /api/v1/namespaces/default/persistentvolumeclaims/data');
  });

  it('releases a volume whose claim is gone, after it has asked the server', () => {
    const left = volume('v', '1Gi', { claimRef: { namespace: 'default', name: 'data', uid: 'data' } });
    expect(calls(volumeBinder.sync('volume v', contextOf({ persistentvolumes: [left] })))).toEqual([
      'GET /api/v1/namespaces/default/persistentvolumeclaims/data',
      'PUT /api/v1/persistentvolumes/v/status',
    ]);
  });
});

it('a claim that a pod uses keeps its finalizer', () => {
  const leaving = claim('data', '1Gi', {}, { deletionTimestamp: 'x', finalizers: ['kubernetes.io/pvc-protection'] });
  const context = contextOf({ persistentvolumeclaims: [leaving] });
  expect(calls(claimProtection.sync('default/data', context))).toEqual(['GET /api/v1/namespaces/default/pods']);
});

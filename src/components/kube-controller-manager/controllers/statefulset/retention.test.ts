import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { cacheOf, drive } from '../../testing/drive.ts';
import type { SyncContext } from '../../controller.ts';
import { statefulset } from './index.ts';
import { hasStaleClaim, retainClaims } from './retention.ts';

const set = (policy: object, replicas = 2): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'team', uid: 'set' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [] } },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain', ...policy },
  },
});
const pod = (ordinal: number, uid = `pod-${ordinal}`): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `db-${ordinal}`, namespace: 'team', uid },
});
const claim = (ordinal: number, owners: readonly KubeObject[] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: `data-db-${ordinal}`, namespace: 'team', uid: `claim-${ordinal}`, ownerReferences: owners.map(controllerReference) },
});

/** The owners that a claim is given; undefined where it is left alone. */
function owners(object: KubeObject, ordinal: number, of: KubeObject): readonly string[] | undefined {
  const definition = { ...statefulset, sync: (_key: string, context: SyncContext) => wrap(retainClaims(object, pod(ordinal), context)) };
  const [put] = drive(definition, '', { objects: { persistentvolumeclaims: [of] } }).calls;
  return (put?.body as KubeObject | undefined)?.metadata.ownerReferences?.map(({ uid }) => uid);
}
function* wrap(routine: ReturnType<typeof retainClaims>): ReturnType<typeof statefulset.sync> {
  yield* routine;
  return {};
}

describe('the claims of a set', () => {
  const both = { whenDeleted: 'Delete', whenScaled: 'Delete' };

  it('stay by themselves unless something else is asked for', () => {
    expect(owners(set({}), 0, claim(0))).toBeUndefined();
    expect(owners(set({}), 0, claim(0, [set({})]))).toEqual([]);
  });

  it('go with the set, or with a pod that is beyond its size', () => {
    expect(owners(set({ whenDeleted: 'Delete' }), 0, claim(0))).toEqual(['set']);
    expect(owners(set({ whenDeleted: 'Delete' }), 0, claim(0, [set({})]))).toBeUndefined();
    expect(owners(set({ whenScaled: 'Delete' }), 1, claim(1))).toBeUndefined();
    expect(owners(set({ whenScaled: 'Delete' }, 1), 1, claim(1))).toEqual(['pod-1']);
    expect(owners(set(both, 1), 1, claim(1, [set(both)]))).toEqual(['pod-1']);
    expect(owners(set(both), 1, claim(1, [pod(1)]))).toEqual(['set']);
  });

  it('are left alone where somebody else controls them', () => {
    expect(owners(set(both), 0, claim(0, [pod(7)]))).toBeUndefined();
  });

  it('are waited for while they still go with a pod of the same name', () => {
    const stale = (policy: object) =>
      hasStaleClaim(set(policy), 1, {
        caches: { persistentvolumeclaims: cacheOf('persistentvolumeclaims', [claim(1, [pod(1, 'old')])]) },
      } as never);
    expect([stale(both), stale({})]).toEqual([true, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, SyncCall, SyncContext } from '../../controller.ts';
import { statefulset } from './index.ts';

const owner = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }];
const template = (image: string) => ({ metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image }] } });
const set = (spec: object = {}, status: object = { currentRevision: 'db-new' }): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default', uid: 'set', generation: 1 },
    spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('new'), ...spec },
    status,
  }) as unknown as KubeObject;
const revision = (name: string, image: string, number: number): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace: 'default', uid: name, ownerReferences: owner },
    data: { spec: { template: { ...template(image), $patch: 'replace' } } },
    revision: number,
  }) as unknown as KubeObject;
const pod = (
  ordinal: number,
  more: { readonly revision?: string; readonly phase?: string; readonly ready?: boolean; readonly going?: boolean } = {},
): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `db-${ordinal}`,
      namespace: 'default',
      uid: `db-${ordinal}`,
      labels: { app: 'db', 'controller-revision-hash': more.revision ?? 'db-new' },
      ownerReferences: owner,
      ...(more.going === true ? { deletionTimestamp: '2026-06-01T00:00:00Z' } : {}),
    },
    status: { phase: more.phase ?? 'Running', conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }] },
  }) as unknown as KubeObject;

function cacheOf(plural: string, objects: readonly KubeObject[]): Caches[string] {
  let store = SortedMap.empty<KubeObject>();
  let index = SortedMap.empty<KubeObject>();
  for (const object of objects) {
    store = store.set(objectKey(object), object);
    index = index.set(`owner|${object.metadata.ownerReferences?.[0]?.uid ?? ''}|${objectKey(object)}`, object);
  }
  return { ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural } }), store, index };
}

/** The requests of a sync against a server that takes every write as it is, but for the writes of status. */
function asked(
  object: KubeObject,
  pods: readonly KubeObject[],
  revisions: readonly KubeObject[] = [revision('db-new', 'new', 1)],
): readonly string[] {
  const event = (_: KubeObject, _type: string, _reason: string, message: string): SyncCall => ({
    method: 'POST',
    path: message,
    background: true,
  });
  const caches = {
    statefulsets: cacheOf('statefulsets', [object]),
    pods: cacheOf('pods', pods),
    controllerrevisions: cacheOf('controllerrevisions', revisions),
    persistentvolumeclaims: cacheOf('persistentvolumeclaims', []),
  };
  const context: SyncContext = { now: 0, failures: 0, satisfied: true, caches, event };
  const sync = statefulset.sync('default/db', context);
  const seen: string[] = [];
  let step = sync.next();
  while (!step.done) {
    const answers = step.value.map((call): HttpResponse => {
      const { name = '', labels } =
        ((call.body ?? {}) as { readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> } })
          .metadata ?? {};
      const target = call.path.split('/default/')[1] ?? '';
      if (call.background !== true && !call.path.endsWith('/status'))
        seen.push(
          `${call.method} ${target}${call.method === 'POST' ? ` ${name} ${labels?.['controller-revision-hash'] ?? ''}`.trimEnd() : ''}`,
        );
      return { type: 'http.response', id: '', status: 200, contentType: '', body: call.body as never };
    });
    step = sync.next(answers);
  }
  return seen;
}

describe('a set', () => {
  it('makes its pods one after another, each when those before are ready', () => {
    expect(asked(set(), [])).toEqual(['POST pods db-0 db-new']);
    expect(asked(set(), [pod(0, { ready: false })])).toEqual([]);
    expect(asked(set(), [pod(0)])).toEqual(['POST pods db-1 db-new']);
    expect(asked(set({ podManagementPolicy: 'Parallel' }), [pod(0, { ready: false })])).toEqual([
      'POST pods db-1 db-new',
      'POST pods db-2 db-new',
    ]);
  });

  it('makes the claims of a pod before the pod', () => {
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: {} }];
    expect(asked(set({ volumeClaimTemplates }), [])).toEqual(['POST persistentvolumeclaims data-db-0', 'POST pods db-0 db-new']);
  });

  it('takes the highest away first, and waits until it is gone', () => {
    expect(asked(set({ replicas: 1 }), [pod(0), pod(1), pod(2)])).toEqual(['DELETE pods/db-2']);
    expect(asked(set({ replicas: 1 }), [pod(0), pod(1), pod(2, { going: true })])).toEqual([]);
    expect(asked(set({ replicas: 1 }), [pod(0, { ready: false }), pod(1)])).toEqual([]);
  });

  it('makes a pod that ended again', () => {
    expect(asked(set(), [pod(0, { phase: 'Failed' })])).toEqual(['DELETE pods/db-0']);
  });
});

describe('a new template', () => {
  const old = [revision('db-old', 'old', 1), revision('db-new', 'new', 2)];
  const pods = [pod(0, { revision: 'db-old' }), pod(1, { revision: 'db-old' }), pod(2, { revision: 'db-old' })];
  const status = { currentRevision: 'db-old' };

  it('is made a revision of, or taken up again', () => {
    expect(asked(set({}, status), pods, [revision('db-old', 'old', 1)])[0]).toMatch(/^POST controllerrevisions db-/);
    expect(asked(set({}, status), pods, [revision('db-new', 'new', 1), revision('db-old', 'old', 2)])[0]).toBe(
      'PUT controllerrevisions/db-new',
    );
  });

  it('replaces the highest first, one at a time, down to the partition', () => {
    expect(asked(set({}, status), pods, old)).toEqual(['DELETE pods/db-2']);
    expect(asked(set({}, status), [...pods.slice(0, 2), pod(2)], old)).toEqual(['DELETE pods/db-1']);
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    expect(asked(set({ updateStrategy }, status), [...pods.slice(0, 2), pod(2)], old)).toEqual([]);
    expect(asked(set({ updateStrategy }, status), pods.slice(1), old)).toEqual(['POST pods db-0 db-old']);
    expect(asked(set({ updateStrategy: { type: 'OnDelete' } }, status), pods, old)).toEqual([]);
  });
});

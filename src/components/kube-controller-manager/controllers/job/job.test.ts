import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, Sync, SyncCall, SyncContext, SyncResult } from '../../controller.ts';
import { job } from './index.ts';
import { formatIndexes, parseIndexes, trackingFinalizer } from './objects.ts';

const start = Date.parse('2026-06-01T00:00:00Z');
const work = (spec: object, status: object = {}, metadata: object = {}): KubeObject =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default', uid: 'job', ...metadata },
    spec: { parallelism: 1, completions: 1, backoffLimit: 6, template: { spec: { containers: [{ name: 'c' }] } }, ...spec },
    status,
  }) as unknown as KubeObject;
const pod = (name: string, phase: string, more: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      finalizers: [trackingFinalizer],
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'work', uid: 'job', controller: true }],
    },
    status: { phase, ...more },
  }) as unknown as KubeObject;
const exited = (seconds: number, exitCode: number) => ({
  containerStatuses: [
    { name: 'c', restartCount: 0, state: { terminated: { exitCode, finishedAt: new Date(start + seconds * 1000).toISOString() } } },
  ],
});

function cacheOf(plural: string, objects: readonly KubeObject[]): Caches[string] {
  let store = SortedMap.empty<KubeObject>();
  let index = SortedMap.empty<KubeObject>();
  for (const object of objects) {
    store = store.set(objectKey(object), object);
    index = index.set(`owner|${object.metadata.ownerReferences?.[0]?.uid ?? ''}|${objectKey(object)}`, object);
  }
  return { ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural } }), store, index };
}

/** Runs a sync against a server that takes every write as it is; the last status written, and what was asked. */
function run(sync: Sync): { readonly asked: readonly string[]; readonly status: Record<string, unknown>; readonly result: SyncResult } {
  const asked: string[] = [];
  let status: Record<string, unknown> = {};
  let step = sync.next();
  while (!step.done) {
    const answers = step.value.map((call): HttpResponse => {
      asked.push(call.background === true ? call.path : `${call.method} ${call.path.split('/').slice(-2).join('/')}`);
      if (call.method === 'PUT') status = (call.body as { readonly status: Record<string, unknown> }).status;
      const body = call.method === 'POST' ? { metadata: { name: 'made' } } : call.body;
      return { type: 'http.response', id: '', status: 200, contentType: '', body: body as never };
    });
    step = sync.next(answers);
  }
  return { asked, status, result: step.value };
}

function sync(object: KubeObject | undefined, pods: readonly KubeObject[], seconds = 0, key = 'default/work') {
  const event = (_: KubeObject, type: string, reason: string, message: string): SyncCall => ({
    method: 'POST',
    path: `${type} ${reason}: ${message}`,
    background: true,
  });
  const context: SyncContext = {
    now: start + seconds * 1000,
    failures: 0,
    satisfied: true,
    event,
    caches: { jobs: cacheOf('jobs', object === undefined ? [] : [object]), pods: cacheOf('pods', pods) },
  };
  return run(job.sync(key, context));
}

describe('job', () => {
  it('creates its pod and says so, then writes when it began', () => {
    const { asked, status } = sync(work({}), []);
    expect(asked).toEqual(['POST default/pods', 'Normal SuccessfulCreate: Created pod: made', 'PUT work/status']);
    expect(status).toEqual({ startTime: '2026-06-01T00:00:00Z', active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
  });

  it('writes a pod down before it takes the finalizer, and counts it after', () => {
    const { asked, status } = sync(
      work({}, { startTime: '2026-06-01T00:00:00Z', active: 1, ready: 0, terminating: 0 }),
      [pod('a', 'Succeeded')],
      5,
    );
    expect(asked).toEqual(['PUT work/status', 'PATCH pods/a', 'PUT work/status', 'Normal Completed: Job completed']);
    expect(status).toMatchObject({
      succeeded: 1,
      completionTime: '2026-06-01T00:00:05Z',
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete' }],
    });
  });

  it('waits longer after every failure', () => {
    const status = { startTime: '2026-06-01T00:00:00Z', failed: 2, ready: 0, terminating: 0, uncountedTerminatedPods: {} };
    const pods = [pod('a', 'Failed', exited(0, 1)), pod('b', 'Failed', exited(20, 1))].map((object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }));
    expect(sync(work({}, status), pods, 25)).toMatchObject({ asked: [], result: { againMs: 15_000 } });
    expect(sync(work({}, status), pods, 40).asked[0]).toBe('POST default/pods');
  });

  it('fails beyond its limit, by its deadline, and by its failure policy', () => {
    const begun = { startTime: '2026-06-01T00:00:00Z', active: 1 };
    const failed = pod('a', 'Failed', exited(1, 3));
    expect(sync(work({ backoffLimit: 0 }, begun), [failed], 5).asked.at(-1)).toBe(
      'Warning BackoffLimitExceeded: Job has reached the specified backoff limit',
    );
    expect(sync(work({ activeDeadlineSeconds: 5 }, begun), [pod('b', 'Running')], 5).asked).toContain('DELETE pods/b');
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } }];
    expect(sync(work({ podFailurePolicy: { rules } }, begun), [failed], 5).asked.at(-1)).toBe(
      'Warning PodFailurePolicy: Container c for pod default/a failed with exit code 3 matching FailJob rule at index 0',
    );
  });

  it('lets the pods of a job that is gone go', () => {
    expect(sync(undefined, [pod('a', 'Running')], 0, 'orphan default/a').asked).toEqual(['PATCH pods/a']);
    expect(sync(work({}), [pod('a', 'Running')], 0, 'orphan default/a').asked).toEqual([]);
  });

  it('writes indexes as upstream', () => {
    expect(formatIndexes([5, 0, 1, 3, 4, 7])).toBe('0,1,3-5,7');
    expect([...parseIndexes('0,1,3-5,7', 5)]).toEqual([0, 1, 3, 4]);
  });
});

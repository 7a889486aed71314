import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { drive, type Driven } from '../../testing/drive.ts';
import { job } from './index.ts';
import { trackingFinalizer } from './objects.ts';

const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');
const work = (spec: object, status: object = {}): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work', namespace: 'team', uid: 'job' },
  spec: {
    completionMode: 'Indexed',
    completions: 3,
    parallelism: 3,
    backoffLimit: 2_147_483_647,
    template: { spec: { containers: [{ name: 'c' }] } },
    ...spec,
  },
  status: { startTime: time(0), ready: 0, terminating: 0, ...status },
});
const pod = (index: number, phase: string, failures = 0, exitCode = 1): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `work-${index}-${failures}`,
    namespace: 'team',
    uid: `${index}-${failures}`,
    finalizers: [trackingFinalizer],
    annotations: {
      'batch.kubernetes.io/job-completion-index': String(index),
      'batch.kubernetes.io/job-index-failure-count': String(failures),
    },
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'work', uid: 'job', controller: true }],
  },
  status: {
    phase,
    containerStatuses: [{ name: 'c', restartCount: 0, state: phase === 'Failed' ? { terminated: { exitCode, finishedAt: time(1) } } : {} }],
  },
});
const at = (seconds: number, object: KubeObject, pods: readonly KubeObject[]): Driven =>
  drive(job, 'team/work', { now: seconds * 1000, objects: { jobs: [object], pods } });
const annotationsOf = (seen: Driven): readonly unknown[] =>
  seen.calls.filter(({ method }) => method === 'POST').map(({ body }) => (body as KubeObject).metadata.annotations);

describe('an indexed job with a limit for each index', () => {
  const limited = (status?: object, more: object = {}): KubeObject => work({ backoffLimitPerIndex: 1, ...more }, status);

  it('tells each pod how often its index has failed, after a back-off of its own', () => {
    const pods = [pod(0, 'Running'), pod(1, 'Failed'), pod(2, 'Running')];
    const soon = at(5, limited(), pods);
    expect(soon.asked.filter((call) => call.startsWith('POST') || call.startsWith('PATCH'))).toEqual([]);
    expect(soon.result.againMs).toBe(6000);
    const later = at(12, limited(), pods);
    expect(annotationsOf(later)).toMatchObject([
      { 'batch.kubernetes.io/job-completion-index': '1', 'batch.kubernetes.io/job-index-failure-count': '1' },
    ]);
  });

  it('lets a failed pod go when the next one knows of it', () => {
    const pods = [pod(0, 'Running'), pod(1, 'Failed'), pod(1, 'Running', 1), pod(2, 'Running')];
    expect(at(12, limited({ active: 3 }), pods)).toMatchObject({ status: { failed: 1 } });
    expect(at(12, limited({ active: 3 }), pods).asked).toContain('PATCH work-1-0');
  });

  it('gives an index up that failed once too often, and fails when the others are done', () => {
    const seen = at(50, limited(), [pod(0, 'Running'), pod(1, 'Failed', 1), pod(2, 'Running')]);
    expect(seen.status).toMatchObject({ failedIndexes: '1', failed: 1 });
    expect(annotationsOf(seen)).toEqual([]);
    const end = at(60, limited({ failedIndexes: '1', failed: 2 }), [pod(0, 'Succeeded'), pod(2, 'Succeeded')]);
    expect(end.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', succeeded: 2 });
    expect(end.events).toEqual(['FailedIndexes: Job has failed indexes']);
  });

  it('ends when more indexes failed than may', () => {
    const pods = [pod(0, 'Failed', 1), pod(1, 'Failed', 1), pod(2, 'Running')];
    const seen = at(50, limited({}, { maxFailedIndexes: 1 }), pods);
    expect(seen.asked).toContain('DELETE work-2-0');
    expect(seen.status).toMatchObject({ conditions: [{ type: 'FailureTarget', reason: 'MaxFailedIndexesExceeded' }] });
  });

  it('fails an index at once where a rule says so', () => {
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }];
    const seen = at(50, limited({}, { podFailurePolicy: { rules } }), [pod(0, 'Running'), pod(1, 'Failed', 0, 42), pod(2, 'Running')]);
    expect(seen.status).toMatchObject({ failedIndexes: '1' });
  });
});

describe('a job with a success policy', () => {
  const pods = [pod(0, 'Succeeded'), pod(1, 'Running'), pod(2, 'Running')];

  it('is done when the indexes of a rule have succeeded, and stops the others', () => {
    const seen = at(5, work({ successPolicy: { rules: [{ succeededCount: 2 }, { succeededIndexes: '0' }] } }), pods);
    expect(seen.asked).toEqual(expect.arrayContaining(['DELETE work-1-0', 'DELETE work-2-0']));
    expect(seen.status).toMatchObject({
      conditions: [{ type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: 'Matched rules at index 1' }],
    });
  });

  it('goes on while none is met', () => {
    const rules = [{ succeededCount: 1, succeededIndexes: '1,2' }];
    expect(at(5, work({ successPolicy: { rules } }), pods).asked).not.toContain('DELETE work-1-0');
  });
});

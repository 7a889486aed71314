import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { answerOf, drive } from '../testing/drive.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';

const finished: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work', namespace: 'default', uid: 'job' },
  spec: { ttlSecondsAfterFinished: 60 },
  status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: '1970-01-01T00:01:00Z' }] },
};
const at = (seconds: number, live: KubeObject = finished) =>
  drive(ttlAfterFinished, 'default/work', {
    now: seconds * 1000,
    objects: { jobs: [finished] },
    respond: ({ method }) => (method === 'GET' ? answerOf(200, live) : undefined),
  });

describe('a job that ended', () => {
  it('is deleted with its pods when its time has come, and no other of its name', () => {
    expect(at(100)).toMatchObject({ asked: [], result: { againMs: 20_000 } });
    const seen = at(120);
    expect(seen.asked).toEqual(['GET work', 'DELETE work']);
    expect(seen.calls[1]!.body).toMatchObject({ preconditions: { uid: 'job' }, propagationPolicy: 'Foreground' });
  });

  it('stays longer where it was given more time in between', () => {
    expect(at(120, { ...finished, spec: { ttlSecondsAfterFinished: 90 } })).toMatchObject({
      asked: ['GET work'],
      result: { againMs: 30_000 },
    });
    expect(at(120, { ...finished, spec: {} }).asked).toEqual(['GET work']);
  });

  it('concerns nobody without a time, or before it ends', () => {
    const keys = (object: KubeObject) => ttlAfterFinished.handlers['jobs']!({ type: 'update', object }, {});
    expect(keys(finished)).toEqual(['default/work']);
    expect(keys({ ...finished, spec: {} })).toEqual([]);
    expect(keys({ ...finished, status: {} })).toEqual([]);
  });
});

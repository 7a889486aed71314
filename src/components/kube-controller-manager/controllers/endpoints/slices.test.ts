import { describe, expect, it } from 'vitest';
import { podsBehind } from './pods.ts';
import { distribute } from './slices.ts';
import { annotated, triggeredAt } from './trigger-time.ts';
import type { KubeObject } from '#api/object.ts';

type Slice = Parameters<typeof distribute>[0][number];
const endpoint = (index: number) => ({ addresses: [`10.244.0.${index}`], targetRef: { uid: `u${index}` } });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => endpoint(from + index));
const slice = (name: string, endpoints: readonly object[]): Slice => ({ metadata: { name }, endpoints }) as unknown as Slice;
const ports = [{ name: '', port: 80, protocol: 'TCP' }];

describe('distribute', () => {
  it('opens as many slices as a hundred endpoints each ask for', () => {
    expect(distribute([], range(0, 250), ports).map((item) => item.endpoints.length)).toEqual([100, 100, 50]);
  });

  it('keeps endpoints where they are and fills the slice that changes anyway', () => {
    const [full, changing] = [slice('full', range(0, 10)), slice('changing', range(10, 20))];
    const wanted = distribute([full, changing], [...range(0, 10), ...range(11, 21)], ports);
    expect(wanted.map((item) => [item.slice?.metadata.name, item.endpoints.length])).toEqual([
      ['full', 10],
      ['changing', 10],
    ]);
    expect(wanted[1]?.endpoints.at(-1)).toEqual(endpoint(20));
  });

  it('tells pods with one address apart', () => {
    const same = [1, 2].map((uid) => ({ addresses: ['10.0.0.1'], targetRef: { uid: `u${uid}` } }));
    expect(distribute([], same, ports)[0]?.endpoints).toHaveLength(2);
  });
});

describe('the trigger time', () => {
  const service = { metadata: { name: 'web', creationTimestamp: '2026-01-01T00:00:00Z' } } as unknown as KubeObject;
  const pod = (name: string, ready: string): KubeObject =>
    ({
      metadata: { name },
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ready }] },
    }) as unknown as KubeObject;

  it('is that of the earliest change since the last sync, and none where nothing has changed', () => {
    const first = triggeredAt(undefined, service, []);
    expect(first.time).toBe('2026-01-01T00:00:00Z');
    const second = triggeredAt(first.triggers, service, [pod('a', '2026-01-01T00:00:07Z'), pod('b', '2026-01-01T00:00:05Z')]);
    expect(second.time).toBe('2026-01-01T00:00:05Z');
    expect(triggeredAt(second.triggers, service, [pod('a', '2026-01-01T00:00:07Z')]).time).toBeUndefined();
  });

  it('is known of pods that have no address yet, too: a second is too coarse for what comes after', () => {
    const waiting = pod('a', '2026-01-01T00:00:07Z');
    expect(podsBehind([waiting], true)).toEqual([]);
    const { triggers } = triggeredAt(undefined, service, [waiting]);
    const ready = { ...waiting, spec: { nodeName: 'n' }, status: { ...(waiting['status'] as object), podIP: '10.244.0.2' } };
    expect(podsBehind([ready], true)).toEqual([ready]);
    expect(triggeredAt(triggers, service, [ready]).time).toBeUndefined();
  });

  it('leaves no annotation behind', () => {
    expect(annotated({ own: '1', 'endpoints.kubernetes.io/last-change-trigger-time': 'x' }, undefined)).toEqual({
      annotations: { own: '1' },
    });
    expect(annotated(undefined, undefined)).toEqual({});
  });
});

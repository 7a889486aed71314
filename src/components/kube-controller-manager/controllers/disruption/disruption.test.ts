import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { answerOf, drive } from '../../testing/drive.ts';
import { disruption } from './index.ts';

const minute = 60_000;
const at = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
const set: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'team', uid: 'set' },
  spec: { replicas: 4 },
};
const pod = (name: string, ready = true, owner: KubeObject | undefined = set, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'team',
    uid: name,
    labels: { app: 'web' },
    ...(owner === undefined ? {} : { ownerReferences: [controllerReference(owner)] }),
    ...metadata,
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(0) }] },
});
const budget = (spec: object, status: object = {}): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'pdb', namespace: 'team', generation: 1 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0, ...status },
});
const run = (object: KubeObject, pods: readonly KubeObject[], now = 0) =>
  drive(disruption, 'team/pdb', {
    now,
    objects: { poddisruptionbudgets: [object], pods, replicasets: [set] },
    respond: ({ path }) => (path.endsWith('/scale') ? answerOf(404, { message: 'not found' }) : undefined),
  });
const four = [pod('a'), pod('b'), pod('c'), pod('d', false)];

describe('what a budget allows', () => {
  it('is what is healthy beyond what must be', () => {
    expect(run(budget({ minAvailable: 2 }), four).status).toMatchObject({
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
      expectedPods: 4,
      observedGeneration: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', observedGeneration: 1 }],
    });
    expect(run(budget({ minAvailable: 3 }), four).status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'InsufficientPods' }],
    });
  });

  it('reckons shares of what the controllers want, rounded up', () => {
    expect(run(budget({ maxUnavailable: '30%' }), four.slice(0, 2)).status).toMatchObject({ expectedPods: 4, desiredHealthy: 2 });
    expect(run(budget({ minAvailable: '60%' }), four).status).toMatchObject({ expectedPods: 4, desiredHealthy: 3 });
  });

  it('is nothing where a controller has no size, and says why', () => {
    const daemons = { ...set, kind: 'DaemonSet' };
    const seen = run(budget({ maxUnavailable: 1 }), [pod('a', true, daemons)]);
    const message = 'daemonsets.apps does not implement the scale subresource';
    expect(seen.asked).toEqual(['GET scale', 'PUT pdb/status']);
    expect(seen.events).toEqual([`CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`]);
    expect(seen.status).toMatchObject({ disruptionsAllowed: 0, conditions: [{ status: 'False', reason: 'SyncFailed', message }] });
  });

  it('tells of pods that nobody keeps, and of none at all', () => {
    expect(run(budget({ maxUnavailable: 1 }), [pod('a', true, undefined, { ownerReferences: [] })]).events[0]).toMatch(
      /^UnmanagedPods: Pods selected by/,
    );
    expect(run(budget({ minAvailable: 1 }), []).events).toEqual(['NoPods: No matching pods found']);
  });

  it('is not written again where nothing changed', () => {
    const { status } = run(budget({ minAvailable: 2 }), four);
    expect(run(budget({ minAvailable: 2 }, status), four).asked).toEqual([]);
  });
});

describe('a pod that is about to be evicted', () => {
  const evicting = budget({ minAvailable: 1 }, { disruptedPods: { a: at(minute) } });

  it('does not count until it is gone, or until two minutes have passed', () => {
    const soon = run(evicting, four, 2 * minute);
    expect(soon.status).toMatchObject({ currentHealthy: 2, disruptedPods: { a: at(minute) } });
    expect(soon.result.againMs).toBe(minute);
    const late = run(evicting, four, 4 * minute);
    expect(late.status).toMatchObject({ currentHealthy: 3 });
    expect(late.status).not.toHaveProperty('disruptedPods');
    expect(late.events).toEqual(["NotDeleted: Pod was expected by PDB team/team to be deleted but it wasn't"]);
    expect(run(evicting, [pod('a', true, set, { deletionTimestamp: at(minute) })], 2 * minute).status).not.toHaveProperty('disruptedPods');
  });

  it('loses its mark when it stays', () => {
    const mark = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', lastTransitionTime: at(0) };
    const marked = { ...pod('a'), status: { phase: 'Running', conditions: [mark] } };
    const look = (now: number) => drive(disruption, 'stale team/a', { now, objects: { pods: [marked] } });
    expect(disruption.handlers['pods']!({ type: 'update', object: marked }, {})).toEqual(['stale team/a']);
    expect(look(minute)).toMatchObject({ asked: [], result: { againMs: minute } });
    expect(look(2 * minute).status).toMatchObject({ conditions: [{ type: 'DisruptionTarget', status: 'False' }] });
  });
});

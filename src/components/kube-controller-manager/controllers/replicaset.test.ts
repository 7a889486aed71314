import { describe, expect, it } from 'vitest';
import { failure } from '#api/resources/status-errors.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { SyncCall } from '../controller.ts';
import { answerOf, cacheOf, drive, type Driven } from '../testing/drive.ts';
import { podObservations } from './pod-control.ts';
import { replicaset, replicationcontroller } from './replicaset.ts';

const set = (status: object = { replicas: 0 }): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'team', uid: 'set', generation: 1 },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } },
  },
  status,
});
interface Seen extends Driven {
  readonly creations: number;
}

/** Runs a sync against a server that answers creations of pods in one way. */
function run(object: KubeObject, created: HttpResponse, satisfied = true, pods: readonly KubeObject[] = []): Seen {
  const [plural, loop] =
    object.kind === 'ReplicaSet' ? (['replicasets', replicaset] as const) : (['replicationcontrollers', replicationcontroller] as const);
  const respond = (call: SyncCall): HttpResponse | undefined => (call.expects === undefined ? undefined : created);
  const seen = drive(loop, 'team/web', { satisfied, respond, objects: { [plural]: [object], pods } });
  return { ...seen, creations: seen.calls.filter((call) => call.expects !== undefined).length };
}

const refused = (status: Status): HttpResponse => answerOf(status.code, status);

describe('a ReplicaSet whose pods are refused', () => {
  const full = refused(failure(403, 'Forbidden', 'pods "web-1" is forbidden: exceeded quota: small'));

  it('tries one, tells why in its status, and tries again', () => {
    const seen = run(set(), full);
    expect(seen).toMatchObject({
      creations: 1,
      events: ['FailedCreate: Error creating: pods "web-1" is forbidden: exceeded quota: small'],
    });
    expect(seen.status?.['conditions']).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "web-1" is forbidden: exceeded quota: small' },
    ]);
    expect(seen.result.failed).toBe(true);
  });

  it('keeps the first reason until it works, and then forgets it', () => {
    const told = run(set(), full).status!;
    expect(run(set(told), full).status).toBeUndefined();
    expect(run(set(told), answerOf(201, { metadata: { name: 'web-1' } }))).toMatchObject({ creations: 4, result: {} });
    expect(run(set(told), answerOf(201, { metadata: { name: 'web-1' } })).status).not.toHaveProperty('conditions');
  });

  it('says nothing and gives up where the namespace goes', () => {
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace team is being terminated', field: 'metadata.namespace' }];
    const seen = run(set(), refused(failure(403, 'Forbidden', 'unable to create new content', { causes })));
    expect(seen.events).toEqual([]);
    expect(seen.result.failed).toBeUndefined();
  });
});

it('a ReplicaSet that waits for what it asked for does not ask for more', () => {
  expect(run(set(), answerOf(201, { metadata: { name: 'web-1' } }), false).creations).toBe(0);
});

it('a pod is seen when it comes, and gone when it is marked', () => {
  const pod = (deletionTimestamp?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'team',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'set', controller: true }],
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
  });
  const see = podObservations('ReplicaSet');
  expect(see({ type: 'add', object: pod() })).toEqual([{ key: 'team/web', creation: true }]);
  expect(see({ type: 'update', object: pod() })).toEqual([]);
  expect(see({ type: 'update', object: pod('2026-01-01T00:00:00Z') })).toEqual([{ key: 'team/web', deletion: 'team/web-1' }]);
  expect(see({ type: 'add', object: { ...pod(), metadata: { name: 'x', namespace: 'team' } } })).toEqual([]);
});

describe('a ReplicationController', () => {
  const rc: KubeObject = {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'web', namespace: 'team', uid: 'rc', generation: 1 },
    spec: { replicas: 2, selector: { app: 'web' }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
    status: { replicas: 0 },
  };
  const pod = (app: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: app, namespace: 'team', labels: { app } } });

  it('creates the pods that it lacks, and counts none that end', () => {
    const seen = run(rc, answerOf(201, { metadata: { name: 'web-1' } }));
    expect(seen.creations).toBe(2);
    expect(seen.status).not.toHaveProperty('terminatingReplicas');
  });

  it('takes a pod that nobody owns by its labels', () => {
    const caches = { replicationcontrollers: cacheOf('replicationcontrollers', [rc])! };
    const pods = (app: string) => replicationcontroller.handlers['pods']!({ type: 'add', object: pod(app) }, caches);
    expect(pods('web')).toEqual(['team/web']);
    expect(pods('other')).toEqual([]);
  });
});

it('a set looks again when a pod that is ready will have been so for long enough', () => {
  const waiting = { ...set({ replicas: 1 }), spec: { ...(set()['spec'] as object), replicas: 1, minReadySeconds: 20 } };
  const ready: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'team', uid: 'p', labels: { app: 'web' }, ownerReferences: [controllerReference(set())] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '1970-01-01T00:00:05Z' }] },
  };
  const { result } = run(waiting, answerOf(200, {}), true, [ready]);
  expect(result.againMs).toBe(25_000);
});

import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { failure } from '#api/resources/status-errors.ts';
import { objectKey, type KubeObject, type Status } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, SyncContext, SyncResult } from '../controller.ts';
import { podObservations } from './pod-control.ts';
import { replicaset } from './replicaset.ts';

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
const cacheOf = (plural: string, objects: readonly KubeObject[]): Caches[string] => ({
  ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural } }),
  store: objects.reduce((store, object) => store.set(objectKey(object), object), SortedMap.empty<KubeObject>()),
});

interface Seen {
  readonly creations: number;
  readonly events: readonly string[];
  readonly status: { readonly conditions?: readonly object[] } | undefined;
  readonly result: SyncResult;
}

/** Runs a sync against a server that answers creations of pods in one way. */
function run(object: KubeObject, created: HttpResponse, satisfied = true): Seen {
  const events: string[] = [];
  const context: SyncContext = {
    now: 0,
    failures: 0,
    satisfied,
    caches: { replicasets: cacheOf('replicasets', [object]), pods: cacheOf('pods', []) },
    event: (_subject, _type, reason, message) => {
      events.push(`${reason}: ${message}`);
      return { method: 'POST', path: 'events', background: true };
    },
  };
  const sync = replicaset.sync('team/web', context);
  let [creations, status]: [number, Seen['status']] = [0, undefined];
  let step = sync.next();
  while (!step.done) {
    const answers = step.value.map((call): HttpResponse => {
      if (call.method === 'PUT') status = (call.body as { readonly status: object }).status;
      if (call.expects === undefined) return { ...created, status: 200 };
      creations++;
      return created;
    });
    step = sync.next(answers);
  }
  return { creations, events, status, result: step.value };
}

const answer = (status: number, body: unknown): HttpResponse => ({
  type: 'http.response',
  id: '',
  status,
  contentType: '',
  body: body as never,
});
const refused = (status: Status): HttpResponse => answer(status.code, status);

describe('a ReplicaSet whose pods are refused', () => {
  const full = refused(failure(403, 'Forbidden', 'pods "web-1" is forbidden: exceeded quota: small'));

  it('tries one, tells why in its status, and tries again', () => {
    const seen = run(set(), full);
    expect(seen).toMatchObject({
      creations: 1,
      events: ['FailedCreate: Error creating: pods "web-1" is forbidden: exceeded quota: small'],
    });
    expect(seen.status?.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "web-1" is forbidden: exceeded quota: small' },
    ]);
    expect(seen.result.failed).toBe(true);
  });

  it('keeps the first reason until it works, and then forgets it', () => {
    const told = run(set(), full).status!;
    expect(run(set(told), full).status).toBeUndefined();
    expect(run(set(told), answer(201, { metadata: { name: 'web-1' } }))).toMatchObject({ creations: 4, result: {} });
    expect(run(set(told), answer(201, { metadata: { name: 'web-1' } })).status).not.toHaveProperty('conditions');
  });

  it('says nothing and gives up where the namespace goes', () => {
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace team is being terminated', field: 'metadata.namespace' }];
    const seen = run(set(), refused(failure(403, 'Forbidden', 'unable to create new content', { causes })));
    expect(seen.events).toEqual([]);
    expect(seen.result.failed).toBeUndefined();
  });
});

it('a ReplicaSet that waits for what it asked for does not ask for more', () => {
  expect(run(set(), answer(201, { metadata: { name: 'web-1' } }), false).creations).toBe(0);
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

import { describe, expect, it } from 'vitest';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, SyncCall, SyncContext, SyncResult } from '../../controller.ts';
import { watchedResources } from '../../informers.ts';
import { garbageCollector } from './index.ts';

const plurals = { Deployment: 'deployments', ReplicaSet: 'replicasets', Pod: 'pods' } as const;
type Kind = keyof typeof plurals;
const apiVersion = (kind: Kind): string => (kind === 'Pod' ? 'v1' : 'apps/v1');

function make(kind: Kind, name: string, metadata: object = {}, owner?: KubeObject): KubeObject {
  const ownerReferences =
    owner === undefined
      ? []
      : [
          {
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.metadata.name,
            uid: owner.metadata.uid ?? '',
            controller: true,
            blockOwnerDeletion: true,
          },
        ];
  return {
    apiVersion: apiVersion(kind),
    kind,
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', ownerReferences, ...metadata },
  };
}

function cachesOf(objects: readonly KubeObject[]): Caches {
  const caches = Object.fromEntries(
    watchedResources.map((resource) => [resource.plural, newInformer({ id: resource.plural, resource })]),
  ) as Record<string, Caches[string]>;
  for (const object of objects) {
    const plural = plurals[object.kind as Kind];
    const cache = caches[plural]!;
    let index = cache.index;
    for (const owner of object.metadata.ownerReferences ?? []) index = index.set(`anyOwner|${owner.uid}|${objectKey(object)}`, object);
    caches[plural] = { ...cache, store: cache.store.set(objectKey(object), object), index };
  }
  return caches;
}

/** Runs a task; `live` is what the server has, `answers` what it says to a certain call instead. */
function run(
  key: string,
  cached: readonly KubeObject[],
  live = cached,
  answers: Readonly<Record<string, number>> = {},
): { readonly asked: readonly string[]; readonly result: SyncResult } {
  const context: SyncContext = {
    now: 0,
    failures: 0,
    satisfied: true,
    caches: cachesOf(cached),
    event: () => ({ method: 'POST', path: '' }),
  };
  const sync = garbageCollector.sync(key, context);
  const asked: string[] = [];
  const answer = (call: SyncCall): HttpResponse => {
    const [plural = '', name = ''] = call.path.split('/').slice(-2);
    const policy = (call.body as { readonly propagationPolicy?: string } | undefined)?.propagationPolicy;
    const text = `${call.method} ${plural}/${name}${policy === undefined ? '' : ` ${policy}`}`;
    asked.push(text);
    const times = asked.filter((item) => item === text).length;
    const found = live.find((object) => plurals[object.kind as Kind] === plural && object.metadata.name === name);
    const status = (times === 1 ? answers[text] : undefined) ?? (found === undefined ? 404 : 200);
    return { type: 'http.response', id: '', status, contentType: '', body: found as never };
  };
  let step = sync.next();
  while (!step.done) step = sync.next(step.value.map(answer));
  return { asked, result: step.value };
}

const marked = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const foreground = { ...marked, finalizers: ['foregroundDeletion'] };

describe('what has lost its owner', () => {
  const set = make('ReplicaSet', 'web');
  const pod = make('Pod', 'web-1', {}, set);

  it('is looked at once more and deleted in the background', () => {
    expect(run('delete pods default/web-1', [pod])).toEqual({ asked: ['GET pods/web-1', 'DELETE pods/web-1 Background'], result: {} });
  });

  it('stays where another owner is there, without the one that is gone', () => {
    const both = {
      ...pod,
      metadata: {
        ...pod.metadata,
        ownerReferences: [...pod.metadata.ownerReferences!, { ...pod.metadata.ownerReferences![0]!, name: 'x', uid: 'x' }],
      },
    };
    expect(run('delete pods default/web-1', [set, both]).asked).toEqual(['GET pods/web-1', 'GET replicasets/web', 'PATCH pods/web-1']);
  });

  it('is left alone while it goes', () => {
    expect(run('delete pods default/web-1', [make('Pod', 'web-1', marked, set)]).asked).toEqual([]);
  });

  it('is deleted all the same when only its version has changed', () => {
    const newer = { ...pod, metadata: { ...pod.metadata, resourceVersion: '2' } };
    const options = { 'DELETE pods/web-1 Background': 409 };
    expect(run('delete pods default/web-1', [pod], [newer], options)).toMatchObject({
      asked: ['GET pods/web-1', 'DELETE pods/web-1 Background', 'GET pods/web-1'],
      result: { failed: true },
    });
  });
});

describe('an owner that waits for its dependents', () => {
  const deployment = make('Deployment', 'web', foreground);
  const set = make('ReplicaSet', 'web', { uid: 'set' }, deployment);

  it('has them looked at', () => {
    expect(run('delete deployments default/web', [deployment, set])).toEqual({
      asked: ['GET deployments/web'],
      result: { more: ['delete replicasets default/web'] },
    });
  });

  it('passes its way of going on to those that have dependents themselves', () => {
    const pod = make('Pod', 'web-1', {}, set);
    expect(run('delete replicasets default/web', [deployment, set, pod]).asked).toEqual([
      'GET replicasets/web',
      'GET deployments/web',
      'DELETE replicasets/web Foreground',
    ]);
    expect(run('delete replicasets default/web', [deployment, set]).asked.at(-1)).toBe('DELETE replicasets/web Background');
  });

  it('goes when they are gone, and tries again where somebody writes meanwhile', () => {
    expect(run('delete deployments default/web', [deployment], [deployment], { 'PATCH deployments/web': 409 }).asked).toEqual([
      'GET deployments/web',
      'GET deployments/web',
      'PATCH deployments/web',
      'GET deployments/web',
      'PATCH deployments/web',
    ]);
  });
});

it('an owner that lets its dependents go has them forget it first', () => {
  const deployment = make('Deployment', 'web', { ...marked, finalizers: ['orphan'] });
  expect(run('orphan deployments default/web', [deployment, make('ReplicaSet', 'web', { uid: 'set' }, deployment)]).asked).toEqual([
    'PATCH replicasets/web',
    'GET deployments/web',
    'PATCH deployments/web',
  ]);
});

it('an owner that nobody has seen is asked for, and its dependents go if it is not there', () => {
  const deployment = make('Deployment', 'web');
  const set = make('ReplicaSet', 'web', { uid: 'set' }, deployment);
  expect(run('absent deployments default/web web', [set], [set, deployment])).toEqual({ asked: ['GET deployments/web'], result: {} });
  expect(run('absent deployments default/web web', [set], [set]).result).toEqual({ more: ['delete replicasets default/web'] });
});

it('changes become tasks', () => {
  const handle = garbageCollector.handlers['deployments']!;
  const plain = make('Deployment', 'web');
  const set = make('ReplicaSet', 'web', { uid: 'set' }, plain);
  const caches = cachesOf([set]);
  const ending = make('Deployment', 'web', foreground);
  expect(handle({ type: 'update', object: ending, old: plain }, caches)).toEqual([
    'delete replicasets default/web',
    'delete deployments default/web',
  ]);
  expect(handle({ type: 'update', object: ending, old: ending }, caches)).toEqual([]);
  expect(handle({ type: 'delete', object: plain, old: plain }, caches)).toEqual(['delete replicasets default/web']);
  const orphaning = make('Deployment', 'web', { ...marked, finalizers: ['orphan'] });
  expect(handle({ type: 'update', object: orphaning, old: plain }, caches)).toEqual(['orphan deployments default/web']);
  const sets = garbageCollector.handlers['replicasets']!;
  expect(sets({ type: 'add', object: set }, caches)).toEqual(['absent deployments default/web web']);
  expect(sets({ type: 'add', object: set }, cachesOf([plain]))).toEqual([]);
  expect(sets({ type: 'delete', object: set, old: set }, cachesOf([ending]))).toEqual(['delete deployments default/web']);
});

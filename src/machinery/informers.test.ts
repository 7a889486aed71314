import { expect, test } from 'vitest';
import { resources, type ClientConfig } from './client.ts';
import { newInformer, type InformerRetry } from './informer.ts';
import { informersHeard, informersLost, openInformers } from './informers.ts';

const client: ClientConfig = { server: 'cp/kube-apiserver', credential: { type: 'none' }, userAgent: 'test' };
const closed = {
  nodes: newInformer({ id: 'nodes', resource: resources.nodes }),
  pods: newInformer({ id: 'pods', resource: resources.pods }),
};
const { informers, effects } = openInformers(closed, client);
const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', resourceVersion: '5' } };
const bookmark = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } },
};
const added = { type: 'ADDED', object: node } as const;
const listed = { type: 'BOOKMARK', object: bookmark } as const;
const chunk = (id: string, events: readonly (typeof added | typeof listed)[]) => ({ type: 'http.chunk', id, events }) as const;
const request = (id: string) =>
  ({ type: 'message.undeliverable', to: client.server, reason: 'connection refused', message: { type: 'http.request', id } }) as const;

test('opening watches the connection first, and then opens a watch each', () => {
  expect(effects.map((effect) => effect.type)).toEqual(['link', 'send', 'send']);
  expect(informers.nodes.generation).toBe(1);
});

test('a message is taken in by the informer that it is for, and by no other', () => {
  const first = informersHeard(informers, chunk('nodes#1', [added]), () => client);
  expect(first).toMatchObject({ id: 'nodes', changes: [{ type: 'add', object: node }], nowSynced: false });
  expect(first?.informers.pods).toBe(informers.pods);
  const second = informersHeard(first!.informers, chunk('nodes#1', [listed]), () => client);
  expect(second).toMatchObject({ changes: [], nowSynced: true });
  expect(informersHeard(second!.informers, chunk('nodes#1', [listed]), () => client)?.nowSynced).toBe(false);
  expect(informersHeard(informers, chunk('nodes#0', [added]), () => client)).toBeUndefined();
  expect(informersHeard(informers, chunk('lease', []), () => client)).toBeUndefined();
});

test('a retry is asked as whoever that informer asks as', () => {
  const retry: InformerRetry = { type: 'informer.retry', informer: 'pods' };
  const heard = informersHeard(informers, retry, (id) => ({ ...client, userAgent: id }));
  expect(heard?.informers.pods.generation).toBe(2);
  expect(JSON.stringify(heard?.effects)).toContain('pods#2');
  expect(JSON.stringify(heard?.effects)).toContain('"pods"');
});

test('a broken connection is a loss for all; a request that nobody heard for the one that asked', () => {
  const all = informersLost(informers, { type: 'peer.closed', address: client.server }, client.server);
  expect(all?.effects.map((effect) => effect.type)).toEqual(['link', 'arm', 'arm']);
  const one = informersLost(informers, request('pods#1'), client.server);
  expect(one?.effects).toMatchObject([{ type: 'arm', timer: 'informer pods' }, { type: 'link' }]);
  expect(one?.informers.nodes).toBe(informers.nodes);
  expect(informersLost(informers, request('lease'), client.server)).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer } from '#machinery/informer.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import type { Caches, SyncCall, SyncContext } from '../controller.ts';
import { nodeLifecycle } from './node-health.ts';

const now = Date.UTC(2026, 0, 1);
const time = (ago: number): string => new Date(now - ago * 1000).toISOString();
const node = (name: string, status: string, taints: readonly object[] = [], seen = 1): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, resourceVersion: '1', creationTimestamp: time(999) },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime: time(seen) }] },
  }) as unknown as KubeObject;
const keeper = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: time(1) };
const sender = (ago: number): object => ({ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: time(ago) });

/** What the controller writes about the first of some nodes. */
function writes(nodes: readonly KubeObject[]): readonly string[] {
  const store = nodes.reduce((map, item) => map.set(objectKey(item), item), SortedMap.empty<KubeObject>());
  const caches: Caches = { nodes: { ...newInformer({ id: 'nodes', resource: { group: '', version: 'v1', plural: 'nodes' } }), store } };
  const event = (_subject: KubeObject, _type: string, reason: string): SyncCall => ({ method: 'POST', path: reason, background: true });
  const context: SyncContext = { now, caches, failures: 0, satisfied: true, event };
  const sync = nodeLifecycle.sync(nodes[0]!.metadata.name, context);
  const seen: string[] = [];
  for (let step = sync.next(); !step.done;) {
    const answers = step.value.map((call): HttpResponse => {
      if (call.method !== 'GET')
        seen.push(
          `${call.method} ${JSON.stringify((call.body as { readonly spec?: { readonly taints?: readonly { readonly effect: string }[] | null } } | undefined)?.spec?.taints?.map((taint) => taint.effect) ?? null)}`,
        );
      return { type: 'http.response', id: '', status: 200, contentType: '', body: nodes[0] as never };
    });
    step = sync.next(answers);
  }
  return seen;
}

describe('node lifecycle', () => {
  it('marks a node that is silent for 50 s, then keeps pods away, then sends them away', () => {
    expect(writes([node('a', 'True', [], 51), node('b', 'True')])[0]).toBe('PUT []');
    expect(writes([node('a', 'Unknown'), node('b', 'True')])).toEqual(['PATCH ["NoSchedule"]']);
    expect(writes([node('a', 'Unknown', [keeper]), node('b', 'True')])).toEqual(['PATCH ["NoSchedule","NoExecute"]']);
  });

  it('sends nobody away when all nodes are down, and one node every 10 s otherwise', () => {
    expect(writes([node('a', 'Unknown', [keeper]), node('b', 'Unknown', [keeper])])).toEqual([]);
    expect(writes([node('a', 'Unknown', [keeper]), node('b', 'Unknown', [keeper, sender(4)]), node('c', 'True')])).toEqual([]);
    expect(writes([node('a', 'Unknown', [keeper]), node('b', 'Unknown', [keeper, sender(11)]), node('c', 'True')])).toEqual([
      'PATCH ["NoSchedule","NoExecute"]',
    ]);
  });

  it('takes the taints away again when the node is back', () => {
    expect(writes([node('a', 'True', [keeper, sender(5)]), node('b', 'True')])).toEqual(['PATCH ["NoExecute"]']);
  });
});

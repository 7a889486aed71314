import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import { seedRandom } from '#base/random.ts';
import { objectKey, type KubeObject } from '#api/object.ts';
import { newInformer, type InformerState } from '#machinery/informer.ts';
import type { Snapshot } from './framework.ts';
import { emptyInfo, podKey, withPod, type NodeInfo } from './node-info.ts';
import { planVolumes } from './plugins/volumes.ts';
import { preempt } from './preemption.ts';
import { activate, emptyQueues, moveOn, pop } from './queue.ts';
import { fitError, nodesToFind, schedule } from './schedule.ts';
import type { QueuedPod } from './state.ts';

const node = (name: string, more: object = {}, labels: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: {},
    status: { allocatable: { cpu: '1', memory: '4Gi', pods: '110' } },
    ...more,
  }) as unknown as KubeObject;
const pod = (name: string, spec: object = {}, metadata: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, labels: { app: 'a' }, ...metadata },
    spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
    status: {},
  }) as unknown as KubeObject;
const asking = (cpu: string): object => ({ containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }] });

function info(of: KubeObject, pods: readonly KubeObject[] = []): NodeInfo {
  return pods.reduce<NodeInfo>((sum, item) => withPod(sum, podKey(item), item), { ...emptyInfo(of.metadata.name), node: of });
}
function snapshot(nodes: readonly NodeInfo[], objects: Readonly<Record<string, readonly KubeObject[]>> = {}): Snapshot {
  const caches: Record<string, InformerState> = {};
  for (const [plural, list] of Object.entries(objects)) {
    const store = list.reduce((map, object) => map.set(objectKey(object), object), SortedMap.empty<KubeObject>());
    caches[plural] = { ...newInformer({ id: plural, resource: { group: '', version: 'v1', plural } }), store };
  }
  return { nodes, caches, reserved: new Map() };
}
const nobody = (): readonly KubeObject[] => [];
const place = (item: KubeObject, view: Snapshot) => schedule(item, view, seedRandom(1, 'x'), 0, nobody);

describe('filters', () => {
  it('says how many nodes lack what', () => {
    const view = snapshot([
      info(node('a')),
      info(node('b', { spec: { unschedulable: true } })),
      info(node('c', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })),
    ]);
    const outcome = place(pod('p', asking('2')), view);
    expect(fitError(3, outcome, '')).toBe(
      '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
    );
  });

  it('keeps pods apart that an existing pod does not want near it', () => {
    const term = { labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'zone' };
    const shy = pod('shy', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
    const view = snapshot([
      info(node('a', {}, { zone: '1' }), [shy]),
      info(node('b', {}, { zone: '1' })),
      info(node('c', {}, { zone: '2' })),
    ]);
    expect(place(pod('p'), view).node).toBe('c');
  });

  it('spreads over domains within the skew', () => {
    const constraint = {
      topologyKey: 'zone',
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'a' } },
    };
    const view = snapshot([info(node('a', {}, { zone: '1' }), [pod('x')]), info(node('b', {}, { zone: '2' })), info(node('c'))]);
    const outcome = place(pod('p', { topologySpreadConstraints: [constraint] }), view);
    expect(outcome.node).toBe('b');
    expect(outcome.refused.map(({ node: at, refusal }) => [at, ...refusal.reasons])).toEqual([
      ['a', "node(s) didn't match pod topology spread constraints"],
      ['c', "node(s) didn't match pod topology spread constraints (missing required label)"],
    ]);
  });

  it('refuses everywhere what has an unbound claim, before it looks at a node', () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: {},
      status: {},
    } as unknown as KubeObject;
    const user = pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    const view = snapshot([info(node('a'))], { persistentvolumeclaims: [claim] });
    expect(fitError(1, place(user, view), '')).toBe('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.');
    expect(fitError(1, place(user, snapshot([info(node('a'))])), '')).toBe(
      '0/1 nodes are available: persistentvolumeclaim "data" not found.',
    );
  });

  it('finds a volume on the right node for a claim that waits for its consumer', () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      status: {},
    } as unknown as KubeObject;
    const local = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    } as unknown as KubeObject;
    const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] }] };
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'disk' },
      spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' }, nodeAffinity: { required } },
      status: { phase: 'Available' },
    } as unknown as KubeObject;
    const user = pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    const view = snapshot([info(node('a')), info(node('b'))], {
      persistentvolumeclaims: [claim],
      persistentvolumes: [volume],
      storageclasses: [local],
    });
    const outcome = place(user, view);
    expect(outcome.node).toBe('b');
    expect(planVolumes(user, view.nodes[1]!, view)?.map((plan) => plan.volume?.metadata.name)).toEqual(['disk']);
  });
});

describe('preemption', () => {
  const important = pod('vip', { ...asking('600m'), priority: 1000 });
  it('takes the fewest and least important pods away', () => {
    const view = snapshot([
      info(node('a'), [pod('a1', { ...asking('500m'), priority: 5 }), pod('a2', { ...asking('400m'), priority: 0 })]),
      info(node('b'), [pod('b1', { ...asking('900m'), priority: 1 })]),
    ]);
    const result = preempt(important, view, place(important, view), undefined, nobody);
    expect(result).toMatchObject({ node: 'b' });
  });

  it('gives back what there is room for', () => {
    const view = snapshot([
      info(node('a'), [pod('a1', { ...asking('300m'), priority: 5 }), pod('a2', { ...asking('400m'), priority: 0 })]),
    ]);
    const result = preempt(important, view, place(important, view), undefined, nobody);
    expect('victims' in result ? result.victims.map((victim) => victim.metadata.name) : result).toEqual(['a2']);
  });

  it('says why it does not help', () => {
    const view = snapshot([
      info(node('a'), [pod('a1', { ...asking('900m'), priority: 2000 })]),
      info(node('b', { spec: { unschedulable: true } })),
    ]);
    expect(preempt(important, view, place(important, view), undefined, nobody)).toEqual({
      message: '0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
    });
  });
});

describe('queues', () => {
  const queued = (key: string, refusedBy: readonly string[] = []): QueuedPod => ({
    key,
    attempts: 1,
    origin: { seq: 0, story: 0, chatter: false },
    since: 0,
    refusedBy,
  });
  it('gives higher priority first', () => {
    const low = pod('low');
    const high = pod('high', { priority: 10 });
    const queues = activate(activate(emptyQueues, low, queued('default/low')), high, queued('default/high'));
    expect(pop(queues, () => undefined).queued?.key).toBe('default/high');
  });

  it('moves a pod on only when the plugin that refused it sees hope', () => {
    const picky = pod('p', { nodeSelector: { disk: 'ssd' } });
    const queues = { ...emptyQueues, unschedulable: emptyQueues.unschedulable.set('default/p', queued('default/p', ['NodeAffinity'])) };
    const update = (labels: object) =>
      moveOn(queues, { resource: 'node', action: 'update', object: node('a', {}, labels), old: node('a') }, () => picky);
    expect(update({ other: 'x' }).backoff.size).toBe(0);
    expect(update({ disk: 'ssd' }).backoff.size).toBe(1);
  });
});

it('looks at half of a small cluster and at a twentieth of a very large one', () => {
  expect([50, 100, 1000, 6000].map(nodesToFind)).toEqual([50, 100, 420, 300]);
});

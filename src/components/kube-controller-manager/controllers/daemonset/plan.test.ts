import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import type { DaemonSetUpdateStrategy, Taint } from '#api/types.generated.ts';
import { fitOf } from './nodes.ts';
import { groupByNode, manage, rollingUpdate, type Plan, type Situation } from './plan.ts';

const set = (updateStrategy: DaemonSetUpdateStrategy = { type: 'RollingUpdate' }, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default', annotations: { 'deprecated.daemonset.template.generation': '2' } },
  spec: { selector: {}, updateStrategy, template: { spec: { containers: [], ...spec } } },
});
const node = (name: string, taints: readonly Taint[] = [], labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: { taints },
});
/** `n1 old ready`: a pod on a node, of which template and in which state. */
function pod(text: string): KubeObject {
  const [nodeName = '', template = '', state = ''] = text.split(' ');
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
  const phase = state === 'failed' ? 'Failed' : state === 'pending' ? 'Pending' : 'Running';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: text,
      labels: { 'controller-revision-hash': template, 'pod-template-generation': template === 'new' ? '2' : '1' },
      creationTimestamp: template === 'new' ? '2026-01-01T00:01:00Z' : '2026-01-01T00:00:00Z',
      ...(state === 'going' ? { deletionTimestamp: '2026-01-01T00:02:00Z' } : {}),
    },
    spec: { nodeName },
    status: { phase, conditions: state === 'ready' ? [ready] : [] },
  };
}
const nodes = ['n1', 'n2', 'n3'].map((name) => node(name));
const situation = (pods: readonly string[], strategy?: DaemonSetUpdateStrategy): Situation => ({
  set: set(strategy),
  nodes,
  byNode: groupByNode(pods.map(pod)),
  hash: 'new',
  now: Date.parse('2026-01-01T00:10:00Z'),
});
const shown = ({ create, remove }: Plan): object => ({ create, remove: remove.map((item) => item.metadata.name) });

describe('nodes', () => {
  it('are wanted by selector and taints; a pod stays on a node that only refuses new ones', () => {
    const plain = set();
    expect(fitOf(plain, node('n'))).toEqual({ run: true, stay: true });
    expect(fitOf(plain, node('n', [{ key: 'x', effect: 'NoSchedule' }]))).toEqual({ run: false, stay: true });
    expect(fitOf(plain, node('n', [{ key: 'x', effect: 'NoExecute' }]))).toEqual({ run: false, stay: false });
    expect(fitOf(plain, node('n', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]))).toEqual({ run: true, stay: true });
    const choosy = set(undefined, { nodeSelector: { disk: 'ssd' } });
    expect(fitOf(choosy, node('n'))).toEqual({ run: false, stay: false });
    expect(fitOf(choosy, node('n', [], { disk: 'ssd' }))).toEqual({ run: true, stay: true });
  });
});

describe('manage', () => {
  it('makes what is missing and replaces what has ended', () => {
    expect(shown(manage(situation(['n1 new ready', 'n2 new failed'])))).toEqual({ create: ['n3'], remove: ['n2 new failed'] });
  });

  it('waits for a pod that goes before it makes another, and keeps the older of two', () => {
    expect(shown(manage(situation(['n1 old going', 'n2 old ready', 'n2 new ready', 'n3 new ready'])))).toEqual({
      create: [],
      remove: ['n2 new ready'],
    });
  });
});

describe('a rolling update', () => {
  it('takes one old pod at a time', () => {
    const strategy: DaemonSetUpdateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
    expect(shown(rollingUpdate(situation(['n1 old ready', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: ['n1 old ready'],
    });
    expect(shown(rollingUpdate(situation(['n1 new pending', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: [],
    });
    expect(shown(rollingUpdate(situation(['n1 new ready', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: ['n2 old ready'],
    });
    expect(shown(rollingUpdate(situation(['n2 old ready', 'n3 old ready'], strategy)))).toEqual({ create: [], remove: [] });
  });

  it('takes pods that do not work at once', () => {
    const strategy: DaemonSetUpdateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%', maxSurge: 0 } };
    expect(shown(rollingUpdate(situation(['n1 old pending', 'n2 old pending', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: ['n1 old pending', 'n2 old pending'],
    });
  });

  it('can make the new pod first', () => {
    const strategy: DaemonSetUpdateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    expect(shown(rollingUpdate(situation(['n1 old ready', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: ['n1'],
      remove: [],
    });
    expect(shown(rollingUpdate(situation(['n1 old ready', 'n1 new pending', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: [],
    });
    expect(shown(rollingUpdate(situation(['n1 old ready', 'n1 new ready', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: ['n2'],
      remove: ['n1 old ready'],
    });
    expect(shown(manage(situation(['n1 old ready', 'n1 new ready', 'n2 old ready', 'n3 old ready'], strategy)))).toEqual({
      create: [],
      remove: ['n1 old ready'],
    });
  });
});

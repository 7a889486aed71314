import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../object.ts';
import type { ResourceQuotaSpec } from '../types.generated.ts';
import { calculateUsage, evaluatorFor } from './index.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const object = (kind: string, fields: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'team', ...metadata },
  ...fields,
});
const container = (requests?: object, limits?: object, more: object = {}): object => ({
  name: 'a',
  image: 'nginx',
  resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) },
  ...more,
});
const pod = (spec: object, status: object = {}, metadata: object = {}): KubeObject => object('Pod', { spec, status }, metadata);
const usage = (plural: string, item: KubeObject, group = ''): object => evaluatorFor(group, plural)!.usage(item, now);
const used = (spec: ResourceQuotaSpec, plural: string, objects: readonly KubeObject[], group = ''): object =>
  calculateUsage({ spec }, [{ group, plural, objects: () => objects }], now);

describe('pods', () => {
  it('count with what they ask for, init containers and sidecars as the scheduler counts them', () => {
    const spec = {
      containers: [container({ cpu: '100m', memory: '64Mi' }, { cpu: '200m' }), container({ cpu: '150m' })],
      initContainers: [container({ cpu: '50m' }, undefined, { restartPolicy: 'Always' }), container({ cpu: '500m' })],
    };
    expect(usage('pods', pod(spec))).toEqual({
      'count/pods': '1',
      pods: '1',
      cpu: '550m',
      'requests.cpu': '550m',
      memory: '64Mi',
      'requests.memory': '64Mi',
      'limits.cpu': '200m',
    });
  });

  it('count extended resources and huge pages under their names for requests', () => {
    const asked = usage('pods', pod({ containers: [container({ 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' })] }));
    expect(asked).toMatchObject({ 'requests.example.com/gpu': '2', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi' });
    expect(evaluatorFor('', 'pods')!.counts('requests.example.com/gpu')).toBe(true);
    expect(evaluatorFor('', 'pods')!.counts('requests.storage')).toBe(false);
  });

  it('at their end, or stuck beyond it, are only objects', () => {
    const spec = { containers: [container({ cpu: '1' })] };
    const deleted = (seconds: number): object => ({
      deletionTimestamp: new Date(now - seconds * 1000).toISOString(),
      deletionGracePeriodSeconds: 30,
    });
    expect(usage('pods', pod(spec, { phase: 'Succeeded' }))).toEqual({ 'count/pods': '1' });
    expect(usage('pods', pod(spec, {}, deleted(31)))).toEqual({ 'count/pods': '1' });
    expect(usage('pods', pod(spec, {}, deleted(29)))).toHaveProperty('pods');
  });

  it('must ask for cpu and memory where these are limited', () => {
    const complaint = evaluatorFor('', 'pods')!.complaint(
      pod({ containers: [container({ cpu: '1' }), { name: 'b', image: 'x' }], initContainers: [{ name: 'c', image: 'x' }] }),
      ['requests.cpu', 'limits.cpu', 'pods', 'requests.ephemeral-storage'],
    );
    expect(complaint).toBe('must specify limits.cpu for: a,b,c; requests.cpu for: b,c');
  });

  it('set something free when they end, not when their status changes', () => {
    const { frees } = evaluatorFor('', 'pods')!;
    const spec = { containers: [container({ cpu: '1' })] };
    expect(frees(pod(spec, { phase: 'Running' }), pod(spec, { phase: 'Failed' }))).toBe(true);
    expect(frees(pod(spec, { phase: 'Pending' }), pod(spec, { phase: 'Running' }))).toBe(false);
  });
});

describe('scopes', () => {
  const burst = pod({ containers: [container({ cpu: '1' })], activeDeadlineSeconds: 60, priorityClassName: 'high' });
  const plain = pod({ containers: [container()] });
  const count = (spec: ResourceQuotaSpec): unknown => used({ hard: { pods: '9' }, ...spec }, 'pods', [burst, plain]);

  it.each([
    [{ scopes: ['Terminating'] }, '1'],
    [{ scopes: ['NotTerminating', 'BestEffort'] }, '1'],
    [{ scopes: ['Terminating', 'BestEffort'] }, '0'],
    [{ scopes: ['PriorityClass'] }, '1'],
    [{ scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } }, '1'],
    [{ scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['low'] }] } }, '2'],
    [{ scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'DoesNotExist' }] } }, '1'],
    [{}, '2'],
  ] satisfies readonly (readonly [ResourceQuotaSpec, string])[])('%j', (spec, pods) => {
    expect(count(spec)).toEqual({ pods });
  });

  it('leave out kinds that have none', () => {
    expect(used({ hard: { 'count/configmaps': '5' }, scopes: ['BestEffort'] }, 'configmaps', [object('ConfigMap', {})])).toEqual({
      'count/configmaps': '0',
    });
  });
});

describe('services, claims and objects', () => {
  const service = (type: string, more: object = {}): KubeObject =>
    object('Service', { spec: { type, ports: [{ port: 80, nodePort: 30001 }, { port: 81 }], ...more } });

  it('services take node ports and load balancers by their type', () => {
    expect(usage('services', service('ClusterIP'))).toMatchObject({
      services: '1',
      'services.nodeports': '0',
      'services.loadbalancers': '0',
    });
    expect(usage('services', service('NodePort'))).toMatchObject({ 'services.nodeports': '2' });
    expect(usage('services', service('LoadBalancer', { allocateLoadBalancerNodePorts: false }))).toMatchObject({
      'services.nodeports': '1',
      'services.loadbalancers': '1',
    });
  });

  it('claims count once more under their class', () => {
    const claim = object('PersistentVolumeClaim', { spec: { storageClassName: 'gold', resources: { requests: { storage: '2Gi' } } } });
    expect(usage('persistentvolumeclaims', claim)).toEqual({
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '2Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
    });
    expect(evaluatorFor('', 'persistentvolumeclaims')!.counts('gold.storageclass.storage.k8s.io/requests.storage')).toBe(true);
  });

  it('other objects count under count/, some under their old name too', () => {
    expect(usage('deployments', object('Deployment', {}), 'apps')).toEqual({ 'count/deployments.apps': '1' });
    expect(usage('secrets', object('Secret', {}))).toEqual({ 'count/secrets': '1', secrets: '1' });
    expect(evaluatorFor('', 'events')).toBeUndefined();
  });

  it('sums come out in the format they were asked in', () => {
    const claim = (storage: string): KubeObject => object('PersistentVolumeClaim', { spec: { resources: { requests: { storage } } } });
    expect(used({ hard: { 'requests.storage': '10Gi' } }, 'persistentvolumeclaims', [claim('512Mi'), claim('1536Mi')])).toEqual({
      'requests.storage': '2Gi',
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { packetRules } from './rules.ts';

const service = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec,
});
const slice = (endpoints: readonly object[], ports: readonly object[] = [{ name: '', port: 8080 }]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints,
  ports,
});
const endpoint = (ip: string, conditions: object, nodeName = 'node-1'): object => ({ addresses: [ip], conditions, nodeName });
const one = { clusterIP: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }] };
const rulesOf = (spec: object, endpoints: readonly object[], node = 'node-1') =>
  packetRules({ services: [service(spec)], slices: [slice(endpoints)], nodes: [] }, node).services;

describe('packetRules', () => {
  it('sends a service port to the ready endpoints, on the port of their slice', () => {
    const [rule] = rulesOf(one, [endpoint('10.244.0.2', { ready: true }), endpoint('10.244.0.3', { ready: false })]);
    expect(rule).toMatchObject({ name: 'default/web', addresses: ['10.96.0.7'], port: 80, endpoints: [{ ip: '10.244.0.2', port: 8080 }] });
  });

  it('falls back to endpoints that still serve while they end, when none is ready', () => {
    const ending = endpoint('10.244.0.4', { ready: false, serving: true, terminating: true });
    const [rule] = rulesOf(one, [ending, endpoint('10.244.0.3', { ready: false, serving: false })]);
    expect(rule?.endpoints.map((item) => item.ip)).toEqual(['10.244.0.4']);
  });

  it('keeps to its own node where the service says so', () => {
    const all = [endpoint('10.244.0.2', { ready: true }), endpoint('10.244.1.2', { ready: true }, 'node-2')];
    const [rule] = rulesOf({ ...one, internalTrafficPolicy: 'Local' }, all, 'node-2');
    expect(rule?.endpoints.map((item) => item.ip)).toEqual(['10.244.1.2']);
  });

  it('has no rule for headless and external names', () => {
    expect(rulesOf({ clusterIP: 'None', ports: [{ port: 80 }] }, [])).toEqual([]);
    expect(rulesOf({ type: 'ExternalName', externalName: 'example.org' }, [])).toEqual([]);
  });

  it('routes the pod network and the address of each node to it', () => {
    const node: KubeObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-2' },
      spec: { podCIDR: '10.244.1.0/24' },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.49.4' }] },
    };
    expect(packetRules({ services: [], slices: [], nodes: [node] }, 'node-1').routes).toEqual([
      { prefix: '10.244.1.', node: 'node-2' },
      { prefix: '192.168.49.4', node: 'node-2' },
    ]);
  });
});

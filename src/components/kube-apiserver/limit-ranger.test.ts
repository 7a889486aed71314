import { describe, expect, it } from 'vitest';
import { SortedMap } from '#base/sorted-map.ts';
import type { RandomState } from '#base/random.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { KubeObject } from '#api/object.ts';
import type { LimitRangeItem } from '#api/types.generated.ts';
import type { AdmissionRequest } from './admission.ts';
import { limitRanger, validateLimits } from './limit-ranger.ts';
import { noInfo } from './request-state.ts';
import { emptyState, type ApiServerState } from './state.ts';

function server(...limits: readonly LimitRangeItem[]): ApiServerState {
  const definition = builtInResources.find('', 'v1', 'limitranges')!;
  const range = definition.applyDefaults({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'r', namespace: 'team' },
    spec: { limits },
  });
  const cache = SortedMap.empty<KubeObject>().set('/registry/limitranges/team/r', range);
  return { ...emptyState, caches: emptyState.caches.set('/registry/limitranges', cache) };
}

function creating(plural: 'pods' | 'persistentvolumeclaims', spec: object): AdmissionRequest {
  const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x', namespace: 'team' }, spec } as KubeObject;
  const resource = builtInResources.find('', 'v1', plural)!;
  const info = { ...noInfo, verb: 'create', plural, namespace: 'team' };
  return { info, resource, user: { name: '', groups: [] }, object, old: undefined, query: {}, random: 0 as RandomState };
}
const pod = (...resources: readonly object[]): AdmissionRequest =>
  creating('pods', { containers: resources.map((item, index) => ({ name: `c${index}`, image: 'i', resources: item })) });
const refusal = (state: ApiServerState, request: AdmissionRequest): string | undefined => validateLimits(state, request)?.message;

describe('defaults', () => {
  it('fill what a container leaves out, and say so', () => {
    const state = server({ type: 'Container', default: { cpu: '400m', memory: '1Gi' }, defaultRequest: { cpu: '200m' } });
    const { object } = limitRanger(state, pod({}, { requests: { cpu: '1', memory: '1Mi' }, limits: { cpu: '1' } })) as {
      object: KubeObject;
    };
    expect(object['spec']).toMatchObject({
      containers: [
        { resources: { limits: { cpu: '400m', memory: '1Gi' }, requests: { cpu: '200m', memory: '1Gi' } } },
        { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Mi' } } },
      ],
    });
    expect(object.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; memory limit for container c1',
    });
  });

  it('come from the bounds where nothing else is said', () => {
    const { object } = limitRanger(server({ type: 'Container', max: { cpu: '2' }, min: { memory: '64Mi' } }), pod({})) as {
      object: KubeObject;
    };
    expect(object['spec']).toMatchObject({ containers: [{ resources: { limits: { cpu: '2' }, requests: { cpu: '2', memory: '64Mi' } } }] });
  });
});

describe('bounds', () => {
  it.each([
    [{ max: { cpu: '1' } }, { limits: { cpu: '2' } }, 'maximum cpu usage per Container is 1, but limit is 2'],
    [{ max: { cpu: '1' } }, { requests: { cpu: '1' } }, 'maximum cpu usage per Container is 1.  No limit is specified'],
    [{ min: { cpu: '100m' } }, { requests: { cpu: '50m' } }, 'minimum cpu usage per Container is 100m, but request is 50m'],
    [{ min: { cpu: '100m' } }, {}, 'minimum cpu usage per Container is 100m.  No request is specified'],
    [
      { maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '500m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    ],
    [{ max: { cpu: '1' } }, { requests: { cpu: '1' }, limits: { cpu: '1' } }, undefined],
  ])('%j with %j', (item, resources, message) => {
    expect(refusal(server({ type: 'Container', ...item }), pod(resources))).toBe(message && `pods "x" is forbidden: ${message}`);
  });

  it('of pods are for all containers together, and several complaints are a list', () => {
    const both = pod({ limits: { cpu: '2' }, requests: { cpu: '2' } }, { limits: { cpu: '2' }, requests: { cpu: '2' } });
    expect(refusal(server({ type: 'Pod', max: { cpu: '3' } }), both)).toBe(
      'pods "x" is forbidden: maximum cpu usage per Pod is 3, but limit is 4',
    );
    expect(refusal(server({ type: 'Pod', max: { cpu: '3', memory: '1Gi' } }), both)).toBe(
      'pods "x" is forbidden: [maximum cpu usage per Pod is 3, but limit is 4, maximum memory usage per Pod is 1Gi.  No limit is specified]',
    );
  });

  it('of claims are about what they ask for', () => {
    const claim = creating('persistentvolumeclaims', { resources: { requests: { storage: '3Gi' } } });
    expect(refusal(server({ type: 'PersistentVolumeClaim', max: { storage: '2Gi' } }), claim)).toBe(
      'persistentvolumeclaims "x" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
  });
});

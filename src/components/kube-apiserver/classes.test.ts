import { describe, expect, it } from 'vitest';
import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { PodSpec } from '#api/types.generated.ts';
import type { AdmissionRequest, Mutation } from './admission.ts';
import { defaultIngressClass, priority, runtimeClass, validateClasses } from './classes.ts';
import { serverWith } from './policies/fixtures.ts';
import { noInfo } from './request-state.ts';
import { emptyState } from './state.ts';

const object = (apiVersion: string, kind: string, name: string, more: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...metadata },
  ...more,
});

function request(body: KubeObject, old?: KubeObject): AdmissionRequest {
  const resource = builtInResources.findByKind({ ...parseApiVersion(body.apiVersion), kind: body.kind })!;
  const { group, version, plural } = resource;
  const info = {
    ...noInfo,
    isResource: true,
    verb: old === undefined ? 'create' : 'update',
    group,
    version,
    plural,
    namespace: resource.namespaced ? 'ns' : '',
    name: body.metadata.name,
  };
  return { info, resource, user: { name: '', groups: [] }, object: body, old, query: {}, random: emptyState.random };
}

/** What a plug-in makes of an object's spec, or why it refuses it. */
function made(plugin: Mutation, body: KubeObject, others: readonly KubeObject[]): unknown {
  const result = plugin(serverWith(others), request(body));
  return 'message' in result ? result.message : (result as { readonly object: KubeObject }).object['spec'];
}
const pod = (more: Partial<PodSpec> = {}): KubeObject => object('v1', 'Pod', 'p', { spec: { containers: [], ...more } });
const priorityClass = (name: string, more: object): KubeObject => object('scheduling.k8s.io/v1', 'PriorityClass', name, more);

describe('priorities', () => {
  const classes = [
    priorityClass('high', { value: 10, preemptionPolicy: 'Never' }),
    priorityClass('usual', { value: 1, globalDefault: true, preemptionPolicy: 'PreemptLowerPriority' }),
  ];

  it('come from the class, or from the default', () => {
    expect(made(priority, pod({ priorityClassName: 'high' }), classes)).toMatchObject({
      priority: 10,
      preemptionPolicy: 'Never',
      priorityClassName: 'high',
    });
    expect(made(priority, pod(), classes)).toMatchObject({ priority: 1, priorityClassName: 'usual' });
    expect(made(priority, pod(), [])).toEqual({ containers: [], priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  });

  it('are not given by hand', () => {
    expect(made(priority, pod({ priorityClassName: 'none' }), classes)).toBe(
      'pods "p" is forbidden: no PriorityClass with name none was found',
    );
    expect(made(priority, pod({ priority: 5 }), classes)).toBe(
      'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1 from the given PriorityClass name',
    );
  });

  it('have one default', () => {
    const second = priorityClass('other', { value: 2, globalDefault: true });
    expect(validateClasses(serverWith(classes), request(second))?.message).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    expect(validateClasses(serverWith(classes), request(classes[1]!, classes[1]))).toBeUndefined();
  });

  it('stay as they are, below those of the system', () => {
    const { validateCreate, validateUpdate } = request(classes[0]!).resource;
    const texts = (errors: readonly { readonly field: string; readonly detail: string }[]): readonly string[] =>
      errors.map(({ field, detail }) => `${field}: ${detail}`);
    expect(texts(validateCreate(priorityClass('huge', { value: 1_000_000_001 })))).toEqual([
      'value: maximum allowed value of a user defined priority is 1000000000',
    ]);
    expect(texts(validateCreate(priorityClass('system-mine', { value: 1 })))[0]).toContain(
      "with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    );
    expect(texts(validateUpdate(priorityClass('high', { value: 11, preemptionPolicy: 'Never' }), classes[0]!, ''))).toEqual([
      'value: may not be changed in an update.',
    ]);
  });
});

describe('runtimes', () => {
  const gvisor = object('node.k8s.io/v1', 'RuntimeClass', 'gvisor', {
    handler: 'runsc',
    overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { runtime: 'gvisor' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
  });

  it('say what they cost and where they are', () => {
    expect(made(runtimeClass, pod({ runtimeClassName: 'gvisor', nodeSelector: { disk: 'ssd' } }), [gvisor])).toMatchObject({
      overhead: { cpu: '250m' },
      nodeSelector: { disk: 'ssd', runtime: 'gvisor' },
      tolerations: [{ key: 'sandbox', operator: 'Exists' }],
    });
  });

  it.each<[Partial<PodSpec>, string]>([
    [{ runtimeClassName: 'none' }, 'RuntimeClass "none" not found'],
    [{ overhead: { cpu: '1' } }, 'Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [{ runtimeClassName: 'gvisor', overhead: { cpu: '1' } }, "Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [
      { runtimeClassName: 'gvisor', nodeSelector: { runtime: 'kata' } },
      'conflict: runtimeClass.scheduling.nodeSelector[runtime] = gvisor; pod.spec.nodeSelector[runtime] = kata',
    ],
  ])('%j is refused', (spec, why) => expect(made(runtimeClass, pod(spec), [gvisor])).toBe(`pods "p" is forbidden: pod rejected: ${why}`));
});

it('an ingress gets the newest class that is marked as default, unless it has one', () => {
  const ingressClass = (name: string, creationTimestamp: string, value = 'true'): KubeObject =>
    object(
      'networking.k8s.io/v1',
      'IngressClass',
      name,
      {},
      { creationTimestamp, annotations: { 'ingressclass.kubernetes.io/is-default-class': value } },
    );
  const classes = [
    ingressClass('old', '2026-01-01T00:00:00Z'),
    ingressClass('new', '2026-02-01T00:00:00Z'),
    ingressClass('newer', '2026-03-01T00:00:00Z', 'false'),
  ];
  const ingress = (spec: object): KubeObject => object('networking.k8s.io/v1', 'Ingress', 'i', { spec });
  expect(made(defaultIngressClass, ingress({}), classes)).toEqual({ ingressClassName: 'new' });
  expect(made(defaultIngressClass, ingress({ ingressClassName: 'mine' }), classes)).toEqual({ ingressClassName: 'mine' });
  expect(made(defaultIngressClass, ingress({}), [])).toEqual({});
});

it('a claim grows only where its class allows it', () => {
  const claim = (storage: string, storageClassName = 'fast'): KubeObject =>
    object('v1', 'PersistentVolumeClaim', 'c', { spec: { storageClassName, resources: { requests: { storage } } } }, { namespace: 'ns' });
  const storageClass = (allowVolumeExpansion: boolean): KubeObject =>
    object('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'x', allowVolumeExpansion });
  const grown = (allowed: boolean, to = '2Gi'): string | undefined =>
    validateClasses(serverWith([storageClass(allowed)]), request(claim(to), claim('1Gi')))?.message;
  expect(grown(true)).toBeUndefined();
  expect(grown(false, '1Gi')).toBeUndefined();
  expect(grown(false)).toBe(
    'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
});

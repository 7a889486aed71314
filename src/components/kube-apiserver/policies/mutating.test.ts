import { describe, expect, it } from 'vitest';
import { begin } from '#base/routine.ts';
import type { KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import { mutate } from '../admission.ts';
import { noInfo } from '../request-state.ts';
import { emptyState } from '../state.ts';
import { serverWith } from './fixtures.ts';

interface Mutation {
  readonly apply?: string;
  readonly json?: string;
}
/** A policy on config maps and pods, and its binding. */
function policy(name: string, mutations: readonly Mutation[], more: object = {}): readonly KubeObject[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['configmaps', 'pods'], scope: '*' }];
  const made = mutations.map(({ apply, json }) =>
    json === undefined
      ? { patchType: 'ApplyConfiguration', applyConfiguration: { expression: apply } }
      : { patchType: 'JSONPatch', jsonPatch: { expression: json } },
  );
  const spec = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: { resourceRules: rules }, mutations: made, ...more };
  return [
    { apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name }, spec },
    { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } },
  ];
}

const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } };
const configMap: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' }, data: { a: '1' } };
const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
};

/** The object as the mutating plug-ins leave it, or what refuses it. */
function made(policies: readonly (readonly KubeObject[])[], object: KubeObject = configMap): unknown {
  const resource = builtInResources.findByKind({ group: '', version: 'v1', kind: object.kind })!;
  const info = { ...noInfo, isResource: true, verb: 'create', version: 'v1', plural: resource.plural, namespace: 'default' };
  const state = serverWith([namespace, account, ...policies.flat()]);
  const request = {
    info,
    resource,
    user: { name: 'jane', groups: [] },
    object,
    old: undefined,
    query: {},
    random: emptyState.random,
  };
  const progress = begin(() => mutate(state, request));
  if (!progress.done) throw new Error('nobody is to be asked here');
  return progress.result.refused ?? progress.result.object;
}

describe('mutating policies', () => {
  it('merge what they make into the object', () => {
    const label = policy('p', [
      { apply: 'Object{metadata: Object.metadata{labels: {"owner": request.userInfo.username}}, data: {"b": object.data.a + "0"}}' },
    ]);
    expect(made([label])).toMatchObject({ metadata: { name: 'c', labels: { owner: 'jane' } }, data: { a: '1', b: '10' } });
  });

  it('merge lists by the keys of their items', () => {
    const image = policy('p', [
      {
        apply:
          'Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, imagePullPolicy: "Never"})}}',
      },
    ]);
    expect(made([image], pod)).toMatchObject({ spec: { containers: [{ name: 'main', image: 'nginx', imagePullPolicy: 'Never' }] } });
  });

  it('patch, one after another; a test that fails leaves the object alone', () => {
    const steps = policy('p', [
      { json: '[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("x/y"), value: "2"}]' },
      { json: '[JSONPatch{op: "test", path: "/data/a", value: "other"}, JSONPatch{op: "remove", path: "/data/a"}]' },
      { json: 'object.data.map(k, JSONPatch{op: "add", path: "/metadata/labels", value: {"keys": string(object.data.size())}})' },
    ]);
    expect(made([steps])).toMatchObject({ metadata: { labels: { keys: '2' } }, data: { a: '1', 'x/y': '2' } });
  });

  it('may be told to be asked again when others have changed the object', () => {
    const count = (policyName: string, reinvocationPolicy: string): readonly KubeObject[] =>
      policy(
        policyName,
        [{ apply: `Object{metadata: Object.metadata{labels: {"${policyName}": string(size(object.metadata.?labels.orValue({})))}}}` }],
        { reinvocationPolicy },
      );
    expect(made([count('a', 'Never'), count('b', 'Never')])).toMatchObject({ metadata: { labels: { a: '0', b: '1' } } });
    expect(made([count('a', 'IfNeeded'), count('b', 'Never')])).toMatchObject({ metadata: { labels: { a: '2', b: '1' } } });
  });

  it('let the other plug-ins see what they made', () => {
    const sidecar = policy('p', [
      { json: '[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "side", image: "busybox"}}]' },
    ]);
    const { spec } = made([sidecar], pod) as {
      spec: { volumes: readonly unknown[]; containers: readonly { name: string; volumeMounts: readonly { name: string }[] }[] };
    };
    expect(spec.containers.map((item) => item.name)).toEqual(['main', 'side']);
    expect(spec.volumes).toHaveLength(1);
    expect(spec.containers[1]!.volumeMounts).toEqual(spec.containers[0]!.volumeMounts);
  });

  it('refuse what they cannot change, unless failures are to be ignored', () => {
    const broken = [{ apply: 'Object{data: {"b": object.nothing}}' }];
    const message =
      "policy 'p' with binding 'p' denied request: expression 'Object{data: {\"b\": object.nothing}}' resulted in error: no such key: nothing";
    expect(made([policy('p', broken)])).toMatchObject({
      kind: 'Status',
      code: 403,
      reason: 'Invalid',
      message,
      details: { kind: 'configmaps', causes: [{ message }] },
    });
    expect(made([policy('p', broken, { failurePolicy: 'Ignore' })])).toEqual(configMap);
  });

  it.each([
    ['Object{spec: Object.spec{nodeSelector: {"a": "b"}}}', 'may not mutate atomic arrays, maps or structs: .spec.nodeSelector'],
    ['Object{spec: Object.wrong{hostname: "x"}}', 'type mismatch: unexpected type name "Object.wrong", expected "Object.spec"'],
    ['1', 'compilation error: must evaluate to Object but got int'],
  ])('%s is refused', (apply, message) =>
    expect(made([policy('p', [{ apply }])], pod)).toMatchObject({ message: expect.stringContaining(message) as string }),
  );
});

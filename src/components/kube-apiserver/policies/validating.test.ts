import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { RequestInfo } from '../request-info.ts';
import { noInfo } from '../request-state.ts';
import { emptyState } from '../state.ts';
import { serverWith } from './fixtures.ts';
import { validatingAdmissionPolicies, type PolicyVerdict } from './validating.ts';

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  more: object = {},
  namespace?: string,
  labels?: Readonly<Record<string, string>>,
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
  ...more,
});
const group = 'admissionregistration.k8s.io/v1';
const rule = (resources: readonly string[], more: object = {}): object => ({
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['*'],
  resources,
  scope: '*',
  ...more,
});
const policy = (spec: object, rules: readonly object[] = [rule(['configmaps'])], constraints: object = {}): KubeObject =>
  object(group, 'ValidatingAdmissionPolicy', 'p', {
    spec: { failurePolicy: 'Fail', matchConstraints: { matchPolicy: 'Equivalent', resourceRules: rules, ...constraints }, ...spec },
  });
const binding = (spec: object = {}, name = 'b'): KubeObject =>
  object(group, 'ValidatingAdmissionPolicyBinding', name, { spec: { policyName: 'p', validationActions: ['Deny'], ...spec } });
const never = { validations: [{ expression: 'false', message: 'no' }] };
const namespace = (name: string, labels: Readonly<Record<string, string>>): KubeObject =>
  object('v1', 'Namespace', name, {}, undefined, labels);

const written = object('v1', 'ConfigMap', 'c', { data: { a: '1' } }, 'default', { app: 'x' });
interface Write {
  readonly info?: Partial<RequestInfo>;
  readonly object?: KubeObject | undefined;
  readonly old?: KubeObject;
}

/** What policies say of a write to a config map, unless it is another one. */
function ask(objects: readonly KubeObject[], { info = {}, old, ...given }: Write = {}): PolicyVerdict {
  const full: RequestInfo = {
    ...noInfo,
    isResource: true,
    verb: 'create',
    version: 'v1',
    plural: 'configmaps',
    namespace: 'default',
    ...info,
  };
  const resource = builtInResources.find(full.group, full.version, full.plural)!;
  const body = 'object' in given ? given.object : written;
  const user = { name: 'jane', groups: ['dev'] };
  return validatingAdmissionPolicies(serverWith(objects), {
    info: full,
    resource,
    user,
    object: body,
    old,
    query: {},
    random: emptyState.random,
  });
}
const refused = (objects: readonly KubeObject[], write?: Write): string | undefined => ask(objects, write).refused?.message;
const says = (text: string): string =>
  `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${text}`;

describe('what a policy is asked of', () => {
  it.each([
    ['its resource', [policy(never), binding()], says('no')],
    ['nothing without a binding', [policy(never)], undefined],
    ['nothing through the binding of another policy', [policy(never), binding({ policyName: 'q' })], undefined],
    ['not of other resources', [policy(never, [rule(['secrets'])]), binding()], undefined],
    ['not of the subresources of a resource that it names', [policy(never, [rule(['configmaps/status'])]), binding()], undefined],
    ['of all resources', [policy(never, [rule(['*'])]), binding()], says('no')],
    ['not of other operations', [policy(never, [rule(['*'], { operations: ['UPDATE'] })]), binding()], undefined],
    ['not of other names', [policy(never, [rule(['*'], { resourceNames: ['d'] })]), binding()], undefined],
    ['not of namespaced resources by a rule for others', [policy(never, [rule(['*'], { scope: 'Cluster' })]), binding()], undefined],
    ['not of what is excluded', [policy(never, undefined, { excludeResourceRules: [rule(['configmaps'])] }), binding()], undefined],
    ['of objects with labels', [policy(never, undefined, { objectSelector: { matchLabels: { app: 'x' } } }), binding()], says('no')],
    ['not of objects with others', [policy(never, undefined, { objectSelector: { matchLabels: { app: 'y' } } }), binding()], undefined],
    [
      'of objects in namespaces with labels',
      [
        namespace('default', { env: 'prod' }),
        policy(never),
        binding({ matchResources: { namespaceSelector: { matchLabels: { env: 'prod' } } } }),
      ],
      says('no'),
    ],
    [
      'not in others',
      [namespace('default', {}), policy(never), binding({ matchResources: { namespaceSelector: { matchLabels: { env: 'prod' } } } })],
      undefined,
    ],
  ])('%s', (_what, objects, message) => expect(refused(objects)).toBe(message));

  it('never of policies, so that a wrong one can be mended', () => {
    const info = { group: 'admissionregistration.k8s.io', plural: 'validatingadmissionpolicies', namespace: '' };
    expect(refused([policy(never, [rule(['*'])]), binding()], { info, object: policy({}) })).toBeUndefined();
  });

  it('of the other name of a resource, unless it wants exact matches', () => {
    const events = [rule(['events'], { apiGroups: ['events.k8s.io'] })];
    const write = { info: { plural: 'events' }, object: object('v1', 'Event', 'c', {}, 'default') };
    expect(refused([policy(never, events), binding()], write)).toContain('denied request: no');
    expect(refused([policy(never, events, { matchPolicy: 'Exact' }), binding()], write)).toBeUndefined();
  });
});

describe('what expressions see', () => {
  const holds = (expression: string, write?: Write, more: object = {}): string | undefined =>
    refused(
      [
        namespace('default', { env: 'prod' }),
        written,
        policy({ validations: [{ expression, messageExpression: "'wrong'" }], ...more }),
        binding(),
      ],
      write,
    );
  it.each([
    ["request.userInfo.username == 'jane' && 'dev' in request.userInfo.groups", {}],
    ["request.operation == 'CREATE' && request.name == 'c' && request.namespace == 'default' && !request.dryRun", {}],
    ["request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps' && !has(request.subResource)", {}],
    ['oldObject == null && object.data.a == "1"', {}],
    ["namespaceObject.metadata.labels['env'] == 'prod'", {}],
    ["object.data.a == '1' && oldObject.data.a == '0'", { info: { verb: 'update', name: 'c' }, old: { ...written, data: { a: '0' } } }],
    [
      "object == null && oldObject.data.a == '1' && request.operation == 'DELETE'",
      { info: { verb: 'delete', name: 'c' }, object: undefined },
    ],
    ["!authorizer.group('').resource('secrets').namespace('default').check('get').allowed()", {}],
    ["!authorizer.requestResource.check('approve').allowed()", {}],
  ])('%s', (expression, write) => expect(holds(expression, write as Write)).toBeUndefined());

  it('subresources have the kind of their object, or another', () => {
    const rules = [rule(['deployments/*'])];
    const subject = (subresource: string, expression: string): string | undefined =>
      refused([policy({ validations: [{ expression, message: 'no' }] }, rules), binding()], {
        info: { group: 'apps', plural: 'deployments', verb: 'update', name: 'c', subresource },
      });
    expect(
      subject('status', "request.kind.group == 'apps' && request.kind.version == 'v1' && request.kind.kind == 'Deployment'"),
    ).toBeUndefined();
    expect(subject('scale', "request.kind.kind == 'Scale' && request.resource.resource == 'deployments'")).toBeUndefined();
    expect(subject('scale', "request.subResource != 'scale'")).toContain('denied request: no');
  });

  it('variables are there for who uses them, and fail only then', () => {
    const variables = [
      { name: 'keys', expression: 'object.data.map(k, k)' },
      { name: 'first', expression: 'variables.keys[0]' },
      { name: 'bad', expression: 'object.nothing' },
    ];
    expect(holds("variables.first == 'a'", {}, { variables })).toBeUndefined();
    expect(holds('variables.bad == 1', {}, { variables })).toBe(
      says('expression \'variables.bad == 1\' resulted in error: composited variable "bad" fails to evaluate: no such key: nothing'),
    );
  });
});

describe('what becomes of a write', () => {
  const failing = { validations: [{ expression: 'object.nothing == 1' }] };
  it('a failed expression refuses it, unless failures are to be ignored', () => {
    expect(refused([policy(failing), binding()])).toBe(says("expression 'object.nothing == 1' resulted in error: no such key: nothing"));
    expect(refused([policy({ ...failing, failurePolicy: 'Ignore' }), binding()])).toBeUndefined();
  });

  it('the message is what the policy says, or its expression', () => {
    expect(refused([policy({ validations: [{ expression: ' 1 > 2 ' }] }), binding()])).toBe(says('failed expression: 1 > 2'));
    expect(
      refused([policy({ validations: [{ expression: 'false', message: 'plain', messageExpression: 'object.nothing' }] }), binding()]),
    ).toBe(says('plain'));
  });

  it('the reason is the code', () => {
    expect(ask([policy({ validations: [{ expression: 'false', reason: 'Forbidden' }] }), binding()]).refused).toMatchObject({
      code: 403,
      reason: 'Forbidden',
    });
    expect(ask([policy(never), binding()]).refused).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: {
        name: 'c',
        kind: 'configmaps',
        causes: [{ message: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no" }],
      },
    });
  });

  it('conditions that do not hold leave it alone; conditions that fail refuse it', () => {
    const when = (expression: string): string | undefined =>
      refused([policy({ ...never, matchConditions: [{ name: 'n', expression }] }), binding()]);
    expect(when("object.data.a == '2'")).toBeUndefined();
    expect(when("object.data.a == '1'")).toBe(says('no'));
    expect(when('object.nothing == 1')).toBe(says("expression 'object.nothing == 1' resulted in error: no such key: nothing"));
  });

  it('bindings that only warn or note let it pass', () => {
    const audit = { auditAnnotations: [{ key: 'who', valueExpression: 'request.userInfo.username' }] };
    const verdict = ask([policy({ ...never, ...audit }), binding({ validationActions: ['Warn', 'Audit'] })]);
    expect(verdict.refused).toBeUndefined();
    expect(verdict.warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"]);
    expect(verdict.annotations).toEqual({
      'p/who': 'jane',
      'validation.policy.admission.k8s.io/validation_failure':
        '[{"message":"no","policy":"p","binding":"b","expressionIndex":0,"validationActions":["Warn","Audit"]}]',
    });
  });

  it('an expression that is too dear refuses it', () => {
    const many = Array.from({ length: 200 }, (_, index) => String(index));
    const dear = policy({
      validations: [{ expression: 'object.data.all(a, object.data.all(b, object.data.all(c, a != b || b != c || true)))' }],
    });
    const data = Object.fromEntries(many.map((key) => [key, key]));
    expect(refused([dear, binding()], { object: { ...written, data } })).toContain(
      'resulted in error: operation cancelled: actual cost limit exceeded',
    );
  });
});

describe('parameters', () => {
  const params = policy({
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [{ expression: "params.data.a == '1'", messageExpression: 'string(params.metadata.name)' }],
  });
  const named = (ref: object): KubeObject => binding({ paramRef: { parameterNotFoundAction: 'Deny', ...ref } });
  const limit = (name: string, a: string): KubeObject => object('v1', 'ConfigMap', name, { data: { a } }, 'rules', { use: 'yes' });

  it.each([
    ['by name', { name: 'one', namespace: 'rules' }, undefined],
    ['by name, with another value', { name: 'two', namespace: 'rules' }, says('two')],
    ['each of those selected', { selector: { matchLabels: { use: 'yes' } }, namespace: 'rules' }, says('two')],
    [
      'none there',
      { name: 'three', namespace: 'rules' },
      says('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'),
    ],
    ['none there, and none needed', { name: 'three', namespace: 'rules', parameterNotFoundAction: 'Allow' }, undefined],
    [
      'in the namespace of the object',
      { name: 'one' },
      says('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'),
    ],
  ])('%s', (_how, ref, message) => expect(refused([params, named(ref), limit('one', '1'), limit('two', '2')])).toBe(message));

  it('of a kind that is not there', () => {
    const unknown = policy({ ...never, paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limit' } });
    expect(refused([unknown, named({ name: 'one' })])).toBe(
      "configmaps \"c\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'rules.example.com/v1, Kind=Limit'",
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../object.ts';
import { builtInResources } from './catalog.ts';
import { errorText } from './field-error.ts';

const group = 'admissionregistration.k8s.io';
const rules = [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }];
const good = { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'object.spec.replicas < 3' }] };

/** What is wrong with an object of this group, once its defaults are filled in. */
function wrong(kind: string, spec: object): readonly string[] {
  const resource = builtInResources.findByKind({ group, version: 'v1', kind })!;
  const object = resource.applyDefaults({ apiVersion: `${group}/v1`, kind, metadata: { name: 'x' }, spec } as unknown as KubeObject);
  return resource.validateCreate(object).map(errorText);
}

describe('a validating policy', () => {
  it.each<[string, object, readonly string[]]>([
    ['that is right', {}, []],
    ['without rules', { matchConstraints: {} }, ['spec.matchConstraints.resourceRules: Required value']],
    [
      'without anything to say',
      { validations: [] },
      ['validations', 'auditAnnotations'].map(
        (field) => `spec.${field}: Required value: validations or auditAnnotations must contain at least one item`,
      ),
    ],
    [
      'that fails otherwise',
      { failurePolicy: 'Warn' },
      ['spec.failurePolicy: Unsupported value: "Warn": supported values: "Fail", "Ignore"'],
    ],
    ['with parameters of no kind', { paramKind: { apiVersion: 'v1' } }, ['spec.paramKind.kind: Required value']],
    [
      'that speaks of parameters without any',
      { validations: [{ expression: 'params.x == 1' }] },
      [
        "spec.validations[0].expression: Invalid value: \"params.x == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x == 1\n | ^",
      ],
    ],
    [
      'whose message asks the authorizer',
      { validations: [{ expression: 'true', messageExpression: "string(authorizer.path('/').check('get').allowed())" }] },
      [expect.stringContaining("undeclared reference to 'authorizer'") as string],
    ],
    [
      'whose message is no text',
      { validations: [{ expression: 'true', messageExpression: '1' }] },
      ['spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int'],
    ],
    [
      'with an empty expression and an unknown reason',
      { validations: [{ expression: ' ', reason: 'Teapot' }] },
      [
        'spec.validations[0].expression: Required value: expression is not specified',
        expect.stringContaining('spec.validations[0].reason: Unsupported value: "Teapot"') as string,
      ],
    ],
    [
      'with conditions of one name',
      {
        matchConditions: [
          { name: 'a', expression: 'true' },
          { name: 'a', expression: '1' },
        ],
      },
      [
        'spec.matchConditions[1].expression: Invalid value: "1": must evaluate to bool but got int',
        'spec.matchConditions[1].name: Duplicate value: "a"',
      ],
    ],
    [
      'with a variable that has no name',
      { variables: [{ name: 'a-b', expression: '1' }] },
      ['spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier'],
    ],
    [
      'with a variable that comes too late',
      {
        variables: [
          { name: 'a', expression: 'variables.b' },
          { name: 'b', expression: '1' },
        ],
      },
      [expect.stringContaining("undefined field 'b'") as string],
    ],
    [
      'with a rule of stars and others',
      { matchConstraints: { resourceRules: [{ ...rules[0], apiGroups: ['*', 'apps'], resources: ['*', 'pods'] }] } },
      [
        expect.stringContaining("if '*' is present, must not specify other API groups") as string,
        expect.stringContaining("if '*' is present, must not specify other resources without subresources") as string,
      ],
    ],
    [
      'with an annotation that is no text',
      { auditAnnotations: [{ key: 'k', valueExpression: '1' }] },
      ['spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int'],
    ],
    [
      'with more than anybody can read',
      { validations: Array.from({ length: 301 }, () => ({ expression: 'true' })) },
      ['spec.validations: Too many: 301: must have at most 300 items'],
    ],
  ])('%s', (_what, spec, errors) => expect(wrong('ValidatingAdmissionPolicy', { ...good, ...spec })).toEqual(errors));
});

describe('a binding', () => {
  it.each<[object, readonly string[]]>([
    [{ policyName: 'p', validationActions: ['Warn', 'Audit'] }, []],
    [
      { validationActions: [] },
      ['spec.policyName: Required value', 'spec.validationActions: Required value: at least one validation action is required'],
    ],
    [{ policyName: 'p', validationActions: ['Deny', 'Warn'] }, [expect.stringContaining('must not contain both Deny and Warn') as string]],
    [
      { policyName: 'p', validationActions: ['Deny'], paramRef: { name: 'a', selector: {} } },
      ['name', 'selector']
        .map((key) => `spec.paramRef.${key}: Forbidden: name and selector are mutually exclusive`)
        .concat('spec.paramRef.parameterNotFoundAction: Required value'),
    ],
  ])('%j', (spec, errors) => expect(wrong('ValidatingAdmissionPolicyBinding', spec)).toEqual(errors));
});

describe('a mutating policy', () => {
  const mutating = { matchConstraints: good.matchConstraints, reinvocationPolicy: 'Never' };
  const jsonPatch = { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/a"}]' } };
  it.each<[object, readonly string[]]>([
    [{ mutations: [jsonPatch] }, []],
    [{ mutations: [] }, ['spec.mutations: Required value: mutations must contain at least one item']],
    [
      { mutations: [{ ...jsonPatch, patchType: 'ApplyConfiguration' }] },
      [
        'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
        'spec.mutations[0].jsonPatch: Forbidden: must be specified when patchType is JSONPatch',
      ],
    ],
    [
      { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: '{"a": 1}' } }] },
      ['spec.mutations[0].applyConfiguration.expression: Invalid value: "{\\"a\\": 1}": must evaluate to Object but got map(string, int)'],
    ],
  ])('%j', (spec, errors) => expect(wrong('MutatingAdmissionPolicy', { ...mutating, ...spec })).toEqual(errors));
});

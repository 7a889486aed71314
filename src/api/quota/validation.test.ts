import { expect, it } from 'vitest';
import { builtInResources } from '../resources/catalog.ts';
import { errorText } from '../resources/field-error.ts';
import type { KubeObject } from '../object.ts';

const object = (kind: string, spec: object): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'team' }, spec }) as KubeObject;
const quotas = builtInResources.find('', 'v1', 'resourcequotas')!;
const ranges = builtInResources.find('', 'v1', 'limitranges')!;
const quotaErrors = (spec: object): readonly string[] => quotas.validateCreate(object('ResourceQuota', spec)).map(errorText);

it.each([
  [{ hard: { pods: '2', 'count/deployments.apps': '1', 'requests.example.com/gpu': '1' } }, []],
  [
    { hard: { foo: '1' } },
    [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
    ],
  ],
  [{ hard: { pods: '1500m' } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
  [{ hard: { cpu: '-1' } }, ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
  [{ hard: { cpu: '1' }, scopes: ['BestEffort'] }, ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource']],
  [
    { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] },
    ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  ],
  [
    { hard: { pods: '1' }, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
    [
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
  ],
])('quota %j', (spec, errors) => {
  expect(quotaErrors(spec)).toEqual(errors);
});

it('lets a quota change its amounts, not its scopes', () => {
  const before = object('ResourceQuota', { hard: { pods: '1' }, scopes: ['BestEffort'] });
  expect(quotas.validateUpdate(object('ResourceQuota', { hard: { pods: '2' }, scopes: ['BestEffort'] }), before, '')).toEqual([]);
  expect(quotas.validateUpdate(object('ResourceQuota', { hard: { pods: '1' } }), before, '').map(errorText)).toEqual([
    'spec.scopes: Invalid value: null: field is immutable',
  ]);
});

it('checks the bounds and defaults of a limit range against each other', () => {
  const errors = (...limits: readonly object[]): readonly string[] =>
    ranges.validateCreate(object('LimitRange', { limits })).map(errorText);
  expect(errors({ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } })).toEqual([
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ]);
  expect(errors({ type: 'Pod', default: { cpu: '1' } }, { type: 'Pod' })).toEqual([
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    'spec.limits[1].type: Duplicate value: "Pod"',
  ]);
  expect(errors({ type: 'PersistentVolumeClaim' })).toEqual([
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ]);
});

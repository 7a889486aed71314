import { describe, expect, it } from 'vitest';
import type { ValidatingAdmissionPolicySpec } from '#api/types.generated.ts';
import { typeCheck } from './policy-status.ts';

const matchConstraints: ValidatingAdmissionPolicySpec['matchConstraints'] = {
  resourceRules: [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments', 'replicasets', 'deployments/scale'] },
  ],
};
const check = (spec: ValidatingAdmissionPolicySpec): unknown => typeCheck({ metadata: { name: 'p' }, spec: { matchConstraints, ...spec } });

describe('type checking of a policy', () => {
  it('finds nothing wrong with expressions that can hold', () => {
    const validations = [
      {
        expression: 'object.spec.replicas <= 3 && oldObject != null',
        messageExpression: "'at most 3, not ' + string(object.spec.replicas)",
      },
      { expression: 'object.spec.template.spec.containers.all(c, !has(c.securityContext) || c.securityContext != null)' },
      { expression: 'object.spec == oldObject.spec && object.metadata.labels["a"] == "b" && variables.few' },
      { expression: 'object.spec.template.spec.containers.all(c, quantity(c.resources.limits["cpu"]).isLessThan(quantity("1")))' },
    ];
    expect(check({ validations, variables: [{ name: 'few', expression: 'object.spec.replicas < 3' }] })).toEqual([]);
  });

  it('names the field that no such object has, for each kind', () => {
    expect(
      check({ validations: [{ expression: 'object.spec.strategy.type == "Recreate"' }, { expression: 'object.spec.replica > 1' }] }),
    ).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning:
          'apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field \'strategy\'\n | object.spec.strategy.type == "Recreate"\n | ...........^\n',
      },
      {
        fieldRef: 'spec.validations[1].expression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replica'\n | object.spec.replica > 1\n | ...........^\n\n" +
          "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'replica'\n | object.spec.replica > 1\n | ...........^\n",
      },
    ]);
  });

  it('knows the type of parameters, and says nothing of resources given by wildcards', () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    const validations = [{ expression: 'object.spec.replicas <= params.data.max' }];
    expect(check({ paramKind, validations })).toMatchObject([
      { warning: expect.stringContaining("'_<=_' applied to '(int, string)'") as string },
    ]);
    const wildcard = { resourceRules: [{ ...matchConstraints!.resourceRules![0]!, apiGroups: ['*'] }] };
    expect(check({ matchConstraints: wildcard, validations: [{ expression: 'object.no == 1' }] })).toEqual([]);
  });
});

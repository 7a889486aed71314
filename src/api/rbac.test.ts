import { describe, expect, it } from 'vitest';
import type { PolicyRule } from './types.generated.ts';
import { breakdownRule, compactRules, compactString, uncoveredRules } from './rbac.ts';

const rule = (resources: readonly string[], verbs: readonly string[], more: object = {}): PolicyRule => ({
  apiGroups: [''],
  resources,
  verbs,
  ...more,
});
const missing = (owned: readonly PolicyRule[], wanted: PolicyRule): readonly string[] =>
  compactRules(uncoveredRules(owned, [wanted])).map(compactString);

describe('rules of roles', () => {
  it.each([
    ['the same', rule(['pods'], ['get']), rule(['pods'], ['get']), []],
    [
      'another verb',
      rule(['pods'], ['get']),
      rule(['pods'], ['get', 'list', 'watch']),
      ['{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}'],
    ],
    ['stars', rule(['*'], ['*'], { apiGroups: ['*'] }), rule(['pods', 'pods/log'], ['get', 'escalate']), []],
    ['a subresource by star', rule(['*/scale'], ['get']), rule(['deployments/scale'], ['get']), []],
    [
      'a subresource is not its resource',
      rule(['pods'], ['get']),
      rule(['pods/log'], ['get']),
      ['{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'],
    ],
    [
      'one name does not cover all',
      rule(['pods'], ['get'], { resourceNames: ['a'] }),
      rule(['pods'], ['get']),
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    ['all names cover one', rule(['pods'], ['get']), rule(['pods'], ['get'], { resourceNames: ['a'] }), []],
    [
      'another name',
      rule(['pods'], ['get'], { resourceNames: ['a'] }),
      rule(['pods'], ['get'], { resourceNames: ['b'] }),
      ['{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}'],
    ],
    [
      'paths',
      { nonResourceURLs: ['/api/*'], verbs: ['get'] },
      { nonResourceURLs: ['/api/v1', '/apis'], verbs: ['get'] },
      ['{NonResourceURLs:["/apis"], Verbs:["get"]}'],
    ],
  ])('%s', (_what, owned, wanted, left) => expect(missing([owned], wanted)).toEqual(left));

  it('are broken down to one verb, one resource and one name each', () => {
    expect(
      breakdownRule({ apiGroups: ['', 'apps'], resources: ['a', 'b'], resourceNames: ['x', 'y'], verbs: ['get', 'list'] }),
    ).toHaveLength(16);
  });
});

import { describe, expect, it } from 'vitest';
import { deal } from '#components/kube-apiserver/flow/queues.ts';
import { manifest, terminal } from './terminal.ts';

const level = (response: string): string => `apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: narrow}
spec:
  type: Limited
  limited: {nominalConcurrencyShares: 0, limitResponse: ${response}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: narrow}
spec:
  matchingPrecedence: 50
  priorityLevelConfiguration: {name: narrow}
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects: [{kind: User, user: {name: jane}}]
    resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]`;

describe('priority and fairness', () => {
  it('says of a schema whether its level is there, and uses it only then', () => {
    const { type } = terminal();
    const [, schema = ''] = level('{type: Reject}').split('---\n');
    type(manifest(schema));
    const dangling = "kubectl get flowschema narrow -o jsonpath='{.status.conditions[0].status} {.status.conditions[0].message}'";
    expect(type(dangling)).toBe(
      'True This FlowSchema references the PriorityLevelConfiguration object named "narrow" but there is no such object',
    );
    expect(type('kubectl get pods --as jane')).toContain('is forbidden');
    type(manifest(level('{type: Reject}')));
    expect(type(dangling)).toBe('False This FlowSchema references the PriorityLevelConfiguration object named "narrow" and it exists');
  });

  it('refuses who finds no seat in a level that does not queue', () => {
    const { type } = terminal();
    type(manifest(level('{type: Reject}')));
    expect(type('kubectl get pods --as jane', 60_000)).toMatch(/^Error from server.*too many requests/i);
  });

  it('lets them wait in a queue for a quarter of a minute', () => {
    const { type, session } = terminal();
    type(manifest(level('{type: Queue, queuing: {queues: 4, handSize: 2, queueLengthLimit: 10}}')));
    type('kubectl get pods --as jane', 2_000);
    const waiting = Object.values(session.frame().requests).filter((request) => request.queued);
    expect(waiting.map(({ level: name }) => name)).toEqual(['narrow']);
  });

  it('deals every flow a hand of different queues, and always the same one', () => {
    for (let index = 0; index < 500; index++) {
      const flow = { schema: 'global-default', distinguisher: `user-${index}` };
      const hand = deal(flow, 128, 6);
      expect(new Set(hand).size).toBe(6);
      expect(hand.every((card) => card >= 0 && card < 128)).toBe(true);
      expect(deal(flow, 128, 6)).toEqual(hand);
    }
  });
});

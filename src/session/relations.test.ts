import { expect, it } from 'vitest';
import { Session } from './session.ts';

it('an object tells whom it belongs to and what belongs to it, up and down', () => {
  const session = new Session({ shape: 'minikube', seed: 7 });
  session.pass(30_000);
  session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'kubectl create deployment web --image=nginx --replicas=2' });
  session.pass(10_000);
  const look = (resource: string, name: string) => {
    session.send({ type: 'inspect', target: { type: 'object', resource, namespace: 'default', name } });
    const { inspected } = session.frame();
    if (inspected?.type !== 'object') throw new Error(`${resource} ${name} is not shown`);
    return inspected;
  };
  const [set] = look('deployments', 'web').dependents;
  expect(set).toMatchObject({ kind: 'ReplicaSet', target: { resource: 'replicasets', namespace: 'default' } });
  const { owners, dependents } = look('replicasets', set!.name);
  expect(owners).toEqual([
    { kind: 'Deployment', name: 'web', target: { type: 'object', resource: 'deployments', namespace: 'default', name: 'web' } },
  ]);
  expect(dependents.map((item) => item.kind)).toEqual(['Pod', 'Pod']);
  expect(look('pods', dependents[0]!.name).owners[0]).toMatchObject({ kind: 'ReplicaSet', name: set!.name });
});

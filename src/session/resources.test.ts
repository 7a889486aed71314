import { expect, it } from 'vitest';
import { Session } from './session.ts';

const definition = `kubectl apply -f - <<X
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.sea.example.com}
spec:
  group: sea.example.com
  scope: Namespaced
  names: {plural: boats, kind: Boat, shortNames: [bo]}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
X`;
const boat = `kubectl create -f - <<X
apiVersion: sea.example.com/v1
kind: Boat
metadata: {name: mary}
X`;

it('a custom resource is known to completion and to claims, and only from its definition on', async () => {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(30_000);
  const terminal = session.frame().terminals[0]!.id;
  const completed = (line: string): Promise<unknown> => session.ask({ type: 'complete', terminal, line, cursor: line.length });
  const type = (line: string): void => {
    session.send({ type: 'terminal.line', terminal, line });
    session.pass(10_000);
  };
  expect(await completed('kubectl get boa')).toMatchObject({ candidates: [] });
  type(definition);
  type(boat);
  expect(await completed('kubectl get boa')).toMatchObject({ candidates: ['boats'] });
  expect(await completed('kubectl get bo m')).toMatchObject({ candidates: ['mary'] });
  expect(await session.ask({ type: 'check', assertions: [{ resource: 'boats', name: 'mary' }] })).toEqual([true]);
});

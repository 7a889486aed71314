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
const boat = (name: string): string => `kubectl create -f - <<X
apiVersion: sea.example.com/v1
kind: Boat
metadata: {name: ${name}}
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
  type(boat('mary'));
  expect(await completed('kubectl get boa')).toMatchObject({ candidates: ['boats'] });
  expect(await completed('kubectl get bo m')).toMatchObject({ candidates: ['mary'] });
  expect(await session.ask({ type: 'check', assertions: [{ resource: 'boats', name: 'mary' }] })).toEqual([true]);
  const hash = await session.ask({ type: 'hash' });
  session.send({ type: 'seek', to: { time: 30_000 } });
  expect(await completed('kubectl get boa')).toMatchObject({ candidates: [] });
  session.send({ type: 'seek', to: 'head' });
  expect(await completed('kubectl get boa')).toMatchObject({ candidates: ['boats'] });
  expect(await session.ask({ type: 'hash' })).toEqual(hash);
});

it.each(['kube-apiserver', 'etcd'])('custom resources are served again after %s was lost', (component) => {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(30_000);
  const terminal = session.frame().terminals[0]!.id;
  const read = (line: string): string => {
    const before = session.frame().terminals[0]!.lines.length;
    session.send({ type: 'terminal.line', terminal, line });
    session.pass(10_000);
    const lines = session.frame().terminals[0]!.lines.slice(before);
    return lines.map((item) => item.text).join('\n');
  };
  read(definition);
  read(boat('mary'));
  session.send({ type: 'fault', action: { type: 'kill', address: `minikube/${component}` } });
  session.pass(60_000);
  read(boat('anne'));
  expect(read('kubectl get boats -o name')).toContain('boat.sea.example.com/anne\nboat.sea.example.com/mary');
  expect(read('kubectl get apiservice v1.sea.example.com -o name')).toContain('apiservice.apiregistration.k8s.io/v1.sea.example.com');
});

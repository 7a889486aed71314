import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

const manifest = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'lone', namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
};
const path = '/etc/kubernetes/manifests/lone.yaml';

function booted(): { readonly session: Session; type(line: string, ms?: number): string } {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(40_000);
  const lines = (): readonly string[] => session.frame().terminals[0]!.lines.map((line) => line.text);
  return {
    session,
    type(line, ms = 3_000) {
      const before = lines().length;
      session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
      session.send({ type: 'pause' });
      session.pass(ms);
      return lines()
        .slice(before + 1)
        .join('\n');
    },
  };
}

describe('a static pod', () => {
  it('comes and goes with its manifest', () => {
    const { session, type } = booted();
    session.input({ type: 'file', host: 'minikube', path, content: manifest });
    session.pass(10_000);
    expect(type('kubectl get pods')).toMatch(/lone-minikube +1\/1 +Running +0/);
    session.input({ type: 'file', host: 'minikube', path, content: undefined });
    session.pass(40_000);
    expect(type('kubectl get pods')).toBe('No resources found in default namespace.');
  });

  it('is read from text, in the namespace default; what is no Pod is left aside', () => {
    const { session, type } = booted();
    for (const content of ['{', 'hello', 'kind: Pod', '', 'kind: Service\nmetadata: {name: x}'])
      session.input({ type: 'file', host: 'minikube', path: '/etc/kubernetes/manifests/bad.yaml', content });
    session.input({
      type: 'file',
      host: 'minikube',
      path,
      content: 'apiVersion: v1\nkind: Pod\nmetadata: {name: lone}\nspec: {containers: [{name: c, image: nginx}]}\n',
    });
    session.pass(10_000);
    expect(type('kubectl get pods')).toMatch(/lone-minikube +1\/1 +Running +0/);
    expect(type('kubectl get nodes')).toMatch(/minikube +Ready/);
  });

  it('gets its mirror pod back, with another uid, while its container runs on', () => {
    const { type } = booted();
    const facts = `kubectl get pod etcd-minikube -n kube-system -o jsonpath='{.metadata.uid} {.status.containerStatuses[0].containerID}'`;
    const [uid, container] = type(facts).split(' ');
    expect(type('kubectl delete pod etcd-minikube -n kube-system')).toContain('deleted');
    const [uidAfter, containerAfter] = type(facts).split(' ');
    expect(uidAfter).not.toBe(uid);
    expect(containerAfter).toBe(container);
  });

  it('counts the restarts of its containers', () => {
    const { session, type } = booted();
    session.send({ type: 'fault', action: { type: 'kill', address: 'minikube/kube-scheduler' } });
    session.pass(25_000);
    expect(type('kubectl get pod kube-scheduler-minikube -n kube-system')).toMatch(/1\/1 +Running +1 \(\d+s ago\)/);
  });
});

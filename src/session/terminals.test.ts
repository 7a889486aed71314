import { describe, expect, it } from 'vitest';
import { Session } from './session.ts';

function booted(): Session {
  const session = new Session({ shape: 'minikube', seed: 7 });
  session.pass(30_000);
  return session;
}

/** Types a line and gives it time; what was printed. */
function type(session: Session, terminal: string, line: string): string {
  const printed = (): readonly string[] =>
    session
      .frame()
      .terminals.find((item) => item.id === terminal)!
      .lines.map((item) => item.text);
  const before = printed().length;
  session.send({ type: 'terminal.line', terminal, line });
  session.send({ type: 'pause' });
  session.pass(5_000);
  return printed()
    .slice(before + 1)
    .join('\n');
}

const ids = (session: Session): readonly string[] => session.frame().terminals.map((item) => item.id);

describe('several terminals', () => {
  it('give each user their own rights, history and shell', () => {
    const session = booted();
    session.send({ type: 'terminal.open', user: 'bob' });
    expect(ids(session)).toEqual(['alice/terminal', 'bob/terminal']);
    expect(session.frame().hosts).toContainEqual({ name: 'bob', role: 'client', node: false, ready: undefined, unschedulable: false });
    expect(type(session, 'bob/terminal', 'kubectl get pods')).toBe(
      'Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    type(session, 'alice/terminal', 'kubectl create rolebinding readers --clusterrole=view --group=developers');
    expect(type(session, 'bob/terminal', 'kubectl get pods')).toBe('No resources found in default namespace.');
    expect(session.frame().terminals.map((item) => item.history.length)).toEqual([1, 2]);
  });

  it('open as windows of one user, side by side', () => {
    const session = booted();
    session.send({ type: 'terminal.open', user: 'alice' });
    session.send({ type: 'terminal.open', user: 'alice' });
    expect(ids(session)).toEqual(['alice/terminal', 'alice/terminal-2', 'alice/terminal-3']);
    expect(type(session, 'alice/terminal-3', 'kubectl auth whoami')).toContain('minikube-user');
  });

  it('rewind, branch and are kept with the run', () => {
    const session = booted();
    const { seq } = session.frame();
    session.pass(1_000);
    session.send({ type: 'terminal.open', user: 'carol' });
    session.pass(1_000);
    session.send({ type: 'seek', to: { seq } });
    expect(ids(session)).toEqual(['alice/terminal']);
    session.send({ type: 'terminal.open', user: 'bob' });
    expect(ids(session)).toEqual(['alice/terminal', 'bob/terminal']);
    expect(session.frame().branches).toHaveLength(2);
    const again = new Session({ shape: 'minikube', seed: 1 });
    again.send({ type: 'restore', saved: JSON.parse(JSON.stringify(session.answer({ type: 'save' }))) });
    expect(ids(again)).toEqual(['alice/terminal', 'bob/terminal']);
    again.send({ type: 'branch', branch: 'main' });
    again.send({ type: 'seek', to: 'head' });
    expect(ids(again)).toEqual(['alice/terminal', 'carol/terminal']);
    expect(again.answer({ type: 'hash' })).toEqual(
      (session.send({ type: 'branch', branch: 'main' }), session.send({ type: 'seek', to: 'head' }), session.answer({ type: 'hash' })),
    );
  });

  it('complete names only for those who may list them, and only while the API server runs', () => {
    const session = booted();
    session.send({ type: 'terminal.open', user: 'bob' });
    const names = (terminal: string): readonly string[] => {
      const line = 'kubectl get nodes ';
      return session.answer({ type: 'complete', terminal, line, cursor: line.length }).candidates;
    };
    expect(names('alice/terminal')).toEqual(['minikube']);
    expect(names('bob/terminal')).toEqual([]);
    type(session, 'alice/terminal', 'kubectl create clusterrolebinding watchers --clusterrole=system:node --user=bob');
    expect(names('bob/terminal')).toEqual(['minikube']);
    session.send({ type: 'fault', action: { type: 'kill', address: 'minikube/kube-apiserver' } });
    session.pass(1);
    expect(names('alice/terminal')).toEqual([]);
  });

  it('are refused to whom the cluster does not know', () => {
    const session = booted();
    const problems: string[] = [];
    session.onProblem(({ code }) => problems.push(code));
    session.send({ type: 'terminal.open', user: 'mallory' });
    expect(problems).toEqual(['terminal.unknown']);
    expect(ids(session)).toEqual(['alice/terminal']);
  });
});

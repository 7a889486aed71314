import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

/** A cluster that has booted, with a namespace of its own, and a hand at its terminal. */
function team(): (line: string, ms?: number) => string {
  const session = new Session({ shape: 'minikube', seed: 5 });
  session.pass(30_000);
  const type = (line: string, ms = 4_000): string => {
    const before = session.frame().terminals[0]!.lines.length;
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
    session.send({ type: 'pause' });
    session.pass(ms);
    const { lines } = session.frame().terminals[0]!;
    return lines
      .slice(before + 1)
      .map((item) => item.text)
      .join('\n');
  };
  type('kubectl create namespace team');
  return type;
}

const used = 'kubectl get quota -n team -o jsonpath="{.items[*].status.used}"';
const raise = (pods: number): string => `kubectl patch quota small -n team --type=merge -p '{"spec":{"hard":{"pods":"${pods}"}}}'`;

describe('a quota', () => {
  it('stops a Deployment that has used it up, says so, and lets it go on when it is raised', () => {
    const type = team();
    type('kubectl create quota small -n team --hard=pods=2');
    type('kubectl create deployment web -n team --image=nginx --replicas=4', 20_000);
    expect(type('kubectl get deploy web -n team')).toMatch(/2\/4/);
    expect(type(used)).toBe('{"pods":"2"}');
    expect(type('kubectl get events -n team --field-selector reason=FailedCreate')).toMatch(
      /FailedCreate +replicaset\/web-\S+ +Error creating: pods "web-\S+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2/,
    );
    expect(type('kubectl get deploy web -n team -o jsonpath="{.status.conditions[?(@.type==\'ReplicaFailure\')].message}"')).toMatch(
      /^pods "web-\S+" is forbidden: exceeded quota: small/,
    );
    expect(type(raise(4), 60_000)).toContain('patched');
    expect(type('kubectl get deploy web -n team')).toMatch(/4\/4/);
    expect(type('kubectl get deploy web -n team -o jsonpath="{.status.conditions[*].type}"')).not.toContain('ReplicaFailure');
  });

  it('is charged for all that come at once, and gives back what is deleted', () => {
    const type = team();
    type('kubectl create quota small -n team --hard=pods=5,count/replicasets.apps=3');
    type('kubectl create deployment web -n team --image=nginx --replicas=5', 20_000);
    expect(type(used)).toBe('{"count/replicasets.apps":"1","pods":"5"}');
    type('kubectl scale deployment web -n team --replicas=1', 45_000);
    expect(type(used)).toBe('{"count/replicasets.apps":"1","pods":"1"}');
    type('kubectl delete deployment web -n team', 45_000);
    expect(type(used)).toBe('{"count/replicasets.apps":"0","pods":"0"}');
  });

  it('does not take what a dry run asks for', () => {
    const type = team();
    type('kubectl create quota small -n team --hard=configmaps=2');
    expect(type(used)).toBe('{"configmaps":"1"}');
    expect(type('kubectl create configmap a -n team --dry-run=server')).toContain('created (server dry run)');
    expect(type(used)).toBe('{"configmaps":"1"}');
    type('kubectl create configmap a -n team');
    expect(type('kubectl create configmap b -n team')).toContain(
      'configmaps "b" is forbidden: exceeded quota: small, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Session } from './session.ts';

function booted(): Session {
  const session = new Session({ shape: 'minikube', seed: 7 });
  session.pass(30_000);
  return session;
}

const schedule = (faults: readonly unknown[]): unknown => ({ format: 'kube-orrery-faults', version: 1, faults });
const types = (session: Session): readonly string[] => session.frame().faults.map((fault) => `${fault.type} ${fault.subject}`);

describe('a schedule of faults', () => {
  it('does each at its time, and again when the run is played again', () => {
    const session = booted();
    session.send({
      type: 'schedule',
      schedule: schedule([
        { afterMs: 1000, action: { type: 'disk', address: 'minikube/etcd', fault: { delayMs: 200 } } },
        { afterMs: 3000, action: { type: 'clock', address: 'minikube/kube-scheduler', offsetMs: 20_000 } },
        { afterMs: 4000, action: { type: 'disk', address: 'minikube/etcd' } },
      ]),
    });
    session.pass(500);
    expect(types(session)).toEqual([]);
    session.pass(1000);
    expect(types(session)).toEqual(['slow-disk minikube/etcd']);
    session.pass(5000);
    expect(types(session)).toEqual(['clock minikube/kube-scheduler']);
    const saved = session.answer({ type: 'save' });
    const again = new Session({ shape: 'oracle', seed: 1 });
    again.send({ type: 'restore', saved: JSON.parse(JSON.stringify(saved)) });
    expect(again.answer({ type: 'hash' })).toEqual(session.answer({ type: 'hash' }));
  });

  it('is refused as a whole where something of it makes no sense', () => {
    for (const wrong of [
      undefined,
      { format: 'other' },
      { format: 'kube-orrery-faults', version: 2, faults: [] },
      schedule([{ afterMs: -1, action: { type: 'kill', address: 'minikube/etcd' } }]),
      schedule([{ afterMs: 1, action: { type: 'explode', address: 'minikube/etcd' } }]),
      schedule([
        { afterMs: 1, action: { type: 'kill', address: 'minikube/etcd' } },
        { afterMs: 2, action: { type: 'disk', address: 'minikube/etcd', fault: { delayMs: 'long' } } },
      ]),
    ]) {
      const session = new Session({ shape: 'oracle', seed: 1 });
      const problems: string[] = [];
      session.onProblem((problem) => problems.push(problem.code));
      session.send({ type: 'schedule', schedule: wrong });
      session.pass(100);
      expect(problems).toEqual(['schedule.malformed']);
    }
  });
});

describe('faults of disks and clocks', () => {
  const typed = (session: Session, line: string, ms: number): string => {
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
    session.pass(ms);
    return session.frame().terminals[0]!.lines.at(-1)!.text;
  };

  it('a slow disk delays what is written, and no read', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'disk', address: 'minikube/etcd', fault: { delayMs: 2000 } } });
    expect(typed(session, 'kubectl get nodes -o name', 100)).toBe('node/minikube');
    expect(typed(session, 'kubectl create configmap a', 1500)).toContain('$ kubectl create');
    session.pass(2000);
    expect(session.frame().terminals[0]!.lines.at(-1)!.text).toBe('configmap/a created');
  });

  it('etcd ends on a full disk, and is started again when it is empty', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'disk', address: 'minikube/etcd', fault: { full: true } } });
    session.pass(30_000);
    expect(typed(session, 'kubectl create configmap a', 5000)).toContain('error: failed to create configmap');
    session.send({ type: 'fault', action: { type: 'disk', address: 'minikube/etcd' } });
    session.pass(180_000);
    expect(typed(session, 'kubectl create configmap a', 5000)).toBe('configmap/a created');
  });

  it('a leader whose clock jumps gives its lease up and ends', () => {
    const session = booted();
    const run = (): number => session.world.process('minikube/kube-scheduler')?.incarnation ?? 0;
    const before = run();
    session.send({ type: 'fault', action: { type: 'clock', address: 'minikube/kube-scheduler', offsetMs: 60_000 } });
    session.pass(30_000);
    expect(run()).toBe(before + 1);
  });
});

import { describe, expect, it } from 'vitest';
import { isMoment, isPacketOf } from './moments.ts';
import { Session } from './session.ts';

function booted(): Session {
  const session = new Session({ shape: 'cluster', nodes: 2, seed: 7 });
  session.pass(30_000);
  return session;
}

const incarnation = (session: Session, address: string): number => session.world.process(address)!.incarnation;

describe('faults', () => {
  it('a cut link is told of, and healed it is as if it had never been cut', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'link', between: ['node-2', 'node-1'], options: { cut: true } } });
    session.pass(100);
    expect(session.frame().links).toEqual([{ a: 'node-1', b: 'node-2', cut: true, loss: 0, latencyMs: undefined }]);
    session.send({ type: 'fault', action: { type: 'link', between: ['node-1', 'node-2'] } });
    session.pass(100);
    expect(session.frame().links).toEqual([]);
  });

  it('a node whose link to the control plane is cut is not ready; healed, its heartbeats arrive again', () => {
    const session = booted();
    const renewed = (): string =>
      JSON.stringify(session.answer({ type: 'keyspace', prefix: '/registry/leases/kube-node-lease/node-1', revision: 0 }).keys);
    session.send({ type: 'fault', action: { type: 'link', between: ['minikube', 'node-1'], options: { cut: true } } });
    session.pass(60_000);
    expect(session.frame().hosts.find((host) => host.name === 'node-1')?.ready).toBe(false);
    const before = renewed();
    session.pass(20_000);
    expect(renewed()).toBe(before);
    session.send({ type: 'fault', action: { type: 'link', between: ['minikube', 'node-1'] } });
    session.pass(20_000);
    expect(renewed()).not.toBe(before);
  });

  it('a kubelet learns, when its link is healed, of what it missed', () => {
    const session = booted();
    const status = (): string | undefined => session.frame().pods.find((pod) => pod.name === 'lone')?.status;
    const command = (line: string): void => {
      session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
      session.pass(20_000);
    };
    session.send({ type: 'fault', action: { type: 'link', between: ['minikube', 'node-1'], options: { cut: true } } });
    command(`kubectl run lone --image=nginx --overrides='{"spec":{"nodeName":"node-1"}}'`);
    expect(status()).toBe('Pending');
    session.send({ type: 'fault', action: { type: 'link', between: ['minikube', 'node-1'] } });
    session.pass(20_000);
    expect(status()).toBe('Running');
  });

  it('a command whose link is cut says so', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'link', between: ['minikube', 'alice'], options: { cut: true } } });
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'kubectl get nodes' });
    session.pass(60_000);
    const terminal = session.frame().terminals[0]!;
    expect(terminal.busy).toBe(false);
    expect(terminal.lines.at(-1)!.text).toContain('no route to host');
  });

  it('a message that is lost under way is never answered', () => {
    const session = booted();
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'kubectl get nodes' });
    const request = (): number | undefined =>
      session.frame().packets.find((packet) => packet.from.startsWith('alice/') && packet.to.endsWith('/kube-apiserver'))?.id;
    for (let steps = 0; request() === undefined && steps < 50; steps++) session.send({ type: 'step', direction: 1, every: true });
    session.send({ type: 'fault', action: { type: 'drop', packet: request()! } });
    session.pass(5_000);
    expect(session.frame().terminals[0]).toMatchObject({ busy: true });
    expect(session.frame().terminals[0]!.lines).toHaveLength(1);
  });

  it('restart starts a kubelet again at once, and leaves what a kubelet keeps running to it', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'restart', address: 'node-1/kubelet' } });
    session.pass(1);
    expect(incarnation(session, 'node-1/kubelet')).toBe(2);
    session.send({ type: 'fault', action: { type: 'restart', address: 'minikube/kube-scheduler' } });
    session.pass(1);
    expect(session.world.process('minikube/kube-scheduler')).toBeUndefined();
    session.pass(30_000);
    expect(incarnation(session, 'minikube/kube-scheduler')).toBe(2);
  });

  it('a component that is started by hand before its kubelet does so runs once', () => {
    const session = booted();
    session.send({ type: 'fault', action: { type: 'kill', address: 'minikube/kube-scheduler' } });
    session.send({ type: 'fault', action: { type: 'start', address: 'minikube/kube-scheduler' } });
    session.pass(30_000);
    expect(incarnation(session, 'minikube/kube-scheduler')).toBe(2);
  });

  it('the packet under way that fits is lost, and nothing happens where none does', () => {
    const session = booted();
    const moment = { process: 'kube-controller-manager', label: 'ADDED Pod lone' };
    const inputs = session.history.inputs().length;
    session.send({ type: 'fault', action: { type: 'lose', moment } });
    expect(session.history.inputs().length).toBe(inputs);
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'kubectl run lone --image=nginx' });
    session.send({ type: 'pause' });
    session.runUntil(() => session.world.packetsInFlight().some((packet) => isPacketOf(moment, packet)), 10_000);
    session.send({ type: 'fault', action: { type: 'lose', moment } });
    expect(session.runUntil((entry) => isMoment({ ...moment, lost: true }, entry), 10_000)).toBe(true);
    expect(session.runUntil((entry) => isMoment(moment, entry), 10_000)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { Session } from '#session/session.ts';

function probed(): Session {
  const session = new Session({ shape: 'ha', masters: 3, nodes: 2, seed: 9 });
  session.pass(40_000);
  session.send({ type: 'probes', on: true });
  session.send({ type: 'pause' });
  session.pass(45_000);
  return session;
}

/** What works, what does not, and what is not known: `read write … | heal`. */
function table(session: Session): string {
  const { probes } = session.frame();
  const named = (ok: boolean): string => [...new Set(probes.filter((probe) => probe.ok === ok).map((probe) => probe.what))].join(' ');
  return `${named(true)} | ${named(false)}`;
}

const masters = ['master-1', 'master-2', 'master-3'];
const everything = 'read write schedule heal serve | ';

describe('what still works', () => {
  it('is all of it while all is well, tried beside the administrator and on each worker', () => {
    const session = probed();
    expect(table(session)).toBe(everything);
    expect(session.frame().probes.map((probe) => probe.from)).toEqual(['alice', 'alice', 'alice', 'alice', 'node-1', 'node-2']);
  });

  it('is only the traffic when etcd is gone, and all of it when etcd is back', () => {
    const session = probed();
    for (const host of masters)
      for (const name of ['kubelet', 'etcd']) session.send({ type: 'fault', action: { type: 'kill', address: `${host}/${name}` } });
    session.pass(40_000);
    expect(table(session)).toBe('serve | read write schedule heal');
    expect(session.frame().probes.find((probe) => probe.what === 'write')?.text).not.toBe('');
    for (const host of masters) session.send({ type: 'fault', action: { type: 'start', address: `${host}/kubelet` } });
    session.pass(200_000);
    expect(table(session)).toBe(everything);
  });

  it('is everything but scheduling and healing when no scheduler is left', () => {
    const session = probed();
    for (const host of masters)
      for (const name of ['kubelet', 'kube-scheduler'])
        session.send({ type: 'fault', action: { type: 'kill', address: `${host}/${name}` } });
    session.pass(150_000);
    expect(table(session)).toBe('read write serve | schedule heal');
  });

  it('is background traffic, and ends with those who try', () => {
    const session = probed();
    const from = session.world.seq;
    session.pass(30_000);
    const loud = [...session.history.entries(from + 1, session.world.seq)].filter((entry) => !entry.chatter);
    expect(loud).toEqual([]);
    session.send({ type: 'probes', on: false });
    session.pass(100);
    expect(session.frame().probes).toEqual([]);
  });
});

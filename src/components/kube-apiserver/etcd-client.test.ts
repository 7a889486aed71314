import { describe, expect, it } from 'vitest';
import type { EtcdOperation, EtcdResponse } from '#protocol/etcd.ts';
import {
  asksAgain,
  broke,
  connectionsTo,
  disconnected,
  firstMember,
  memberFor,
  mended,
  unconnected,
  type EtcdConnections,
} from './etcd-client.ts';

const members = ['a/etcd', 'b/etcd', 'c/etcd'];
const allOf = (): EtcdConnections => members.reduce(mended, connectionsTo(members));
const turns = (connections: EtcdConnections): readonly (string | undefined)[] => [0, 1, 2, 3].map((turn) => memberFor(connections, turn));
const answer = (error: string): EtcdResponse => ({ ...unconnected('1'), error }) as EtcdResponse;
const read: EtcdOperation = { op: 'range', key: 'k' };
const write: EtcdOperation = { op: 'txn', compare: [], success: [], failure: [] };

describe('the connections to etcd', () => {
  it('take the members that are connected in turn, and the watches the first of them', () => {
    expect(turns(connectionsTo(members))).toEqual([undefined, undefined, undefined, undefined]);
    expect(turns(allOf())).toEqual(['a/etcd', 'b/etcd', 'c/etcd', 'a/etcd']);
    const without = broke(allOf(), 'a/etcd').connections;
    expect(turns(without)).toEqual(['b/etcd', 'c/etcd', 'b/etcd', 'c/etcd']);
    expect(firstMember(without)).toBe('b/etcd');
    expect(turns(mended(without, 'a/etcd'))).toEqual(turns(allOf()));
  });

  it('connect again at once, and then ever more slowly, up to two minutes', () => {
    let connections = allOf();
    const waits: number[] = [];
    for (let failures = 0; failures < 14; failures++) {
      const step = broke(connections, 'b/etcd');
      connections = step.connections;
      const [effect] = step.effects;
      if (effect?.type === 'arm') waits.push(Math.round(effect.afterMs));
    }
    expect(waits.slice(0, 5)).toEqual([0, 1000, 1600, 2560, 4096]);
    expect(waits.at(-1)).toBe(120_000);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it.each([
    [read, 'etcdserver: request timed out', true],
    [read, 'etcdserver: leader changed', true],
    [read, 'etcdserver: no leader', true],
    [read, 'etcdserver: mvcc: required revision has been compacted', false],
    [write, 'etcdserver: request timed out, possibly due to previous leader failure', false],
    [write, 'etcdserver: request timed out', false],
    [write, 'etcdserver: mvcc: database space exceeded', false],
    [write, 'context deadline exceeded', true],
  ] as const)('ask %j again after "%s": %s', (operation, error, again) => {
    expect(asksAgain(operation, answer(error), 40)).toBe(again);
  });

  it('give a read up that finds nobody connected for a while, and a write at once', () => {
    for (const lost of [unconnected('1'), disconnected('1')]) {
      expect([0, 9, 10].map((failures) => asksAgain(read, lost, failures))).toEqual([true, true, false]);
      expect(asksAgain(write, lost, 0)).toBe(false);
    }
  });
});

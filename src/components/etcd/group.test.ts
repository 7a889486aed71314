import { describe, expect, it } from 'vitest';
import type { Message } from '#kernel/types.ts';
import type { EtcdOperation, EtcdResponse, EtcdWatchResponse } from '#protocol/etcd.ts';
import type { EtcdInput } from './index.ts';
import { memberId, peerUrlOf } from './state.ts';
import { Group } from './testing/group.ts';

const put = (key: string, value: unknown): EtcdOperation => ({ op: 'put', key, value });
const get = (key: string, serializable = false): EtcdOperation => ({ op: 'range', key, serializable });
const kvs = (response: EtcdResponse | undefined): readonly unknown[] =>
  response !== undefined && 'result' in response && response.result.op === 'range' ? response.result.kvs.map((kv) => kv.value) : [];

describe('a group of three', () => {
  it('elects one leader, and takes writes at any member to all of them', () => {
    const group = new Group(3);
    expect(group.leader).not.toBe('');
    expect(group.followers).toHaveLength(2);
    for (const [index, name] of group.names.entries()) {
      const { text, ms } = group.answer(name, put(`/k${index}`, index), 200);
      expect(text).toBe('');
      expect(ms).toBeLessThan(6);
    }
    group.pass(200);
    for (const name of group.names) expect([0, 1, 2].map((index) => group.value(name, `/k${index}`))).toEqual([0, 1, 2]);
    expect(new Set(group.names.map((name) => group.state(name).store.revision)).size).toBe(1);
    expect(kvs(group.answer(group.followers[0]!, get('/k1'), 100).response)).toEqual([1]);
  });

  it('tells watchers at a follower what was written elsewhere', () => {
    const group = new Group(3);
    const [follower] = group.followers;
    group.send(follower!, {
      type: 'etcd.watch-create',
      watch: 'w',
      key: '/a/',
      rangeEnd: '/a0',
      startRevision: 0,
      certificate: 'test',
    } as Message);
    group.pass(10);
    group.answer(group.leader, put('/a/x', 'new'), 50);
    const told = group.heard.map(({ message }) => message).find((message): message is EtcdWatchResponse => message.type === 'etcd.watch');
    expect(told?.events[0]?.kv.value).toBe('new');
  });

  it('says what a real one says when its leader dies with a write in flight, and goes on in a higher term', () => {
    const group = new Group(3);
    const old = group.leader;
    const { term } = group.state(old).raft;
    const [other] = group.followers;
    group.kill(old);
    const began = group.world.now;
    const { text, ms } = group.answer(other!, put('/lost', 1), 9000);
    expect(text).toBe('etcdserver: request timed out, possibly due to previous leader failure');
    expect(Math.round(ms / 1000)).toBe(7);
    expect(group.leader).not.toBe(old);
    expect(group.state(group.leader).raft.term).toBeGreaterThan(term);
    expect(group.world.now - began).toBeGreaterThan(ms);
    expect(group.answer(other!, put('/kept', 1), 100).text).toBe('');
    // The dead one is told what it missed.
    group.input({ type: 'fault.start', address: `${old}/etcd` });
    group.pass(3000);
    expect(group.value(old, '/kept')).toBe(1);
  });

  it('lets a write wait for a leader that is elected meanwhile', () => {
    const group = new Group(3);
    const old = group.leader;
    const [other] = group.followers;
    group.kill(old);
    // Nobody leads: the election is under way or to come.
    while (group.state(other!).raft.lead !== undefined && group.world.now < 1_700_000_010_000) group.pass(50);
    const { text } = group.answer(other!, put('/held', 1), 6000);
    expect(['', 'etcdserver: request timed out, possibly due to previous leader failure']).toContain(text);
  });

  it('answers reads and writes late where a majority is gone, serves what it has, and recovers', () => {
    const group = new Group(3);
    group.answer(group.leader, put('/a', 'before'), 50);
    const [alone] = group.followers;
    for (const name of group.names) if (name !== alone) group.kill(name);
    group.pass(3000);
    const write = group.answer(alone!, put('/a', 'after'), 9000);
    expect(write.text).toBe('etcdserver: request timed out');
    expect(Math.round(write.ms / 1000)).toBe(7);
    const read = group.answer(alone!, get('/a'), 9000);
    expect(read.text).toBe('etcdserver: request timed out');
    expect(Math.round(read.ms / 1000)).toBe(7);
    const stale = group.answer(alone!, get('/a', true), 50);
    expect(kvs(stale.response)).toEqual(['before']);
    const back = group.names.find((name) => name !== alone)!;
    group.input({ type: 'fault.start', address: `${back}/etcd` });
    group.pass(4000);
    expect(group.answer(alone!, put('/a', 'back'), 100).text).toBe('');
  });

  it('lets a leader that is cut off lead no longer, and gives it up to the others', () => {
    const group = new Group(3);
    const old = group.leader;
    for (const other of group.followers) group.input({ type: 'fault.link', between: [old, other], options: { cut: true } });
    group.input({ type: 'fault.link', between: [old, 'c'], options: {} });
    group.pass(8000);
    expect(group.world.process(`${old}/etcd`)?.value).not.toBe('leader');
    expect(group.leader).not.toBe('');
    expect(group.answer(group.leader, put('/majority', 1), 100).text).toBe('');
    for (const other of group.names) if (other !== old) group.input({ type: 'fault.link', between: [old, other] });
    group.pass(5000);
    expect(group.value(old, '/majority')).toBe(1);
    expect(group.names.filter((name) => group.world.process(`${name}/etcd`)?.value === 'leader')).toHaveLength(1);
  });

  it('moves its leader on request', () => {
    const group = new Group(3);
    const [target] = group.followers;
    const id = memberId(peerUrlOf(target!));
    expect(group.answer(target!, { op: 'move-leader', id }, 100).text).toBe('etcdserver: not leader');
    expect(group.answer(group.leader, { op: 'move-leader', id }, 3000).text).toBe('');
    expect(group.leader).toBe(target);
  });

  it('takes a new member in as a learner, by a snapshot where the log was cut, and promotes it', () => {
    const group = new Group(3, { snapshotCount: 20 });
    for (let i = 0; i < 60; i++) group.answer(group.leader, put(`/n${i}`, i), 10);
    const peerUrl = peerUrlOf('m9');
    expect(group.answer(group.leader, { op: 'member-add', name: 'm9', peerUrl, learner: true }, 100).text).toBe('');
    expect(group.answer(group.leader, { op: 'member-add', name: 'm9', peerUrl, learner: true }, 100).text).toBe(
      'etcdserver: Peer URLs already exists',
    );
    const id = memberId(peerUrl);
    expect(group.answer(group.leader, { op: 'member-promote', id }, 100).text).toBe(
      'etcdserver: can only promote a learner member which is in sync with leader',
    );
    const members = [...group.names, 'm9'].map((name) => ({ name, address: `${name}/etcd` }));
    const input: EtcdInput = { name: 'm9', fsyncMs: 1, members, initialClusterState: 'existing' };
    group.input({ type: 'start-process', address: 'm9/etcd', definition: 'etcd', input });
    group.pass(2000);
    expect(group.world.process('m9/etcd')?.value).toBe('learner');
    // It has made itself known.
    expect(group.state(group.leader).members.get(id)).toMatchObject({ name: 'm9', started: true });
    expect(group.value('m9', '/n59')).toBe(59);
    expect(group.answer('m9', get('/n1'), 100).text).toBe('etcdserver: rpc not supported for learner');
    // Any member hands this on to the leader.
    expect(group.answer(group.followers[0]!, { op: 'member-promote', id }, 200).text).toBe('');
    group.pass(500);
    expect(group.world.process('m9/etcd')?.value).toBe('follower');
    expect(group.answer('m9', put('/through', 'm9'), 100).text).toBe('');
    // Who is removed ends.
    expect(group.answer(group.leader, { op: 'member-remove', id }, 3000).text).toBe('');
    expect(group.world.process('m9/etcd')).toBeUndefined();
    expect(group.state(group.leader).raft.conf.voters).toHaveLength(3);
  });

  it('keeps leases at the leader, and a new leader gives each its whole time again', () => {
    const group = new Group(3);
    group.answer(group.followers[0]!, { op: 'lease-grant', ttlSeconds: 10, lease: 7 }, 50);
    group.answer(group.leader, { op: 'put', key: '/leased', value: 1, lease: 7 }, 50);
    group.pass(8000);
    expect(group.answer(group.followers[0]!, { op: 'lease-keep-alive', lease: 7 }, 100).text).toBe('');
    group.pass(8000);
    expect(group.value(group.leader, '/leased')).toBe(1);
    group.kill(group.leader);
    group.pass(9000);
    expect(group.value(group.leader, '/leased')).toBe(1);
    group.pass(9000);
    for (const name of [group.leader, ...group.followers]) expect(group.value(name, '/leased')).toBeUndefined();
  });
});

describe('a group of five', () => {
  it('lives with two members gone', () => {
    const group = new Group(5);
    for (const name of group.followers.slice(0, 2)) group.kill(name);
    expect(group.answer(group.leader, put('/a', 1), 100).text).toBe('');
    group.kill(group.followers[0]!);
    expect(group.answer(group.leader, put('/a', 2), 9000).text).not.toBe('');
  });
});

describe('a database that is full', () => {
  it('refuses what makes it larger until it was compacted, defragmented and the alarm disarmed', () => {
    const group = new Group(1, { quotaBytes: 60_000 });
    let refused = '';
    for (let i = 0; i < 100 && refused === ''; i++) refused = group.answer('m1', put('/big', 'x'.repeat(2000)), 10).text;
    expect(refused).toBe('etcdserver: mvcc: database space exceeded');
    expect(group.state('m1').alarms).toMatchObject([{ alarm: 'NOSPACE' }]);
    const full = group.state('m1').store.revision;
    expect(group.answer('m1', { op: 'compact', revision: full }, 10).text).toBe('');
    expect(group.answer('m1', { op: 'defragment' }, 50).text).toBe('');
    const { member } = group.state('m1').alarms[0]!;
    expect(group.answer('m1', put('/small', 1), 10).text).toBe('etcdserver: mvcc: database space exceeded');
    expect(group.answer('m1', { op: 'alarm', activate: false, member, alarm: 'NOSPACE' }, 10).text).toBe('');
    expect(group.answer('m1', put('/small', 1), 10).text).toBe('');
  });
});

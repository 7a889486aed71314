import { beforeAll, describe, expect, it } from 'vitest';
import '../late.ts';
import { Session } from '../session.ts';
import { differences } from './differences.ts';

const pod = (name: string) => ({ type: 'object', resource: 'pods', namespace: 'default', name }) as const;

describe('the views', () => {
  let session: Session;
  const command = (line: string, ms = 15_000): void => {
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line });
    session.pass(ms);
  };
  beforeAll(() => {
    session = new Session({ shape: 'minikube', seed: 3 });
    session.pass(30_000);
    command('kubectl run lone --image=nginx');
  });

  it('a ladder has a story from the keystroke on, with the gates of its requests, and no more than is asked for', () => {
    const story = session.frame().timeline.marks.findLast(({ type }) => type === 'command')!.seq;
    const { rungs, gates, to } = session.answer({ type: 'ladder', from: 0, story, chatter: false, limit: 2000 });
    expect(to).toBe(session.frame().head.seq);
    const post = rungs.find(({ label }) => label === 'POST pods');
    expect(post?.lanes).toEqual(['alice/terminal', 'minikube/kube-apiserver']);
    expect(gates.filter(({ exchange }) => exchange === post?.exchange).map(({ gate }) => gate)).toEqual([
      'authentication',
      'authorization',
      'mutating',
      'schema',
      'validating',
      'storage',
    ]);
    expect(rungs.every((rung) => rung.story === story && rung.lanes[0] !== rung.lanes[1])).toBe(true);
    expect(rungs.map(({ id }) => id)).toEqual([...rungs].map(({ id }) => id).sort((a, b) => a - b));
    const few = session.answer({ type: 'ladder', from: 0, chatter: true, limit: 10 });
    expect(few.rungs.length).toBeGreaterThanOrEqual(10);
    expect(few.rungs.length).toBeLessThan(20);
    expect(session.answer({ type: 'ladder', from: to + 1, chatter: true, limit: 10 }).rungs).toEqual([]);
  });

  it('a field is explained by the write that made it so, and by the keystroke at the end of its causes', () => {
    const node = session.answer({ type: 'why-field', target: pod('lone'), path: ['spec', 'nodeName'] });
    expect(node).toMatchObject({ before: undefined, after: 'minikube' });
    expect(node?.chain.map(({ process }) => process)).toContain('minikube/kube-scheduler');
    expect(node?.chain.at(-1)?.label).toBe('kubectl run lone --image=nginx');
    const phase = session.answer({ type: 'why-field', target: pod('lone'), path: ['status', 'phase'] });
    expect(phase).toMatchObject({ before: 'Pending', after: 'Running', manager: 'kubelet' });
    expect(phase!.revision).toBeGreaterThan(node!.revision);
    const image = session.answer({ type: 'why-field', target: pod('lone'), path: ['spec', 'containers', 0, 'image'] });
    expect(image!.revision).toBeLessThan(node!.revision);
    expect(session.answer({ type: 'why-field', target: pod('nobody'), path: [] })).toBeUndefined();
  });

  it('caches are as etcd is once nothing is under way, and behind it before', () => {
    const { caches } = session.answer({ type: 'caches' });
    expect(caches.find(({ process, resource }) => process === 'minikube/kube-scheduler' && resource === 'pods')?.objects).toBeGreaterThan(
      5,
    );
    expect(caches.flatMap(({ differing }) => differing)).toEqual([]);
    session.send({ type: 'terminal.line', terminal: 'alice/terminal', line: 'kubectl create configmap late' });
    session.runUntil(
      ({ message }) => message.type === 'etcd.request' && JSON.stringify(message).includes('configmaps/default/late'),
      5_000,
    );
    const behind = session.answer({ type: 'caches' }).caches.flatMap(({ differing }) => differing);
    expect(behind).toContainEqual({ key: 'default/late', cached: undefined, stored: expect.any(String) });
    session.pass(5_000);
    expect(session.answer({ type: 'caches' }).caches.flatMap(({ differing }) => differing)).toEqual([]);
  });

  it('the audit log has the words of audit.k8s.io/v1', () => {
    const { lines } = session.answer({ type: 'audit', from: 0, limit: 5_000, chatter: true });
    const made = lines.find(({ verb, uri }) => verb === 'create' && uri.startsWith('/api/v1/namespaces/default/pods?'));
    expect(made).toMatchObject({ user: 'minikube-user', code: 201 });
    expect(made?.event).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      stage: 'ResponseComplete',
      objectRef: { resource: 'pods', namespace: 'default', name: 'lone', apiVersion: 'v1' },
      responseStatus: { code: 201 },
    });
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map(({ seq }) => seq).sort((a, b) => b - a));
  });

  it('activity counts every finished request once', () => {
    const { series } = session.answer({ type: 'activity', buckets: 50 });
    const sum = (id: string): number => series.find((item) => item.id === id)!.counts.reduce((total, count) => total + count, 0);
    const { lines } = session.answer({ type: 'audit', from: 0, limit: 100_000, chatter: true });
    expect(sum('reads') + sum('writes') + sum('refused')).toBe(lines.length);
    expect(sum('revisions')).toBeGreaterThan(50);
  });

  it('says why a pod is not placed, and why a service sends nobody anywhere', () => {
    command(`kubectl run big --image=nginx --overrides='{"spec":{"nodeSelector":{"disk":"ssd"}}}'`);
    const reasons = session.answer({ type: 'why-not', target: pod('big') });
    expect(reasons[0]?.values['message']).toContain('0/1 nodes are available');
    expect(reasons).toContainEqual({
      code: 'plugin',
      values: { plugin: 'NodeAffinity', node: 'minikube', reason: "node(s) didn't match Pod's node affinity/selector" },
    });
    const [decision] = session.answer({ type: 'schedule' });
    expect(decision).toMatchObject({ pod: 'default/big', node: '' });
    expect(session.answer({ type: 'queues' })).toContainEqual(expect.objectContaining({ key: 'default/big', state: 'unschedulable' }));
    command('kubectl create service clusterip shop --tcp=80');
    const service = { type: 'object', resource: 'services', namespace: 'default', name: 'shop' } as const;
    expect(session.answer({ type: 'why-not', target: service })).toEqual([
      { code: 'noPods', values: { selector: 'app=shop', namespace: 'default' } },
    ]);
    expect(session.answer({ type: 'why-not', target: pod('lone') })).toEqual([]);
  });

  it('two branches differ by what was done in one of them, and comparing moves nothing', () => {
    const at = session.frame().time;
    command('kubectl label pod lone tier=gold');
    session.send({ type: 'seek', to: { time: at - 1 } });
    command('kubectl create namespace other');
    const { time, seq } = session.frame();
    const found = session.answer({ type: 'compare', branches: ['main', 'branch-1'], at: time });
    expect(found?.objects.find(({ name }) => name === 'lone')).toMatchObject({
      in: 'both',
      fields: [{ path: 'metadata.labels.tier', a: 'gold', b: undefined }],
    });
    expect(found?.objects.find(({ kind, name }) => kind === 'Namespace' && name === 'other')?.in).toBe('b');
    expect(session.answer({ type: 'compare', branches: ['main', 'branch-1'], at: at - 1 })?.objects).toEqual([]);
    expect(session.frame()).toMatchObject({ time, seq });
    expect(session.answer({ type: 'compare', branches: ['main', 'nowhere'], at })).toBeUndefined();
  });
});

describe('differences', () => {
  it('are told by the names of fields, and of items where they have one', () => {
    expect(differences({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 3] } })).toEqual([
      { path: 'a', a: 1, b: undefined },
      { path: 'b.c[1]', a: 2, b: 3 },
    ]);
    expect(differences({ list: [{ name: 'x', v: 1 }] }, { list: [{ name: 'y' }, { name: 'x', v: 2 }] })).toEqual([
      { path: 'list[name=x].v', a: 1, b: 2 },
      { path: 'list[name=y]', a: undefined, b: { name: 'y' } },
    ]);
  });
});

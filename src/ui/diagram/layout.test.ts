import { describe, expect, it } from 'vitest';
import type { HostSummary, PodSummary } from '#session/port.ts';
import { linkBetween } from './drawing.ts';
import { hostOfBox, layout, linesOf, type Box } from './layout.ts';
import { levelOf, samePod, slotsIn, stateOf } from './slots.ts';

const host = (name: string, role: HostSummary['role'], node: boolean): HostSummary => ({
  name,
  role,
  node,
  ready: true,
  unschedulable: false,
});

function cluster(clients: number, workers: number): readonly HostSummary[] {
  return [
    host('control', 'control-plane', true),
    ...Array.from({ length: clients }, (_, index) => host(`user-${index}`, 'client', false)),
    ...Array.from({ length: workers }, (_, index) => host(`node-${index}`, 'worker', true)),
  ];
}

const apart = (a: Box, b: Box): boolean => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

describe('the diagram', () => {
  it('puts no box over another, whatever the cluster', () => {
    for (const [clients, workers] of [
      [1, 0],
      [3, 3],
      [6, 9],
      [2, 40],
    ] as const) {
      const boxes = layout(cluster(clients, workers));
      for (const a of boxes) for (const b of boxes) expect(a === b || apart(a, b)).toBe(true);
    }
  });

  it('puts several masters side by side, each in its frame, and no box over another', () => {
    for (const masters of [1, 2, 3, 5]) {
      const boxes = layout([
        ...Array.from({ length: masters }, (_, index) => host(`master-${index}`, 'control-plane', true)),
        host('load-balancer', 'load-balancer', false),
        host('alice', 'client', false),
        ...Array.from({ length: 4 }, (_, index) => host(`node-${index}`, 'worker', true)),
      ]);
      const [frames, things] = [boxes.filter((box) => box.kind === 'plane'), boxes.filter((box) => box.kind !== 'plane')];
      for (const a of things) for (const b of things) expect(a === b || apart(a, b)).toBe(true);
      for (const frame of frames) {
        const own = things.filter((box) => box.id.startsWith(`${hostOfBox(frame)}/`));
        expect(own).toHaveLength(4);
        for (const { x, y, width, height } of own)
          expect(x > frame.x && y > frame.y && x + width < frame.x + frame.width && y + height < frame.y + frame.height).toBe(true);
        for (const other of things) expect(own.includes(other) || apart(frame, other)).toBe(true);
      }
      const lines = linesOf(new Map(boxes.map((box) => [box.id, box]))).map(({ from, to }) => `${from} ${to.id}`);
      expect(lines).toContain('alice load-balancer/haproxy');
      expect(lines).toContain('node-1/kubelet load-balancer/haproxy');
      expect(lines.filter((line) => line.startsWith('load-balancer/haproxy '))).toHaveLength(masters);
      expect(lines).toContain('master-0/kubelet master-0/kube-apiserver');
      expect(lines.filter((line) => /^\S+\/etcd \S+\/etcd$/.test(line))).toHaveLength(masters - 1);
    }
  });

  it('leaves everything where it is when a user or a node comes', () => {
    const place = ({ id, x, y }: Box): string => `${id} ${x} ${y}`;
    const before = layout(cluster(1, 4)).map(place);
    expect(layout(cluster(2, 5)).map(place)).toEqual(expect.arrayContaining(before));
  });

  it('has more slots in larger boxes, and three levels of nearness', () => {
    expect(slotsIn(1080, 208)).toEqual({ columns: 6, slots: 18 });
    expect(slotsIn(255, 252).slots).toBe(8);
    expect([0.3, 0.8, 2].map(levelOf)).toEqual(['far', 'middle', 'near']);
  });

  it('shows what is wrong with the link between two hosts, whichever is named first', () => {
    const links = [{ a: 'control', b: 'node-1', cut: true, loss: 0, latencyMs: undefined }];
    expect(linkBetween(links, 'node-1', 'control')?.cut).toBe(true);
    expect(linkBetween(links, 'control', 'control')).toBeUndefined();
    expect(linkBetween(links, 'node-1', 'node-2')).toBeUndefined();
  });

  it('draws a pod anew only where something of it is drawn otherwise', () => {
    const pod: PodSummary = {
      namespace: 'default',
      name: 'web',
      uid: '1',
      node: 'n',
      phase: 'Running',
      status: 'Running',
      ready: true,
      containers: [{ name: 'nginx', state: 'running', ready: true, restarts: 0 }],
      static: false,
      ownerKind: '',
    };
    expect(samePod(pod, structuredClone(pod))).toBe(true);
    expect(samePod(pod, { ...pod, status: 'Terminating' })).toBe(false);
    expect(samePod(pod, { ...pod, containers: [{ ...pod.containers[0]!, restarts: 1 }] })).toBe(false);
  });

  it('counts pods by what their status says', () => {
    const pod = (status: string, phase = 'Running', ready = false) => stateOf({ status, phase, ready });
    expect(pod('Running')).toBe('running');
    expect(pod('CrashLoopBackOff')).toBe('failed');
    expect(pod('ContainerCreating', 'Pending')).toBe('pending');
    expect(pod('Completed', 'Succeeded')).toBe('ended');
    expect(pod('Terminating')).toBe('leaving');
  });
});

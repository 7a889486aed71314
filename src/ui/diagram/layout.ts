import type { HostSummary } from '#session/port.ts';

/** Where everything is drawn. The position of a thing depends on what it is and never changes by itself. */
export interface Box {
  readonly id: string;
  readonly kind: 'client' | 'api' | 'component' | 'worker';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const workerColumns = 4;
const clientHeight = 108;
const gap = 12;
/** World units: where the nodes begin, below everything else. */
const nodesFrom = 424;

export function layout(hosts: readonly HostSummary[]): readonly Box[] {
  const control = hosts.find((host) => host.role === 'control-plane')?.name ?? '';
  const clients = hosts.filter((host) => host.role === 'client');
  const height = Math.min(clientHeight, Math.floor((nodesFrom - gap) / Math.max(1, clients.length)) - gap);
  const boxes: Box[] = clients.map((host, index) => ({
    id: host.name,
    kind: 'client',
    x: 0,
    y: index * (height + gap),
    width: 170,
    height,
  }));
  boxes.push(
    { id: `${control}/kube-apiserver`, kind: 'api', x: 230, y: 0, width: 580, height: 186 },
    { id: `${control}/etcd`, kind: 'component', x: 880, y: 44, width: 200, height: 98 },
    { id: `${control}/kube-scheduler`, kind: 'component', x: 230, y: 232, width: 196, height: 98 },
    { id: `${control}/kube-controller-manager`, kind: 'component', x: 450, y: 232, width: 630, height: 176 },
  );
  const nodes = hosts.filter((host) => host.node);
  const few = nodes.length <= 1;
  const columns = Math.min(workerColumns, Math.max(1, nodes.length));
  const width = few ? 1080 : Math.floor((1080 - (columns - 1) * gap) / columns);
  const tall = few ? 208 : 252;
  for (const [index, host] of nodes.entries()) {
    boxes.push({
      id: `host ${host.name}`,
      kind: 'worker',
      x: (index % columns) * (width + gap),
      y: nodesFrom + Math.floor(index / columns) * (tall + gap),
      width,
      height: tall,
    });
  }
  return boxes;
}

/** The host that a box is on, or is. */
export function hostOfBox({ id, kind }: Box): string {
  return kind === 'worker' ? id.slice('host '.length) : (id.split('/')[0] ?? id);
}

/** The box in which a process is drawn. */
export function boxOf(address: string, boxes: ReadonlyMap<string, Box>): Box | undefined {
  const [host = '', name = ''] = address.split('/');
  return boxes.get(`${host}/${name}`) ?? boxes.get(`host ${host}`) ?? boxes.get(host);
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Between the scheduler and the controller manager: the way down to the nodes. */
const shaft = { x: 438, bottom: 402 } as const;

/** The way of a message between two boxes: straight, and to the nodes through the shaft. */
export function wayOf(from: string, to: string, a: Box, b: Box): readonly Point[] {
  if (a === b) return [part(from, a), part(to, b)];
  if (b.kind === 'worker')
    return [
      ...(a.kind === 'api' ? [{ x: shaft.x, y: a.y + a.height }] : [side(a, b)]),
      { x: shaft.x, y: shaft.bottom },
      { ...part(to, b), y: b.y },
    ];
  if (a.kind === 'worker') return [...wayOf(to, from, b, a)].reverse();
  return [side(a, b), side(b, a)];
}

/** Between two boxes that say nothing to the API server with it: from edge to edge, from top to top where they are side by side. */
export function directWay(a: Box, b: Box): readonly Point[] {
  const top = (box: Box): Point => ({ x: box.x + box.width / 2, y: box.y });
  const besides = a.y < b.y + b.height && b.y < a.y + a.height;
  if (!besides) return [side(a, b), side(b, a)];
  const [from, to] = [top(a), top(b)];
  const above = Math.min(from.y, to.y) - 10;
  return [from, { x: from.x, y: above }, { x: to.x, y: above }, to];
}

/** Where the parts of a node are, as shares of its width; other programs are among its pods. */
const parts: Readonly<Record<string, number>> = { kubelet: 0.16, 'kube-proxy': 0.5, 'container-runtime': 0.84 };
const partsDown = 50;
const podsDown = 96;

/** The part of a node that a process is drawn as. */
function part(address: string, box: Box): Point {
  const share = parts[address.split('/')[1] ?? ''];
  return { x: box.x + box.width * (share ?? 0.5), y: box.y + (share === undefined ? podsDown : partsDown) };
}

/** The point of a box's edge that faces another box. */
function side(box: Box, other: Box): Point {
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const [ox, oy] = [other.x + other.width / 2, other.y + other.height / 2];
  if (other.y > box.y + box.height) return { x: clamp(ox, box.x + 40, box.x + box.width - 40), y: box.y + box.height };
  if (other.y + other.height < box.y) return { x: cx, y: box.y };
  return { x: ox > cx ? box.x + box.width : box.x, y: clamp(oy, box.y + 24, box.y + box.height - 24) || cy };
}

/** The point at a share (0 to 1) of a way's length. */
export function pointAt(way: readonly Point[], share: number): Point {
  const lengths = way.slice(1).map((point, index) => Math.hypot(point.x - way[index]!.x, point.y - way[index]!.y));
  let left = share * lengths.reduce((sum, length) => sum + length, 0);
  for (const [index, length] of lengths.entries()) {
    const [from, to] = [way[index]!, way[index + 1]!];
    if (left <= length) {
      const within = length === 0 ? 0 : left / length;
      return { x: from.x + (to.x - from.x) * within, y: from.y + (to.y - from.y) * within };
    }
    left -= length;
  }
  return way.at(-1)!;
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

import type { HostSummary } from '#session/port.ts';

/** Where everything is drawn. The position of a thing depends on what it is and never changes by itself. */
export interface Box {
  readonly id: string;
  readonly kind: 'client' | 'api' | 'component' | 'worker' | 'balancer' | 'plane';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Where ways from here to the nodes go down, and where they turn to a node. */
  readonly shaft: Point;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const workerColumns = 4;
const clientHeight = 108;
const clientWidth = 170;
const gap = 12;
/** World units: where the nodes begin, below everything else, and how far their way ends above that. */
const nodesFrom = 424;
const shaftEnd = 22;
const fullWidth = 1080;

export function layout(hosts: readonly HostSummary[]): readonly Box[] {
  const masters = hosts.filter((host) => host.role === 'control-plane');
  const balancers = hosts.filter((host) => host.role === 'load-balancer');
  if (masters.length > 1 || balancers.length > 0) return several(hosts, masters, balancers);
  const control = masters[0]?.name ?? '';
  const shaft = { x: 438, y: nodesFrom - shaftEnd };
  return [
    ...clientBoxes(hosts, shaft),
    { id: `${control}/kube-apiserver`, kind: 'api', x: 230, y: 0, width: 580, height: 186, shaft },
    { id: `${control}/etcd`, kind: 'component', x: 880, y: 44, width: 200, height: 98, shaft },
    { id: `${control}/kube-scheduler`, kind: 'component', x: 230, y: 232, width: 196, height: 98, shaft },
    { id: `${control}/kube-controller-manager`, kind: 'component', x: 450, y: 232, width: 630, height: 176, shaft },
    ...nodeBoxes(hosts, { width: fullWidth, from: nodesFrom, columns: workerColumns, tall: () => 252 }, shaft),
  ];
}

function clientBoxes(hosts: readonly HostSummary[], shaft: Point): readonly Box[] {
  const clients = hosts.filter((host) => host.role === 'client');
  const height = Math.min(clientHeight, Math.floor((nodesFrom - gap) / Math.max(1, clients.length)) - gap);
  return clients.map((host, index) => ({
    id: host.name,
    kind: 'client',
    x: 0,
    y: index * (height + gap),
    width: clientWidth,
    height,
    shaft,
  }));
}

interface Grid {
  readonly width: number;
  readonly from: number;
  readonly columns: number;
  readonly tall: (host: HostSummary) => number;
}

/** The nodes, row by row; one alone takes all the width. */
function nodeBoxes(hosts: readonly HostSummary[], { width: full, from, columns: most, tall }: Grid, shaft: Point): readonly Box[] {
  const nodes = hosts.filter((host) => host.node);
  const few = nodes.length <= 1;
  const columns = Math.min(most, Math.max(1, nodes.length));
  const width = few ? full : Math.floor((full - (columns - 1) * gap) / columns);
  let y = from;
  return nodes.map((host, index) => {
    if (index > 0 && index % columns === 0) y += Math.max(...nodes.slice(index - columns, index).map(tall)) + gap;
    const height = few ? 208 : tall(host);
    return { id: `host ${host.name}`, kind: 'worker', x: (index % columns) * (width + gap), y, width, height, shaft };
  });
}

// ── several masters ─────────────────────────────────────────────────────────

const balancerWidth = 170;
const planeWidth = 330;
const planeGap = 26;
const planeHeight = 378;
/** Inside of a plane: its frame, its title, and its rows. */
const inside = { frame: 10, title: 34, api: 150, etcd: 74, component: 88, gap: 11 } as const;
/** How much of the width the scheduler gets beside the controller manager. */
const lessShare = 0.4;
/** Where the load balancer's ways run, above the masters. */
const overhead = -13;
/** A control plane's own node has few pods, all of them small. */
const masterNode = 172;

/** Each master is a column: its API server, its member of etcd, and what works for it. The load balancer is between them and the clients. */
function several(hosts: readonly HostSummary[], masters: readonly HostSummary[], balancers: readonly HostSummary[]): readonly Box[] {
  const bottom = nodesFrom - shaftEnd;
  const left = clientWidth + 40 + (balancers.length > 0 ? balancerWidth + 40 : 0);
  const way = { x: left - planeGap / 2, y: bottom };
  const planes = masters.flatMap((host, index) => planeBoxes(host, left + index * (planeWidth + planeGap), bottom));
  const width = left + masters.length * (planeWidth + planeGap) - planeGap;
  const grid: Grid = {
    width,
    from: nodesFrom,
    columns: Math.max(3, masters.length),
    tall: (host) => (host.role === 'control-plane' ? masterNode : 252),
  };
  return [
    ...planes,
    ...clientBoxes(hosts, way),
    ...balancers.map(({ name }, index): Box => ({
      id: `${name}/haproxy`,
      kind: 'balancer',
      x: clientWidth + 40,
      y: 60 + index * 130,
      width: balancerWidth,
      height: 118,
      shaft: { x: clientWidth + 40 + balancerWidth / 2, y: bottom },
    })),
    ...nodeBoxes(hosts, grid, way),
  ];
}

/** One master: a frame, and in it what runs there. */
function planeBoxes({ name }: HostSummary, left: number, bottom: number): readonly Box[] {
  const shaft = { x: left - planeGap / 2, y: bottom };
  const [x, width] = [left + inside.frame, planeWidth - 2 * inside.frame];
  const less = Math.floor((width - inside.gap) * lessShare);
  const middle = inside.title + inside.api + inside.gap;
  const etcdFrom = middle + inside.component + inside.gap;
  const boxes: readonly (Pick<Box, 'kind' | 'x' | 'y' | 'width' | 'height'> & { readonly name: string })[] = [
    { name: 'kube-apiserver', kind: 'api', x, y: inside.title, width, height: inside.api },
    { name: 'etcd', kind: 'component', x, y: etcdFrom, width, height: inside.etcd },
    { name: 'kube-scheduler', kind: 'component', x, y: middle, width: less, height: inside.component },
    {
      name: 'kube-controller-manager',
      kind: 'component',
      x: x + less + inside.gap,
      y: middle,
      width: width - less - inside.gap,
      height: inside.component,
    },
  ];
  return [
    { id: `plane ${name}`, kind: 'plane', x: left, y: 0, width: planeWidth, height: planeHeight, shaft },
    ...boxes.map(({ name: component, ...box }): Box => ({ id: `${name}/${component}`, ...box, shaft })),
  ];
}

/** Who ordinarily talks to whom: from an address to the box of what it asks. */
export function linesOf(boxes: ReadonlyMap<string, Box>): readonly { readonly from: string; readonly to: Box }[] {
  const all = [...boxes.values()];
  const [apis, balancer] = [all.filter((box) => box.kind === 'api'), all.find((box) => box.kind === 'balancer')];
  const members = all.filter((box) => box.id.endsWith('/etcd'));
  return all.flatMap((box) => {
    const host = hostOfBox(box);
    const own = apis.find((api) => hostOfBox(api) === host);
    const door = own ?? balancer ?? apis[0];
    switch (box.kind) {
      case 'api':
        return members.map((to) => ({ from: box.id, to }));
      case 'balancer':
        return apis.map((to) => ({ from: box.id, to }));
      case 'component': {
        const next = members.includes(box) ? members[members.indexOf(box) + 1] : door;
        return next === undefined ? [] : [{ from: box.id, to: next }];
      }
      case 'client':
      case 'worker':
        return door === undefined ? [] : [{ from: box.kind === 'worker' ? `${host}/kubelet` : box.id, to: door }];
      case 'plane':
        return [];
    }
  });
}

/** The host that a box is on, or is. */
export function hostOfBox({ id, kind }: Box): string {
  return kind === 'worker' || kind === 'plane' ? id.slice(id.indexOf(' ') + 1) : (id.split('/')[0] ?? id);
}

/** The box in which a process is drawn. */
export function boxOf(address: string, boxes: ReadonlyMap<string, Box>): Box | undefined {
  const [host = '', name = ''] = address.split('/');
  return boxes.get(`${host}/${name}`) ?? boxes.get(`host ${host}`) ?? boxes.get(host);
}

/** The way of a message between two boxes: straight, and to the nodes through the shaft of where it comes from. */
export function wayOf(from: string, to: string, a: Box, b: Box): readonly Point[] {
  if (a === b) return [part(from, a), part(to, b)];
  if (b.kind === 'worker') return [...outOf(a, b), a.shaft, ...into(to, a, b)];
  if (a.kind === 'worker') return [...wayOf(to, from, b, a)].reverse();
  return between(a, b) ?? [...(between(b, a) ?? [side(b, a), side(a, b)])].reverse();
}

/** Ways between things that stand in columns: from the load balancer over the masters, and from API servers down between what is below them. */
function between(a: Box, b: Box): readonly Point[] | undefined {
  const below = b.y > a.y + a.height;
  if (a.kind === 'balancer' && b.kind === 'api') {
    const [from, to] = [a.x + a.width / 2, b.x + b.width - 34];
    return [
      { x: from, y: a.y },
      { x: from, y: overhead },
      { x: to, y: overhead },
      { x: to, y: b.y },
    ];
  }
  if (a.kind !== 'api' || !below || !b.id.endsWith('/etcd')) return undefined;
  const x = a.x + Math.floor((a.width - inside.gap) * lessShare) + inside.gap / 2;
  const [to, y] = [Math.max(b.x + 30, Math.min(b.x + b.width - 30, x)), b.y - inside.gap / 2];
  return [
    { x, y: a.y + a.height },
    { x, y },
    { x: to, y },
    { x: to, y: b.y },
  ];
}

/** To a node: at once in the first row; beside the nodes above it to one further down. */
function into(to: string, { shaft }: Box, b: Box): readonly Point[] {
  const end = { ...part(to, b), y: b.y };
  if (b.y - shaft.y < 2 * shaftEnd) return [end];
  const [x, y] = [b.x - gap / 2, b.y - gap / 2];
  return [{ x, y: shaft.y }, { x, y }, { x: end.x, y }, end];
}

/** From a box to its shaft: straight down where that is below it; an API server beside it has a door of its own. */
function outOf(a: Box, b: Box): readonly Point[] {
  const { x } = a.shaft;
  if (x >= a.x && x <= a.x + a.width) return [{ x, y: a.y + a.height }];
  if (a.kind !== 'api') return [side(a, b)];
  const y = a.y + a.height - 24;
  return [
    { x: x < a.x ? a.x : a.x + a.width, y },
    { x, y },
  ];
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

import type { HostSummary, ProcessSummary } from '#session/port.ts';

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

export function layout(hosts: readonly HostSummary[], processes: readonly Pick<ProcessSummary, 'address' | 'definition'>[]): readonly Box[] {
  const control = hosts.find((host) => host.role === 'control-plane')?.name ?? '';
  const clients = hosts.filter((host) => host.role === 'client');
  const boxes: Box[] = clients.map((host, index) => ({ id: host.name, kind: 'client', x: 0, y: 30 + index * 118, width: 170, height: 108 }));
  boxes.push(
    { id: `${control}/kube-apiserver`, kind: 'api', x: 230, y: 0, width: 580, height: 230 },
    { id: `${control}/etcd`, kind: 'component', x: 880, y: 52, width: 200, height: 112 },
    { id: `${control}/kube-scheduler`, kind: 'component', x: 230, y: 296, width: 196, height: 138 },
    { id: `${control}/kube-controller-manager`, kind: 'component', x: 450, y: 296, width: 360, height: 138 },
  );
  const nodes = hosts.filter((host) => processes.some((process) => process.address === `${host.name}/kubelet`));
  const few = nodes.length <= 1;
  const columns = Math.min(workerColumns, Math.max(1, nodes.length));
  const width = few ? 1080 : Math.floor((1080 - (columns - 1) * 20) / columns);
  for (const [index, host] of nodes.entries()) {
    boxes.push({ id: `host ${host.name}`, kind: 'worker', x: (index % columns) * (width + 20), y: 498 + Math.floor(index / columns) * 236, width, height: 220 });
  }
  return boxes;
}

/** The box in which a process is drawn. */
export function boxOf(address: string, boxes: ReadonlyMap<string, Box>): Box | undefined {
  const [host = '', name = ''] = address.split('/');
  return boxes.get(`${host}/${name}`) ?? boxes.get(`host ${host}`) ?? boxes.get(host);
}

/** Where a message leaves or enters a box, on the way to another. */
export function anchor(address: string, box: Box, other: Box): { readonly x: number; readonly y: number } {
  if (box.kind === 'worker') {
    const third = /container-runtime/.test(address) ? 0.84 : /kube-proxy/.test(address) ? 0.5 : 0.16;
    return { x: box.x + box.width * third, y: other === box ? box.y + 52 : box.y };
  }
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const [ox, oy] = [other.x + other.width / 2, other.y + other.height / 2];
  if (other.kind === 'worker' || other.y > box.y + box.height) return { x: clamp(ox, box.x + 40, box.x + box.width - 40), y: box.y + box.height };
  if (other.y + other.height < box.y) return { x: cx, y: box.y };
  return { x: ox > cx ? box.x + box.width : box.x, y: clamp(oy, box.y + 24, box.y + box.height - 24) || cy };
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

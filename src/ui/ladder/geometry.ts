import type { PacketKind } from '#session/port.ts';
import type { GateMark, Rung } from '#session/view-port.ts';

/** Pixels. */
export const rowHeight = 24;
export const headHeight = 40;
const gutter = 82;
const narrowestLane = 106;
const longestLabel = 46;

/** From left to right: people, the door, what is behind it, what watches it, the nodes. */
const ranks: readonly RegExp[] = [
  /\/terminal/,
  /\/kube-apiserver$/,
  /\/etcd/,
  /\/kube-scheduler$/,
  /\/kube-controller-manager$/,
  /\/kubelet$/,
  /\/container-runtime$/,
  /\/kube-proxy$/,
];

const rankOf = (lane: string): number => {
  const found = ranks.findIndex((rank) => rank.test(lane));
  return found < 0 ? ranks.length : found;
};

/** The components that take part, in a fixed order. */
export function lanesOf(rungs: readonly Rung[]): readonly string[] {
  const lanes = [...new Set(rungs.flatMap((rung) => rung.lanes))];
  return lanes.sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
}

/** A component and its host; people are their hosts. */
export function namesOf(lane: string): readonly [name: string, host: string] {
  const [host = '', name = ''] = lane.split('/');
  return name.startsWith('terminal') ? [host, 'kubectl'] : [name.replace(/^(kube|container)-/, ''), host];
}

export interface Scale {
  readonly width: number;
  x(lane: string): number;
}

/** Where the lifelines are. @param room pixels that the view has */
export function scaleOf(lanes: readonly string[], room: number): Scale {
  const pitch = Math.max(narrowestLane, (room - gutter) / Math.max(1, lanes.length));
  const places = new Map(lanes.map((lane, index) => [lane, gutter + pitch * (index + 0.5)]));
  return { width: Math.max(room, gutter + pitch * lanes.length), x: (lane) => places.get(lane) ?? 0 };
}

interface Mark {
  readonly d: string;
  readonly filled: boolean;
}

/** The shapes of packets as on the diagram, around (0, 0). */
export const marks: Readonly<Record<PacketKind, Mark>> = {
  read: { d: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0', filled: true },
  internal: { d: 'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0', filled: true },
  write: { d: 'M-5-5h10v10h-10z', filled: true },
  delete: { d: 'M0-6.5L6.5 0L0 6.5L-6.5 0z', filled: true },
  watch: { d: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0', filled: false },
  event: { d: 'M0-6L5.5 5h-11z', filled: true },
  response: { d: 'M-4.5-4.5h9v9h-9z', filled: false },
  error: { d: 'M-5-5L5 5M5-5L-5 5', filled: false },
};

/** What a message is called on its arrow: with the part of the component that sends it, where it has parts that matter. */
export function labelOf({ label, from, to }: Rung): string {
  const part = [from, to].find((address) => address.includes('/kube-controller-manager/'))?.split('/')[2];
  const text = part === undefined ? label : `${label} · ${part.replace(/-controller$/, '')}`;
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
}

/** Where the label of an arrow stands: over its middle, but wholly in the picture. */
export function labelPlace(rung: Rung, { x, width }: Scale): number {
  const half = labelOf(rung).length * 3.35;
  const middle = (x(rung.lanes[0]) + x(rung.lanes[1])) / 2;
  return Math.max(gutter + half, Math.min(width - half - 4, middle));
}

/** Whether a message is a request that goes through the gates: the one that they are drawn at. */
export const isRequest = ({ kind, exchange }: Rung): boolean =>
  exchange !== undefined && ['read', 'write', 'delete', 'watch'].includes(kind);

const byExchange = <T extends { readonly exchange: string | undefined }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const found = new Map<string, T[]>();
  for (const item of items) {
    if (item.exchange === undefined) continue;
    const list = found.get(item.exchange);
    if (list === undefined) found.set(item.exchange, [item]);
    else list.push(item);
  }
  return found;
};

/** What belongs to a request: clients use the names of exchanges again, so that it is what comes before the next of that name. */
export interface Exchanges {
  gates(request: Rung): readonly GateMark[];
  answer(request: Rung): Rung | undefined;
}

export function exchangesOf(rungs: readonly Rung[], gates: readonly GateMark[]): Exchanges {
  const marks = byExchange(gates);
  const messages = byExchange(rungs);
  const next = (request: Rung): Rung | undefined =>
    messages.get(request.exchange ?? '')?.find((other) => other.id > request.id && isRequest(other));
  return {
    gates(request) {
      if (!isRequest(request)) return [];
      const until = next(request)?.seq ?? Number.POSITIVE_INFINITY;
      return (marks.get(request.exchange!) ?? []).filter(({ seq }) => seq > request.seq && seq <= until);
    },
    answer(request) {
      const until = next(request)?.id ?? Number.POSITIVE_INFINITY;
      return messages
        .get(request.exchange ?? '')
        ?.find(({ id, kind }) => id > request.id && id < until && ['response', 'error'].includes(kind));
    },
  };
}

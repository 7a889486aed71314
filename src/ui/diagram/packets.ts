import type { PacketSummary } from '#session/port.ts';
import { anchor, boxOf, type Box } from './layout.ts';

/** Where a packet is at a moment; undefined where it is inside one box or not under way. */
export function placeOf(packet: PacketSummary, time: number, boxes: ReadonlyMap<string, Box>): { readonly x: number; readonly y: number } | undefined {
  if (time < packet.sentAt || time > packet.arrivesAt) return undefined;
  const [from, to] = [boxOf(packet.from, boxes), boxOf(packet.to, boxes)];
  if (from === undefined || to === undefined || (from === to && from.kind !== 'worker')) return undefined;
  const [a, b] = [anchor(packet.from, from, to), anchor(packet.to, to, from)];
  if (from === to && a.x === b.x) return undefined;
  const share = (time - packet.sentAt) / (packet.arrivesAt - packet.sentAt);
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

type Draw = (context: CanvasRenderingContext2D, size: number) => void;
const fillCircle: Draw = (context, size) => (context.beginPath(), context.arc(0, 0, size, 0, 7), context.fill());

/** The shape says what a packet is, as its colour does. */
export const shapes: Readonly<Record<PacketSummary['kind'], Draw>> = {
  read: fillCircle,
  internal: (context, size) => fillCircle(context, size * 0.6),
  write: (context, size) => context.fillRect(-size, -size, 2 * size, 2 * size),
  delete: (context, size) => (context.rotate(Math.PI / 4), context.fillRect(-size, -size, 2 * size, 2 * size)),
  watch: (context, size) => ((context.lineWidth = 2.5), context.beginPath(), context.arc(0, 0, size, 0, 7), context.stroke()),
  event: (context, size) => (context.beginPath(), context.moveTo(0, -size * 1.2), context.lineTo(size * 1.1, size), context.lineTo(-size * 1.1, size), context.closePath(), context.fill()),
  response: (context, size) => ((context.lineWidth = 2), context.strokeRect(-size, -size, 2 * size, 2 * size)),
  error: (context, size) => ((context.lineWidth = 3), context.beginPath(), context.moveTo(-size, -size), context.lineTo(size, size), context.moveTo(size, -size), context.lineTo(-size, size), context.stroke()),
};

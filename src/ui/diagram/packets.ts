import type { PacketSummary } from '#session/port.ts';
import { boxOf, pointAt, wayOf, type Box, type Point } from './layout.ts';

/** Where a packet is at a moment; undefined where it is inside one box or not under way. */
export function placeOf(packet: PacketSummary, time: number, boxes: ReadonlyMap<string, Box>): Point | undefined {
  if (time < packet.sentAt || time > packet.arrivesAt) return undefined;
  const [from, to] = [boxOf(packet.from, boxes), boxOf(packet.to, boxes)];
  if (from === undefined || to === undefined || (from === to && from.kind !== 'worker')) return undefined;
  const way = wayOf(packet.from, packet.to, from, to);
  if (from === to && way[0]!.x === way[1]!.x) return undefined;
  return pointAt(way, (time - packet.sentAt) / (packet.arrivesAt - packet.sentAt));
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
  event: (context, size) => (
    context.beginPath(),
    context.moveTo(0, -size * 1.2),
    context.lineTo(size * 1.1, size),
    context.lineTo(-size * 1.1, size),
    context.closePath(),
    context.fill()
  ),
  response: (context, size) => ((context.lineWidth = 2), context.strokeRect(-size, -size, 2 * size, 2 * size)),
  error: (context, size) => (
    (context.lineWidth = 3),
    context.beginPath(),
    context.moveTo(-size, -size),
    context.lineTo(size, size),
    context.moveTo(size, -size),
    context.lineTo(-size, size),
    context.stroke()
  ),
};

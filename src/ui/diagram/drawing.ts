import type { Frame, LinkSummary } from '#session/port.ts';
import { boxOf, directWay, hostOfBox, linesOf, wayOf, type Box, type Point } from './layout.ts';

const cutSize = 6;
const cutAt = 22;
const longestLabel = 44;
const labelGap = 11;
const labelHeight = 16;
/** Where a label is put, in heights of one, from its own place on: the first that is free. */
const labelPlaces = [0, -1, 1.6, -2, 2.6] as const;

/** Who talks to whom. A link with something wrong looks like it, also one that has no line else, unless a host is cut off from all. */
export function drawLines(
  context: CanvasRenderingContext2D,
  boxes: ReadonlyMap<string, Box>,
  { links, faults }: Pick<Frame, 'links' | 'faults'>,
  style: CSSStyleDeclaration,
): void {
  const isolated = (host: string): boolean => faults.some((fault) => fault.type === 'isolated' && fault.subject === host);
  const drawn = new Set<LinkSummary>();
  for (const { from, to } of linesOf(boxes)) {
    const box = boxOf(from, boxes)!;
    const [a, b] = [hostOfBox(box), hostOfBox(to)];
    const link = a === b ? undefined : linkBetween(links, a, b);
    if (link !== undefined) drawn.add(link);
    drawLine(context, wayOf(from, to.id, box, to), link, style);
  }
  const all = [...boxes.values()];
  const placeOf = (host: string): Box | undefined =>
    all.find((box) => hostOfBox(box) === host && box.kind !== 'component' && box.kind !== 'api');
  for (const link of links) {
    if (drawn.has(link) || isolated(link.a) || isolated(link.b)) continue;
    const [a, b] = [placeOf(link.a), placeOf(link.b)];
    if (a !== undefined && b !== undefined) drawLine(context, directWay(a, b), link, style);
  }
}

/** What is wrong with the link between two hosts. */
export function linkBetween(links: readonly LinkSummary[], a: string, b: string): LinkSummary | undefined {
  return links.find((link) => (link.a === a && link.b === b) || (link.a === b && link.b === a));
}

function drawLine(
  context: CanvasRenderingContext2D,
  way: readonly Point[],
  link: LinkSummary | undefined,
  style: CSSStyleDeclaration,
): void {
  context.strokeStyle = style.getPropertyValue(link === undefined ? '--line' : link.cut ? '--bad' : '--busy');
  context.setLineDash(link === undefined ? [] : [4, 6]);
  context.beginPath();
  for (const [index, point] of way.entries()) context[index === 0 ? 'moveTo' : 'lineTo'](point.x, point.y);
  context.stroke();
  context.setLineDash([]);
  if (link?.cut === true) drawCut(context, way[0]!, way[1]!);
}

/** A cross where a line leaves its box. */
function drawCut(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(0.5, cutAt / length);
  const [x, y] = [from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share];
  context.lineWidth *= 2;
  context.beginPath();
  context.moveTo(x - cutSize, y - cutSize);
  context.lineTo(x + cutSize, y + cutSize);
  context.moveTo(x + cutSize, y - cutSize);
  context.lineTo(x - cutSize, y + cutSize);
  context.stroke();
  context.lineWidth /= 2;
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && Math.abs(a.top - b.top) < labelHeight;

/** What packets are, beside them: each on a ground of its own, to the left where the right has no room, and not over one another. */
export class Labels {
  private readonly taken: Rectangle[] = [];

  /** @param width that of the canvas, in CSS pixels */
  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly width: number,
    private readonly ground: string,
  ) {}

  /** Draws a label in the colour that is set; the origin is the packet, which is at (x, y) of the canvas. */
  draw(label: string, x: number, y: number): void {
    const { context } = this;
    const text = label.slice(0, longestLabel);
    context.font = '11px ui-monospace, monospace';
    const size = context.measureText(text).width;
    const left = x + labelGap + size > this.width ? -labelGap - size : labelGap;
    const places = labelPlaces.map((place) => ({ left: x + left - 3, top: y - 19 + place * labelHeight, width: size + 6 }));
    const free = places.find((place) => !this.taken.some((other) => overlap(place, other)));
    if (free === undefined) return;
    this.taken.push(free);
    const { fillStyle } = context;
    context.fillStyle = this.ground;
    context.fillRect(free.left - x, free.top - y, free.width, labelHeight);
    context.fillStyle = fillStyle;
    context.fillText(text, left, free.top - y + 12);
  }
}

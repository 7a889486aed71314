import { Background, Controls, ReactFlow, ReactFlowProvider, useReactFlow, useViewport, type Node } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useEffect, useMemo, useRef, type JSX } from 'react';
import type { LinkSummary } from '#session/port.ts';
import { presentTime, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { FaultMenu } from './menu.tsx';
import { hostOfBox, layout, wayOf, type Box, type Point } from './layout.ts';
import { ApiServerNode, ClientNode, ComponentNode, inspectPacket, WorkerNode } from './nodes.tsx';
import { placeOf, shapes } from './packets.ts';
import './diagram.css';

const nodeTypes = { api: ApiServerNode, client: ClientNode, component: ComponentNode, worker: WorkerNode };
const packetSize = 5.5;
const hitRadius = 14;
const longestLabel = 44;
const labelGap = 11;
const fitPadding = { x: '14px', y: '14px' } as const;
const cutSize = 6;
const cutAt = 22;

function useBoxes(): ReadonlyMap<string, Box> {
  const hosts = useSession((state) => state.frame?.hosts);
  const processes = useSession((state) => state.frame?.processes);
  const topology = `${(hosts ?? []).map((host) => host.name).join()} ${(processes ?? [])
    .filter((item) => item.definition === 'kubelet')
    .map((item) => item.address)
    .join()}`;
  // The layout follows the topology only: frames come and go without it.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => new Map(layout(hosts ?? [], processes ?? []).map((box) => [box.id, box])), [topology]);
}

/** Who may talk to whom: everybody to the API server, and it to etcd. What is cut is broken and marked. */
function drawLines(
  context: CanvasRenderingContext2D,
  boxes: ReadonlyMap<string, Box>,
  links: readonly LinkSummary[],
  style: CSSStyleDeclaration,
): void {
  const api = [...boxes.values()].find((box) => box.kind === 'api');
  if (api === undefined) return;
  const control = hostOfBox(api);
  for (const box of boxes.values()) {
    if (box === api) continue;
    const name = box.kind === 'worker' ? `${hostOfBox(box)}/kubelet` : box.id;
    const cut = links.some((link) => link.cut && [link.a, link.b].includes(control) && [link.a, link.b].includes(hostOfBox(box)));
    const way = wayOf(name, api.id, box, api);
    context.strokeStyle = style.getPropertyValue(cut ? '--bad' : '--line');
    context.setLineDash(cut ? [4, 6] : []);
    context.beginPath();
    for (const [index, point] of way.entries()) context[index === 0 ? 'moveTo' : 'lineTo'](point.x, point.y);
    context.stroke();
    context.setLineDash([]);
    if (cut) drawCut(context, way[0]!, way[1]!);
  }
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

/** What a packet is, beside it: on a ground of its own, and on the left where the right has no room. */
function drawLabel(context: CanvasRenderingContext2D, text: string, at: number, width: number, ground: string): void {
  context.font = '11px ui-monospace, monospace';
  const size = context.measureText(text).width;
  const left = at + labelGap + size > width ? -labelGap - size : labelGap;
  const { fillStyle } = context;
  context.fillStyle = ground;
  context.fillRect(left - 3, -19, size + 6, 16);
  context.fillStyle = fillStyle;
  context.fillText(text, left, -7);
}

/** The packets: one canvas over the diagram, drawn from virtual time and the viewport. */
function Packets({ boxes }: { readonly boxes: ReadonlyMap<string, Box> }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const viewport = useViewport();
  const view = useRef(viewport);
  view.current = viewport;
  const showChatter = useSettings((state) => state.showChatter);
  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext('2d')!;
    let handle = 0;
    const draw = (): void => {
      handle = requestAnimationFrame(draw);
      const { clientWidth: width, clientHeight: height } = element;
      const scale = window.devicePixelRatio;
      if (element.width !== width * scale || element.height !== height * scale)
        Object.assign(element, { width: width * scale, height: height * scale });
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, element.width, element.height);
      const { frame } = useSession.getState();
      if (frame === undefined) return;
      const style = getComputedStyle(element);
      const time = presentTime();
      const { x, y, zoom } = view.current;
      context.setTransform(scale * zoom, 0, 0, scale * zoom, x * scale, y * scale);
      context.globalAlpha = 1;
      context.lineWidth = 1.4;
      drawLines(context, boxes, frame.links, style);
      for (const packet of frame.packets) {
        if (packet.chatter && !showChatter) continue;
        const place = placeOf(packet, time, boxes);
        if (place === undefined) continue;
        context.setTransform(scale, 0, 0, scale, (place.x * zoom + x) * scale, (place.y * zoom + y) * scale);
        context.globalAlpha = packet.chatter ? 0.35 : packet.story === frame.story ? 1 : 0.75;
        context.fillStyle = context.strokeStyle = style.getPropertyValue(`--${packet.kind}`);
        if (!packet.chatter && (!frame.playing || frame.packets.length < 9)) {
          drawLabel(context, packet.label.slice(0, longestLabel), place.x * zoom + x, width, style.getPropertyValue('--paper'));
        }
        shapes[packet.kind](context, packetSize * Math.max(0.8, zoom));
      }
    };
    draw();
    return () => cancelAnimationFrame(handle);
  }, [boxes, showChatter]);
  return <canvas ref={canvas} style={{ width: '100%', height: '100%' }} aria-hidden="true" />;
}

function Flow(): JSX.Element {
  const boxes = useBoxes();
  const flow = useReactFlow();
  const nodes = useMemo<Node[]>(
    () =>
      [...boxes.values()].map(({ id, kind, x, y, width, height }) => ({
        id,
        type: kind,
        position: { x, y },
        width,
        height,
        data: {},
        style: { pointerEvents: 'all' as const },
        draggable: false,
        connectable: false,
        focusable: false,
      })),
    [boxes],
  );
  const size = boxes.size;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const fit = (): void => void flow.fitView({ padding: fitPadding, duration: 0 });
    const handle = setTimeout(fit, 60);
    const observer = new ResizeObserver(fit);
    observer.observe(element.current!);
    return () => {
      clearTimeout(handle);
      observer.disconnect();
    };
  }, [flow, size]);
  const pick = (event: React.MouseEvent): void => {
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const time = presentTime();
    const hit = useSession.getState().frame?.packets.find((packet) => {
      const place = placeOf(packet, time, boxes);
      return place !== undefined && Math.hypot(place.x - at.x, place.y - at.y) < hitRadius;
    });
    if (hit === undefined) return;
    event.stopPropagation();
    inspectPacket(hit.id);
  };
  return (
    <div className="flow" ref={element} onClickCapture={pick}>
      <ReactFlow
        nodes={nodes}
        nodeTypes={nodeTypes}
        fitView
        minZoom={0.2}
        maxZoom={2.5}
        nodesDraggable={false}
        elementsSelectable={false}
        nodesFocusable={false}
        onlyRenderVisibleElements
        zoomOnDoubleClick={false}
      >
        <Background gap={28} size={1} color="var(--line)" />
        <Controls showInteractive={false} position="top-right" orientation="horizontal" fitViewOptions={{ padding: fitPadding }} />
      </ReactFlow>
      <Packets boxes={boxes} />
      <FaultMenu />
    </div>
  );
}

/** The cluster as a diagram, with every message on its way. */
export function Diagram(): JSX.Element {
  return (
    <ReactFlowProvider>
      <Flow />
    </ReactFlowProvider>
  );
}

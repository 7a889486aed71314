import { Background, Controls, ReactFlow, ReactFlowProvider, useReactFlow, useViewport, type Node } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { lazy, Suspense, useEffect, useMemo, useRef, type JSX } from 'react';
import { port, presentTime, useSession } from '../stores/session.ts';
import { useSettings } from '../stores/settings.ts';
import { useStory, useViews } from '../stores/views.ts';
import { useText } from '../text/index.ts';
import { FaultMenu } from './menu.tsx';
import { layout, type Box } from './layout.ts';
import { ApiServerNode, ClientNode, ComponentNode, inspectPacket, PlaneNode, WorkerNode } from './nodes.tsx';
import { drawLines, Labels } from './drawing.ts';
import { placeOf, shapes } from './packets.ts';
import './diagram.css';

const ProbeTable = lazy(async () => ({ default: (await import('../probes/probes.tsx')).ProbeTable }));
const nodeTypes = {
  api: ApiServerNode,
  balancer: ComponentNode,
  client: ClientNode,
  component: ComponentNode,
  plane: PlaneNode,
  worker: WorkerNode,
};
const packetSize = 5.5;
const hitRadius = 14;
const settleMs = 60;
const fitPadding = { x: '14px', y: '14px' } as const;

function useBoxes(): ReadonlyMap<string, Box> {
  const hosts = useSession((state) => state.frame?.hosts);
  const topology = (hosts ?? []).map(({ name, node }) => `${name} ${node}`).join();
  // The layout follows the topology only: frames come and go without it.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => new Map(layout(hosts ?? []).map((box) => [box.id, box])), [topology]);
}

/** The packets: one canvas over the diagram, drawn from virtual time and the viewport. */
function Packets({ boxes }: { readonly boxes: ReadonlyMap<string, Box> }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const viewport = useViewport();
  const view = useRef(viewport);
  view.current = viewport;
  const showChatter = useSettings((state) => state.showChatter);
  const onlyStory = useViews((state) => state.onlyStory);
  const told = useStory();
  const story = useRef(told);
  story.current = told;
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
      drawLines(context, boxes, frame, style);
      const labels = new Labels(context, width, style.getPropertyValue('--paper'));
      for (const packet of frame.packets) {
        if (packet.chatter && !showChatter) continue;
        const place = placeOf(packet, time, boxes);
        if (place === undefined) continue;
        context.setTransform(scale, 0, 0, scale, (place.x * zoom + x) * scale, (place.y * zoom + y) * scale);
        const other = onlyStory && packet.story !== story.current;
        context.globalAlpha = other ? 0.12 : packet.chatter ? 0.35 : packet.story === frame.story ? 1 : 0.75;
        context.fillStyle = context.strokeStyle = style.getPropertyValue(`--${packet.kind}`);
        if (!packet.chatter && !other && (!frame.playing || frame.packets.length < 9)) {
          labels.draw(packet.label, place.x * zoom + x, place.y * zoom + y);
        }
        shapes[packet.kind](context, packetSize * Math.max(0.8, zoom));
      }
    };
    draw();
    return () => cancelAnimationFrame(handle);
  }, [boxes, showChatter, onlyStory]);
  return <canvas ref={canvas} style={{ width: '100%', height: '100%' }} aria-hidden="true" />;
}

/** The table of what still works, or what opens it: the clients behind it are there as long as it is open. */
function StillWorks(): JSX.Element {
  const t = useText();
  const open = useSession((state) => (state.frame?.probes.length ?? 0) > 0);
  const probe = (on: boolean): void => {
    port.send({ type: 'probes', on });
    port.send({ type: 'play' });
  };
  if (!open)
    return (
      <button type="button" className="still-works" onClick={() => probe(true)}>
        {t('stillWorks')}
      </button>
    );
  return (
    <Suspense fallback={null}>
      <ProbeTable close={() => probe(false)} />
    </Suspense>
  );
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
  const moved = useRef(false);
  useEffect(() => {
    // Whoever has moved the picture keeps it as it is.
    const fit = (): void => void (moved.current || flow.fitView({ padding: fitPadding, duration: 0 }));
    // React Flow measures its room by itself, after this does.
    let handle = setTimeout(fit, settleMs);
    const observer = new ResizeObserver(() => {
      clearTimeout(handle);
      handle = setTimeout(fit, settleMs);
    });
    observer.observe(element.current!);
    return () => {
      clearTimeout(handle);
      observer.disconnect();
    };
  }, [flow, size]);
  const pick = (event: React.MouseEvent): void => {
    // A click that a key made has no place of its own.
    if (event.detail === 0) return;
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
        onMoveStart={(event) => (moved.current ||= event !== null)}
      >
        <Background gap={28} size={1} color="var(--line)" />
        <Controls
          showInteractive={false}
          position="top-right"
          orientation="horizontal"
          fitViewOptions={{ padding: fitPadding }}
          onFitView={() => (moved.current = false)}
          onZoomIn={() => (moved.current = true)}
          onZoomOut={() => (moved.current = true)}
        />
      </ReactFlow>
      <Packets boxes={boxes} />
      <StillWorks />
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

import { useEffect, useRef, type JSX } from 'react';
import type { PacketKind } from '#session/port.ts';
import { useSettings } from '../stores/settings.ts';
import { shapes } from './packets.ts';

const side = 18;
const size = 5.5;

/** A packet as it is drawn on its way, in a text. */
export function Shape({ kind }: { readonly kind: PacketKind }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useSettings((state) => state.theme);
  useEffect(() => {
    const element = canvas.current!;
    const scale = window.devicePixelRatio;
    element.width = element.height = side * scale;
    const context = element.getContext('2d')!;
    context.setTransform(scale, 0, 0, scale, (side * scale) / 2, (side * scale) / 2);
    context.fillStyle = context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${kind}`);
    shapes[kind](context, size);
  }, [kind, theme]);
  return <canvas ref={canvas} style={{ width: side, height: side }} aria-hidden="true" />;
}

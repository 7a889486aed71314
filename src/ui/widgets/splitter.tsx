import { useRef, type JSX, type KeyboardEvent, type PointerEvent } from 'react';
import './splitter.css';

interface SplitterProps {
  readonly label: string;
  /** The way it moves; what is sized is to the right of it, or below. */
  readonly axis: 'x' | 'y';
  /** Pixels. */
  readonly size: number;
  readonly limits: readonly [min: number, max: number];
  readonly change: (size: number) => void;
  /** Back to what it is by itself. */
  readonly reset: () => void;
}

const keyStep = 24;

/** The border between two panes: dragged, or moved by arrow keys; a double click puts it back. */
export function Splitter({ label, axis, size, limits: [min, max], change, reset }: SplitterProps): JSX.Element {
  const from = useRef<{ readonly at: number; readonly size: number }>(undefined);
  const set = (next: number): void => change(Math.round(Math.max(min, Math.min(max, next))));
  const at = (event: PointerEvent): number => (axis === 'x' ? event.clientX : event.clientY);
  const keys = (event: KeyboardEvent): void => {
    const [back, forth] = axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (event.key === back) set(size + keyStep);
    else if (event.key === forth) set(size - keyStep);
    else if (event.key === 'Enter') reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className={`splitter ${axis}`}
      role="separator"
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(size)}
      aria-valuemin={min}
      aria-valuemax={Math.round(max)}
      tabIndex={0}
      onKeyDown={keys}
      onDoubleClick={reset}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { at: at(event), size };
      }}
      onPointerMove={(event) => {
        if (from.current !== undefined) set(from.current.size + from.current.at - at(event));
      }}
      onPointerUp={() => (from.current = undefined)}
      onPointerCancel={() => (from.current = undefined)}
    />
  );
}

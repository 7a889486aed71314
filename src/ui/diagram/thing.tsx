import { useStore } from '@xyflow/react';
import type { JSX, KeyboardEvent, ReactNode } from 'react';
import type { InspectTarget } from '#session/port.ts';
import { openMenu, type MenuTarget } from '../stores/menu.ts';
import { port } from '../stores/session.ts';
import { levelOf, type Level } from './slots.ts';

interface ThingProps {
  readonly target: InspectTarget;
  readonly menu: MenuTarget;
  readonly className: string;
  /** What screen readers say, where the text inside is not enough. */
  readonly label?: string | undefined;
  readonly title?: string | undefined;
  /** What else choosing it does. */
  readonly chosen?: (() => void) | undefined;
  readonly children: ReactNode;
}

/** Something of the diagram that can be chosen: a click or Enter looks inside, a right click, the menu key or Shift+F10 asks what can be done to it. */
export function Thing({ target, menu, className, label, title, chosen, children }: ThingProps): JSX.Element {
  const keys = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key !== 'ContextMenu' && !(event.key === 'F10' && event.shiftKey)) return;
    event.preventDefault();
    openMenu(menu, event.currentTarget);
  };
  return (
    <button
      type="button"
      className={className}
      aria-label={label}
      aria-haspopup="menu"
      title={title}
      onClick={() => {
        port.send({ type: 'inspect', target });
        chosen?.();
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        event.stopPropagation();
        // A context menu that a key brought has no mouse position of its own.
        openMenu(menu, event.currentTarget, event.button === 2 ? event : undefined);
      }}
      onKeyDown={keys}
    >
      {children}
    </button>
  );
}

/** The level of the diagram's zoom; changes only when a border is passed. */
export function useLevel(): Level {
  return useStore((state) => levelOf(state.transform[2]));
}

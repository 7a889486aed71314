import { create } from 'zustand';

/** What a menu of the diagram is about. */
export type MenuTarget =
  | { readonly type: 'process'; readonly address: string }
  | { readonly type: 'host'; readonly host: string }
  | { readonly type: 'client'; readonly host: string }
  | { readonly type: 'pod'; readonly namespace: string; readonly name: string };

interface OpenMenu {
  readonly target: MenuTarget;
  readonly at: { readonly x: number; readonly y: number };
  readonly opener: HTMLElement;
}

/** The menu that is open on the diagram. */
export const useMenu = create<{ readonly menu: OpenMenu | undefined }>(() => ({ menu: undefined }));

export const closeMenu = (): void => useMenu.setState({ menu: undefined });

/** Opens the menu of a thing: at the mouse, or at the thing itself where a key asked for it. */
export function openMenu(target: MenuTarget, opener: HTMLElement, mouse?: { readonly clientX: number; readonly clientY: number }): void {
  const { left, bottom } = opener.getBoundingClientRect();
  useMenu.setState({
    menu: { target, opener, at: mouse === undefined ? { x: left + 12, y: bottom - 6 } : { x: mouse.clientX, y: mouse.clientY } },
  });
}

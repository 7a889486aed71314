import { useEffect, useLayoutEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { createPortal } from 'react-dom';
import './menu.css';

/** One line of a menu: something to do, or more lines behind it. */
export interface MenuItem {
  readonly label: string;
  /** More lines, smaller. */
  readonly about?: readonly string[] | undefined;
  /** What a tick at the label means; without it there is none. */
  readonly ticked?: string | undefined;
  readonly run?: (() => void) | undefined;
  readonly items?: readonly MenuItem[] | undefined;
}

export interface MenuGroup {
  readonly title?: string | undefined;
  readonly items: readonly MenuItem[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface MenuProps {
  readonly label: string;
  readonly at: Point;
  readonly groups: readonly MenuGroup[];
  readonly close: () => void;
  /** Gets the focus back. */
  readonly opener: HTMLElement | undefined;
}

/** A menu at a place: arrow keys move in it, letters jump, Enter does, Escape gives the focus back to where it came from. */
export function Menu({ label, at, groups, close, opener }: MenuProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const leave = (): void => {
    close();
    opener?.focus();
  };
  useEffect(() => {
    const outside = (event: Event): void => {
      if (element.current?.contains(event.target as Node) !== true) close();
    };
    window.addEventListener('pointerdown', outside, { capture: true });
    window.addEventListener('blur', close);
    return () => {
      window.removeEventListener('pointerdown', outside, { capture: true });
      window.removeEventListener('blur', close);
    };
  }, [close]);
  return createPortal(
    <div ref={element}>
      <List label={label} at={at} groups={groups} leave={leave} back={leave} />
    </div>,
    document.body,
  );
}

const margin = 8;

/** The place moved so that the element is on the screen. */
function onScreen({ x, y }: Point, { width, height }: DOMRect): Point {
  return {
    x: Math.max(margin, Math.min(x, window.innerWidth - width - margin)),
    y: Math.max(margin, Math.min(y, window.innerHeight - height - margin)),
  };
}

interface ListProps {
  readonly label: string;
  readonly at: Point;
  readonly groups: readonly MenuGroup[];
  /** Closes the whole menu. */
  readonly leave: () => void;
  /** Closes this list. */
  readonly back: () => void;
}

function List({ label, at, groups, leave, back }: ListProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(at);
  const [below, setBelow] = useState<{ readonly item: MenuItem; readonly at: Point } | undefined>();
  const buttons = (): readonly HTMLElement[] => [...element.current!.querySelectorAll<HTMLElement>(':scope > section > [role="menuitem"]')];
  useLayoutEffect(() => setPlace(onScreen(at, element.current!.getBoundingClientRect())), [at]);
  useEffect(() => buttons()[0]?.focus(), []);
  const open = (item: MenuItem, button: HTMLElement): void => {
    const { right, top } = button.getBoundingClientRect();
    setBelow({ item, at: { x: right - 4, y: top - margin } });
  };
  const choose = (item: MenuItem, button: HTMLElement): void => {
    if (item.items !== undefined) return open(item, button);
    leave();
    item.run?.();
  };
  const closeBelow = (): void => {
    const { activeElement } = document;
    setBelow(undefined);
    const opener = buttons().find((button) => button.ariaExpanded === 'true');
    if (opener !== activeElement) opener?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const all = buttons();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const moves: Readonly<Record<string, number>> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 };
    const move = moves[event.key];
    const item = groups.flatMap((group) => group.items)[here];
    if (move !== undefined) all[(move + all.length) % all.length]?.focus();
    else if (event.key === 'ArrowRight' && item?.items !== undefined) open(item, all[here]!);
    else if (event.key === 'Escape' || (event.key === 'ArrowLeft' && back !== leave)) back();
    else if (event.key === 'Tab') leave();
    else if (event.key.length === 1 && event.key !== ' ') jump(all, here, event.key);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="menu" role="menu" aria-label={label} ref={element} style={{ left: place.x, top: place.y }} onKeyDown={keys}>
        {groups.map((group, index) => (
          <section key={index} role="group" aria-label={group.title ?? label}>
            {group.title === undefined ? null : <b aria-hidden="true">{group.title}</b>}
            {group.items.map((item) => (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                aria-haspopup={item.items === undefined ? undefined : 'menu'}
                aria-expanded={item.items === undefined ? undefined : below?.item === item}
                onClick={(event) => choose(item, event.currentTarget)}
                onPointerEnter={(event) => event.currentTarget.focus()}
                onFocus={() => below !== undefined && below.item !== item && setBelow(undefined)}
              >
                <span>
                  {item.label}
                  {item.ticked === undefined ? null : (
                    <em role="img" aria-label={item.ticked}>
                      {' ✓'}
                    </em>
                  )}
                  {item.about?.map((line) => (
                    <small key={line}>{line}</small>
                  ))}
                </span>
                {item.items === undefined ? null : <i aria-hidden="true">›</i>}
              </button>
            ))}
          </section>
        ))}
      </div>
      {below === undefined ? null : (
        <List label={below.item.label} at={below.at} groups={[{ items: below.item.items ?? [] }]} leave={leave} back={closeBelow} />
      )}
    </>
  );
}

/** To the next line that begins with a letter. */
function jump(all: readonly HTMLElement[], here: number, letter: string): void {
  const order = [...all.slice(here + 1), ...all.slice(0, here + 1)];
  order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase()))?.focus();
}

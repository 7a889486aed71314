import { useRef, useState, type JSX, type ReactNode } from 'react';
import { Menu, type MenuGroup } from './menu.tsx';

interface MenuButtonProps {
  readonly label: string;
  readonly className?: string | undefined;
  /** What is in the menu; asked for when it opens. */
  readonly groups: () => readonly MenuGroup[] | Promise<readonly MenuGroup[]>;
  readonly children: ReactNode;
}

interface Opened {
  readonly x: number;
  readonly y: number;
  readonly groups: readonly MenuGroup[];
}

/** A button with a menu below it. */
export function MenuButton({ label, className, groups, children }: MenuButtonProps): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  const [opened, setOpened] = useState<Opened>();
  const open = async (): Promise<void> => {
    const found = await groups();
    const { left, bottom } = button.current!.getBoundingClientRect();
    setOpened({ x: left, y: bottom + 4, groups: found });
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={opened !== undefined}
        onClick={() => void open()}
      >
        {children}
      </button>
      {opened === undefined ? null : (
        <Menu label={label} at={opened} groups={opened.groups} close={() => setOpened(undefined)} opener={button.current ?? undefined} />
      )}
    </>
  );
}

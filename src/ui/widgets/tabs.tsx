import type { JSX, KeyboardEvent, ReactNode } from 'react';

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly id: T; readonly label: ReactNode }[];
  readonly chosen: T;
  readonly choose: (tab: T) => void;
}

/** Tabs: one of them is in the order of Tab, arrow keys go to the others. */
export function Tabs<T extends string>({ label, tabs, chosen, choose }: TabsProps<T>): JSX.Element {
  const keys = (event: KeyboardEvent): void => {
    const here = tabs.findIndex((tab) => tab.id === chosen);
    const moves: Readonly<Record<string, number>> = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 };
    const move = moves[event.key];
    if (move === undefined) return;
    const next = (move + tabs.length) % tabs.length;
    choose(tabs[next]!.id);
    (event.currentTarget.children[next] as HTMLElement).focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={keys}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          aria-selected={tab.id === chosen}
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => choose(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

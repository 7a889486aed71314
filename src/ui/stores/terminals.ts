import { create } from 'zustand';
import type { TerminalState } from '#session/port.ts';
import { port, useSession } from './session.ts';

interface Terminals {
  /** The terminal that is shown; where it does not exist (any more, or yet), the first one is. */
  readonly shown: string;
  /** What has been typed in each and not been sent. */
  readonly drafts: Readonly<Record<string, string>>;
}

export const useTerminals = create<Terminals>(() => ({ shown: '', drafts: {} }));

/** The terminal that is shown, among those there are. */
export function shownTerminal(terminals: readonly TerminalState[], shown: string): TerminalState | undefined {
  return terminals.find((item) => item.id === shown) ?? terminals[0];
}

/** Whether the next terminal that appears is one that was asked for here. */
let opening = false;

/** Opens a terminal for a user and shows it as soon as it is there. */
export function openTerminal(user: string): void {
  opening = true;
  port.send({ type: 'terminal.open', user });
}

useSession.subscribe(({ frame }, { frame: before }) => {
  if (!opening || frame === undefined || frame.terminals === before?.terminals) return;
  const newest = frame.terminals.at(-1);
  if (newest === undefined || before?.terminals.some((item) => item.id === newest.id) === true) return;
  opening = false;
  useTerminals.setState({ shown: newest.id });
  document.getElementById('line')?.focus();
});

/** Types a line in the terminal that is shown. */
export function typeLine(line: string): void {
  const { frame } = useSession.getState();
  const terminal = frame === undefined ? undefined : shownTerminal(frame.terminals, useTerminals.getState().shown);
  if (terminal !== undefined) port.send({ type: 'terminal.line', terminal: terminal.id, line });
}

/** What a terminal is called: its user, and its number where they have several. */
export function terminalName({ id, user }: TerminalState): string {
  const window = /-(\d+)$/.exec(id.slice(id.indexOf('/')))?.[1];
  return window === undefined ? user : `${user} ${window}`;
}

import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { complete as completeLine, type NameLookup } from './complete.ts';
import { prompt, terminalMachine, type TerminalLine, type TerminalState } from './machine.ts';

export type { TerminalInput } from './machine.ts';

function inspect(state: TerminalState): Inspection {
  return {
    summary: state.running === undefined ? 'ready' : 'running a command',
    health: state.running === undefined ? 'good' : 'busy',
    sections: [{ type: 'table', title: 'Files', columns: ['name', 'characters'], rows: [...state.files].map(([name, text]) => [name, String(text.length)]) }],
  };
}

/** A user's terminal. */
export const terminal: ProcessDefinition = { name: 'terminal', machine: terminalMachine, inspect };

/** What a view shows of a terminal. @param context the context of a running `terminal` process */
export function terminalView(context: unknown): {
  readonly prompt: string;
  readonly lines: readonly TerminalLine[];
  readonly busy: boolean;
  readonly editor: { readonly fileName: string; readonly text: string } | undefined;
  readonly history: readonly string[];
} {
  const { lines, history, running, editor, heredoc } = context as TerminalState;
  return { prompt: heredoc === undefined ? prompt : '>', lines, busy: running !== undefined, editor, history };
}

/** Tab completion of a line in a terminal. */
export function complete(_context: TerminalState, line: string, cursor: number, names: NameLookup): { readonly replaceFrom: number; readonly candidates: readonly string[] } {
  return completeLine(line, cursor, names);
}

import type { ResourceDefinition } from '#api/resources/index.ts';
import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { complete as completeLine, type Completion, type CommandShape, type NameLookup } from './complete.ts';
import { terminalMachine } from './machine.ts';
import { prompt, type TerminalLine, type TerminalState } from './state.ts';

export type { CommandShape, Completion, NameLookup } from './complete.ts';
export type { TerminalInput, TerminalLine, TerminalState } from './state.ts';

function inspect(state: TerminalState): Inspection {
  return {
    summary: state.job === undefined ? 'ready' : state.job.line.split('\n')[0]!,
    health: state.job === undefined ? 'good' : 'busy',
    sections: [
      {
        type: 'table',
        title: 'Files',
        columns: ['name', 'characters'],
        rows: [...state.files].map(([name, text]) => [name, String(text.length)]),
      },
    ],
  };
}

/** A user's terminal. */
export const terminal: ProcessDefinition = { name: 'terminal', machine: terminalMachine, inspect };

/** What a view shows of a terminal. @param context the context of a running `terminal` process */
export function terminalView(context: unknown): {
  readonly user: string;
  readonly prompt: string;
  readonly lines: readonly TerminalLine[];
  readonly busy: boolean;
  readonly editor: { readonly fileName: string; readonly text: string } | undefined;
  readonly history: readonly string[];
} {
  const { user, lines, history, job, editor, pending } = context as TerminalState;
  const asks = job?.reads === undefined ? undefined : lines.at(-1);
  const busy = job !== undefined;
  // What a program asks stands in front of what is typed, as a shell's prompt does.
  if (asks?.open === true) return { user, prompt: asks.text.trimEnd(), lines: lines.slice(0, -1), busy, editor, history };
  return { user, prompt: job?.reads !== undefined ? '' : pending === undefined ? prompt : '>', lines, busy, editor, history };
}

/** Tab completion of a line in a terminal: programs, kubectl's commands and flags, resource types, live names, files. */
export function complete(
  context: TerminalState,
  line: string,
  cursor: number,
  names: NameLookup,
  kubectl: readonly CommandShape[],
  resources: readonly ResourceDefinition[],
): Completion {
  const namespace = context.variables.get('namespace') ?? 'default';
  return completeLine(line, cursor, names, kubectl, [...context.files.keys()], namespace, resources);
}

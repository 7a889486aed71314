import { keptLines, type TerminalLine, type TerminalState } from './state.ts';

/** The transcript with more text. A last line without its newline stays open, and more of the same stream continues it. */
export function show(state: TerminalState, text: string, stream: TerminalLine['stream']): TerminalState {
  if (text === '') return state;
  const parts = text.split('\n');
  const rest = parts.pop()!;
  const fresh: TerminalLine[] = parts.map((line) => ({ text: line, stream, open: false }));
  if (rest !== '') fresh.push({ text: rest, stream, open: true });
  const last = state.lines[state.lines.length - 1];
  if (last?.open !== true || last.stream !== stream) return capped({ ...state, lines: [...state.lines, ...fresh] });
  const [first, ...others] = fresh;
  return capped({ ...state, lines: [...state.lines.slice(0, -1), { ...first!, text: last.text + first!.text }, ...others] });
}

function capped(state: TerminalState): TerminalState {
  const extra = state.lines.length - keptLines;
  return extra <= 0 ? state : { ...state, lines: state.lines.slice(extra), dropped: state.dropped + extra };
}

/** The transcript cut back to what it was when the running line began. */
export function cutBack(state: TerminalState, at: number): TerminalState {
  return { ...state, lines: state.lines.slice(0, Math.max(0, at - state.dropped)) };
}

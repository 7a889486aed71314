import type { JournalEntry } from '#kernel/types.ts';
import { readMessage } from './packets.ts';
import type { JournalEntrySummary } from './port.ts';

/** A journal entry as the views get it. */
export function summarizeEntry(entry: JournalEntry): JournalEntrySummary {
  const { seq, at, process, definition, from, kind, before, after, story, chatter } = entry;
  const { line } = entry.message as { readonly line?: string };
  const label =
    delayed(entry.message.type) ??
    (entry.message.type === 'terminal.line' ? line : undefined) ??
    (entry.kind === 'message' || entry.kind === 'undeliverable' ? readMessage(entry.message).label : entry.message.type);
  return { seq, at, process, definition, from, messageType: entry.message.type, label, kind, before, after, story, chatter };
}

/** A delay of a machine's own state: which state it ended. */
function delayed(type: string): string | undefined {
  const match = /^xstate\.after\..*\.([\w-]+)$/.exec(type);
  return match === null ? undefined : `${match[1]!} ✓`;
}

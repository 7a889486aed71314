import type { ChildExitedMessage, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { CommandDone, CommandEdit, CommandFile, CommandOutput, CommandReads } from '#protocol/command.ts';
import type { NetReply } from '#protocol/net.ts';
import type { TerminalInput } from './state.ts';

interface LineMessage {
  readonly type: 'terminal.line';
  readonly line: string;
}
interface InterruptMessage {
  readonly type: 'terminal.interrupt';
}
/** Ctrl-D. */
interface EndMessage {
  readonly type: 'terminal.end';
}
interface EditedMessage {
  readonly type: 'terminal.edited';
  readonly text: string | undefined;
}
interface FileMessage {
  readonly type: 'terminal.file';
  readonly path: string;
  readonly content: string;
}
interface TimerMessage {
  readonly type: 'terminal.timer';
}
/** All that a terminal hears. */
export type TerminalMessage =
  | StartMessage<TerminalInput>
  | LineMessage
  | InterruptMessage
  | EndMessage
  | NetReply
  | UndeliverableMessage
  | CommandReads
  | CommandFile
  | EditedMessage
  | FileMessage
  | TimerMessage
  | CommandOutput
  | CommandDone
  | CommandEdit
  | ChildExitedMessage;

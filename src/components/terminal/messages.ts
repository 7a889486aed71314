import type { ChildExitedMessage, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
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
/** What the running command prints. */
export interface CommandOutput {
  readonly type: 'command.output';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}
interface CommandDone {
  readonly type: 'command.done';
  readonly code: number;
}
interface CommandFile {
  readonly type: 'command.file';
  readonly path: string;
  readonly content: string;
}
interface CommandReads {
  readonly type: 'command.reads';
  readonly tty: boolean;
}
interface CommandEdit {
  readonly type: 'command.edit';
  readonly fileName: string;
  readonly text: string;
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

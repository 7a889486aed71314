/**
 * A client program (kubectl, etcdctl) and who runs it: a terminal, a script, a container. What it prints is sent as it comes; what
 * it needs of its user it asks for.
 */
export interface CommandOutput {
  readonly type: 'command.output';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}
/** The end of the program. */
export interface CommandDone {
  readonly type: 'command.done';
  readonly code: number;
}
/** A file for the workspace of who runs it. */
export interface CommandFile {
  readonly type: 'command.file';
  readonly path: string;
  readonly content: string;
}
/** Asks for the user's editor. */
export interface CommandEdit {
  readonly type: 'command.edit';
  readonly fileName: string;
  readonly text: string;
}
/** The answer to `command.edit`; text undefined where the editor was closed without saving. */
export interface CommandEdited {
  readonly type: 'command.edited';
  readonly text: string | undefined;
}
/** What is typed is for this program from now on; `tty` where it shows the keys itself. */
export interface CommandReads {
  readonly type: 'command.reads';
  readonly tty: boolean;
}
/** Something has been typed; text undefined is the end of the input. */
export interface CommandInput {
  readonly type: 'command.input';
  readonly text: string | undefined;
}
/** Ctrl-C. */
export interface CommandInterrupt {
  readonly type: 'command.interrupt';
}

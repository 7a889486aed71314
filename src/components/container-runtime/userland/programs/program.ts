import { absolute } from '../files.ts';
import type { Blocked, Environment, Task } from '../state.ts';
import type { System } from '../system.ts';
import type { Node } from '../shell/ast.ts';
import type { NetAnswer, ServedRequest, ServedResponse, SignalName } from '../types.ts';

/** What a program does next. */
export type Step =
  | { readonly type: 'exit'; readonly code: number }
  /** Waits; it is called again with what it remembers. Without `on` it goes on when others have had their turn. */
  | { readonly type: 'block'; readonly on: Blocked | undefined; readonly memory: unknown }
  /** Becomes another program. */
  | { readonly type: 'exec'; readonly argv: readonly string[]; readonly env?: Environment }
  /** Becomes a shell that runs these commands. */
  | { readonly type: 'commands'; readonly node: Node };

export const exit = (code: number): Step => ({ type: 'exit', code });
export const block = (on: Blocked | undefined, memory: unknown): Step => ({ type: 'block', on, memory });

/** One step of a program: its arguments, what it remembers, and what it may do. */
export class Call {
  constructor(
    readonly system: System,
    readonly task: Task,
    readonly name: string,
    readonly args: readonly string[],
    readonly memory: unknown,
    readonly answer: NetAnswer | undefined,
  ) {}

  out(text: string): void {
    this.system.write(this.task, 1, text);
  }

  err(text: string): void {
    this.system.write(this.task, 2, text);
  }

  /** Complains as programs do, and ends. */
  fail(text: string, code = 1): Step {
    this.err(`${this.name}: ${text}\n`);
    return exit(code);
  }

  path(path: string): string {
    return absolute(this.task.cwd, path);
  }

  /** A file's text; `-` is all of standard input. */
  read(path: string): string | undefined {
    if (path === '-' || path === '/dev/stdin') return this.system.input(this.task, 0).text;
    return path === '/dev/null' ? '' : this.system.files.read(this.path(path));
  }

  variable(name: string): string | undefined {
    return this.task.env.find(([key]) => key === name)?.[1];
  }

  /** Waits for standard input to end. */
  untilInputEnds(): Step | undefined {
    const { ended, pipe } = this.system.input(this.task, 0);
    return ended || pipe === undefined ? undefined : block({ type: 'read', pipe }, this.memory);
  }
}

/** A program of the image. What it remembers between two steps is plain data. */
export interface Program {
  readonly run: (call: Call) => Step;
  /** What a signal does to it; the default action where it says nothing. */
  readonly signalled?: (call: Call, signal: SignalName) => Step | undefined;
  /** Answers a request to one of its ports. */
  readonly serve?: (call: Call, request: ServedRequest) => { readonly response: ServedResponse; readonly step: Step };
}

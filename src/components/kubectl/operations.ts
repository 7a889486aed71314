import type { ApiCall, ClientConfig } from '#machinery/client.ts';
import type { UndeliverableMessage } from '#kernel/types.ts';
import type { HttpResponse, StreamFrame, WatchEvent } from '#protocol/rest.ts';
import { CommandError, connectionError } from './errors.ts';
import type { ForwardedPort } from './state.ts';

/** Text for the terminal. */
export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** A request that never got an answer. */
export interface Unanswered {
  readonly type: 'unanswered';
  readonly reason: UndeliverableMessage['reason'] | 'closed' | 'timed out';
  /** Where the server was looked for. */
  readonly server?: string | undefined;
}

/** What happens on a streamed request. */
export type StreamEvent =
  | { readonly type: 'response'; readonly response: HttpResponse }
  | { readonly type: 'events'; readonly events: readonly WatchEvent[] }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'frames'; readonly frames: readonly StreamFrame[] }
  | { readonly type: 'end' }
  | { readonly type: 'timeout' }
  | Unanswered;

/** What a stream's reducer makes of an event: the folded state, what to print, and whether that was all. */
export interface StreamStep<State> {
  readonly state: State;
  readonly print?: readonly Output[] | undefined;
  readonly done?: boolean | undefined;
}

/** What goes out over an upgraded connection: a whole standard input, what is typed meanwhile, or connections to ports here. */
export type StreamInput = { readonly type: 'text'; readonly text: string } | { readonly type: 'typed' } | { readonly type: 'connections' };

/** A streamed request, folded event by event so that a stream of any length costs the same for each event. */
export interface StreamOperation {
  readonly type: 'stream';
  readonly call: ApiCall;
  readonly state: unknown;
  readonly timeoutMs: number | undefined;
  readonly input?: StreamInput | undefined;
  readonly reduce: (state: unknown, event: StreamEvent, now: number) => StreamStep<unknown>;
}

/** What a command asks its process for; answered one at a time. */
export type Operation =
  | { readonly type: 'calls'; readonly calls: readonly ApiCall[] }
  | StreamOperation
  | { readonly type: 'sleep'; readonly ms: number }
  /** Everything from here on is asked by this client: `--as`, `--token`. */
  | { readonly type: 'act-as'; readonly client: ClientConfig }
  | { readonly type: 'print'; readonly output: Output }
  | { readonly type: 'edit'; readonly fileName: string; readonly text: string }
  /** Gives the parent a file for its workspace. */
  | { readonly type: 'save-file'; readonly path: string; readonly content: string }
  /** Tells the parent that what is typed is for this command. */
  | { readonly type: 'reads'; readonly tty: boolean }
  /** A port of this computer is this command's, for as long as it runs; answered with whether it was free. */
  | { readonly type: 'listen'; readonly ports: ForwardedPort }
  | { readonly type: 'now' }
  | { readonly type: 'random' }
  | { readonly type: 'read-file'; readonly path: string }
  | { readonly type: 'write-file'; readonly path: string; readonly content: unknown };

/** A part of a command: straight-line code that asks for operations. It must be pure, see `#base/routine.ts`. */
export type Command<Result> = Generator<Operation, Result, unknown>;

/** Sends several requests at once and waits for all answers. Throws where the server cannot be reached. */
export function* callAll(calls: readonly ApiCall[]): Command<readonly HttpResponse[]> {
  if (calls.length === 0) return [];
  const answers = (yield { type: 'calls', calls }) as readonly (HttpResponse | Unanswered)[];
  return answers.map((answer) => {
    if (answer.type === 'unanswered') throw connectionError(answer.reason, answer.server);
    return answer;
  });
}

/** Sends a request and waits for the answer, whatever its status. Warnings of the server are printed as kubectl does. */
export function* call(request: ApiCall): Command<HttpResponse> {
  const [response] = yield* callAll([request]);
  yield* printWarnings(response!);
  return response!;
}

/** Prints the `Warning:` headers of an answer. */
function* printWarnings(response: HttpResponse): Command<void> {
  for (const warning of response.warnings ?? []) yield* printError(`Warning: ${warning}\n`);
}

/** Folds a streamed request until its reducer says `done`. */
export function* stream<State>(
  request: ApiCall,
  state: State,
  timeoutMs: number | undefined,
  reduce: (state: State, event: StreamEvent, now: number) => StreamStep<State>,
  input?: StreamInput,
): Command<State> {
  return (yield { type: 'stream', call: request, state, timeoutMs, input, reduce: reduce as StreamOperation['reduce'] }) as State;
}

/** From here on what is typed is this command's, until it ends; a terminal's keys go all the way to its program. */
export function* readsInput(tty: boolean): Command<void> {
  yield { type: 'reads', tty };
}

export function* print(text: string): Command<void> {
  if (text !== '') yield { type: 'print', output: { stream: 'stdout', text } };
}

export function* printError(text: string): Command<void> {
  yield { type: 'print', output: { stream: 'stderr', text } };
}

/** Asks as somebody else from here on. */
export function* actAs(client: ClientConfig): Command<void> {
  yield { type: 'act-as', client };
}

export function* sleep(ms: number): Command<void> {
  yield { type: 'sleep', ms };
}

/** Epoch milliseconds at this point of the command. */
export function* currentTime(): Command<number> {
  return (yield { type: 'now' }) as number;
}

/** A number in [0, 1). */
export function* chance(): Command<number> {
  return (yield { type: 'random' }) as number;
}

/** A file of the host that the command runs on. */
export function* readFile(path: string): Command<unknown> {
  return yield { type: 'read-file', path };
}

export function* writeFile(path: string, content: unknown): Command<void> {
  yield { type: 'write-file', path, content };
}

/** Gives a text to the user's editor; undefined where it was closed without saving. */
export function* edit(fileName: string, text: string): Command<string | undefined> {
  return (yield { type: 'edit', fileName, text }) as string | undefined;
}

/** Puts a file into the workspace of whoever runs the command. */
export function* saveFile(path: string, content: string): Command<void> {
  yield { type: 'save-file', path, content };
}

/** Takes a port of this computer; false where another program has it. */
export function* listenOn(ports: ForwardedPort): Command<boolean> {
  return (yield { type: 'listen', ports }) as boolean;
}

/** Does something for each item and collects the errors. */
export function* forEach<T>(items: readonly T[], act: (item: T) => Command<void>): Command<readonly CommandError[]> {
  const errors: CommandError[] = [];
  for (const item of items) {
    try {
      yield* act(item);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

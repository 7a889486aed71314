import { isObject, type Json } from '#base/json.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { CommandError, connectionError, SilentExit, statusError } from '../errors.ts';
import {
  printError,
  readsInput,
  stream,
  type Command,
  type Output,
  type StreamEvent,
  type StreamInput,
  type StreamStep,
} from '../operations.ts';
import type { ApiPod } from '../pods.ts';

/** A command in a container, or the container's own. */
export interface Remote {
  readonly pod: ApiPod;
  readonly subresource: 'exec' | 'attach';
  readonly container: string;
  readonly command?: readonly string[] | undefined;
  readonly stdin: boolean;
  readonly tty: boolean;
  /** The standard input, where it is not what is typed. */
  readonly text?: string | undefined;
}

/** How it ended: the Status on the error stream, or why there is none. */
interface Ending {
  readonly status: Json | undefined;
  readonly error: CommandError | undefined;
  /** What it printed, where that is not shown. */
  readonly stdout: string;
}

const noEnding: Ending = { status: undefined, error: undefined, stdout: '' };

/** What is typed here reaches no program: standard input is a text, not a terminal (kubectl/pkg/util/term). */
const noTerminal = 'Unable to use a TTY - input is not a terminal or the right kind of file\n';

/** Whether somebody types here. */
export const isTyped = ({ input }: Context): boolean => input.terminal === true && input.stdin === undefined;

/** A terminal for the command, where `-t` asks for one and there is one (exec.go, SetupTTY). */
export function* terminalFor(context: Context): Command<boolean> {
  if (!context.flags.boolean('tty')) return false;
  if (context.flags.boolean('stdin') && isTyped(context)) return true;
  yield* printError(noTerminal);
  return false;
}

function inputOf(context: Context, { stdin, text }: Remote): StreamInput | undefined {
  if (text !== undefined) return { type: 'text', text };
  if (!stdin) return undefined;
  return isTyped(context) ? { type: 'typed' } : { type: 'text', text: context.input.stdin ?? '' };
}

/** Runs it with its streams (client-go/tools/remotecommand): what it prints is shown as it comes, or collected. */
export function* runRemote(context: Context, remote: Remote, shown: boolean): Command<Ending> {
  const { pod, subresource, container, command, stdin, tty } = remote;
  const query = {
    ...(command === undefined ? {} : { command: JSON.stringify(command) }),
    container,
    ...(stdin ? { stdin: 'true' } : {}),
    stdout: 'true',
    ...(tty ? { tty: 'true' } : { stderr: 'true' }),
  };
  const input = inputOf(context, remote);
  if (input?.type === 'typed') yield* readsInput(tty);
  const path = resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name, subresource);
  return yield* stream(
    { method: 'GET', path, query, upgrade: true },
    noEnding,
    undefined,
    (state, event) => react(state, event, shown),
    input,
  );
}

function react(state: Ending, event: StreamEvent, shown: boolean): StreamStep<Ending> {
  switch (event.type) {
    case 'response':
      return event.response.status >= 400 ? { state: { ...state, error: statusError(event.response) }, done: true } : { state };
    case 'frames': {
      const print: Output[] = [];
      let { status, stdout } = state;
      for (const frame of event.frames) {
        if (frame.stream === 'error') ({ status } = frame);
        else if (frame.stream === 'stdout' && !shown) stdout += frame.text;
        else if (frame.stream === 'stdout' || frame.stream === 'stderr') print.push({ stream: frame.stream, text: frame.text });
      }
      return { state: { ...state, status, stdout }, print };
    }
    case 'end':
      return { state, done: true };
    case 'unanswered':
      return { state: { ...state, error: connectionError(event.reason) }, done: true };
    default:
      return { state };
  }
}

/** The end of a command as kubectl's own end (remotecommand/v4.go, errorDecoderV4; cmdutil.checkErr). */
export function* finishRemote({ status, error }: Ending): Command<void> {
  if (error !== undefined) throw error;
  const told = isObject(status) ? status : {};
  if (told['status'] === 'Success') return;
  if (told['status'] !== 'Failure') throw new CommandError('error reading from error stream: unexpected EOF');
  if (told['reason'] !== 'NonZeroExitCode') throw new CommandError(String(told['message']));
  const code = exitCodeOf(told);
  yield* printError(`command terminated with exit code ${code}\n`);
  throw new SilentExit(code);
}

function exitCodeOf(status: Readonly<Record<string, unknown>>): number {
  const causes = isObject(status['details']) && Array.isArray(status['details']['causes']) ? status['details']['causes'] : [];
  const cause = (causes as readonly { readonly reason?: string; readonly message?: string }[]).find((item) => item.reason === 'ExitCode');
  return Number(cause?.message ?? 1);
}

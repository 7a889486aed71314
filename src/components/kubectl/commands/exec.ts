import { isObject } from '#base/json.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { CommandError, PlainError, SilentExit, StatusError, statusError } from '../errors.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { podOf } from '../pods.ts';
import { chooseContainer } from './logs.ts';

/** What running a program in a container came to, as the kubelet answers it. */
interface ExecResult {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly error?: string;
}

/**
 * `kubectl exec` (kubectl/pkg/cmd/exec/exec.go), without a terminal: one request with the whole of standard input, one
 * answer with the whole output. Real clients speak the WebSocket protocol on the same path.
 */
export function* execCommand(context: Context): Command<void> {
  const { args, dashAt, flags } = context;
  const pod = args[0];
  const command = dashAt < 0 ? args.slice(1) : args.slice(dashAt);
  if (pod === undefined || dashAt === 0)
    throw new CommandError("pod, type/name or --filename must be specified\nSee 'kubectl exec -h' for help and examples");
  if (command.length === 0) throw new CommandError('you must specify at least one command for the container');
  if (dashAt < 0)
    throw new CommandError(
      "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
    );
  const [found] = yield* podOf(context, pod);
  if (found === undefined) throw new CommandError(`timed out waiting for the condition`);
  const phase = found.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = yield* chooseContainer(found, flags.text('container'));
  const stdin = flags.boolean('stdin');
  if (flags.boolean('tty')) yield* noTerminal();
  const path = resourcePath(resources.pods, found.metadata.namespace, found.metadata.name, 'exec');
  const query = {
    command: JSON.stringify(command),
    container,
    stdout: 'true',
    stderr: 'true',
    ...(stdin ? { stdin: 'true' } : {}),
    ...(flags.boolean('tty') ? { tty: 'true' } : {}),
  };
  const response = yield* call({ method: 'GET', path, query, ...(stdin ? { body: context.input.stdin ?? '' } : {}) });
  if (response.status >= 400) throw failure(statusError(response), container, found.metadata.name);
  yield* finish(isObject(response.body) ? (response.body as ExecResult) : { stdout: String(response.body) });
}

/** What is typed here reaches no program: standard input is a text, not a terminal (kubectl/pkg/util/term). */
export const noTerminal = (): Command<void> => printError('Unable to use a TTY - input is not a terminal or the right kind of file\n');

function failure(error: StatusError, container: string, pod: string): CommandError {
  return error.reason === 'InternalError'
    ? new CommandError(`Internal error occurred: ${error.message.replace(/^Internal error occurred: /, '')}`)
    : error.message === ''
      ? new CommandError(`container not found (${JSON.stringify(container)}) in pod ${pod}`)
      : error;
}

function* finish({ stdout = '', stderr = '', exitCode = 0, error }: ExecResult): Command<void> {
  yield* print(stdout);
  if (stderr !== '') yield* printError(stderr);
  if (error !== undefined) throw new CommandError(error);
  if (exitCode === 0) return;
  yield* printError(`command terminated with exit code ${exitCode}\n`);
  throw new SilentExit(exitCode);
}

/** Commands that need what this cluster has not. */
export function refuse(message: string): (context: Context) => Command<void> {
  return function* () {
    throw new PlainError(message);
  };
}

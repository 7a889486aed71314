import type { Context } from '../context.ts';
import { CommandError, PlainError } from '../errors.ts';
import type { Command } from '../operations.ts';
import { podOf } from '../pods.ts';
import { chooseContainer } from './logs.ts';
import { finishRemote, runRemote, terminalFor } from './remote.ts';

/** `kubectl exec` (kubectl/pkg/cmd/exec/exec.go). */
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
  const tty = yield* terminalFor(context);
  const ending = yield* runRemote(
    context,
    { pod: found, subresource: 'exec', container, command, stdin: flags.boolean('stdin'), tty },
    true,
  );
  yield* finishRemote(ending);
}

/** Commands that need what this cluster has not. */
export function refuse(message: string): (context: Context) => Command<void> {
  return function* () {
    throw new PlainError(message);
  };
}

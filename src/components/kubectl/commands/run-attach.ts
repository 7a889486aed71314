import type { Pod } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { checked, CommandError, PlainError } from '../errors.ts';
import { call, print, printError, readsInput, type Command } from '../operations.ts';
import { watchUntil } from '../watch-object.ts';
import { podOf, podTarget, type ApiPod } from '../pods.ts';
import { chooseContainer } from './logs.ts';
import { finishRemote, isTyped, runRemote, terminalFor } from './remote.ts';

/** `kubectl attach` (kubectl/pkg/cmd/attach/attach.go). */
export function* attachCommand(context: Context): Command<void> {
  const { args, flags } = context;
  if (args.length === 0)
    throw new CommandError("at least 1 argument is required for attach\nSee 'kubectl attach -h' for help and examples");
  if (args.length > 2)
    throw new CommandError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(' ')}]`);
  const [pod] = yield* podOf(context, args.length === 2 ? `${args[0]!}/${args[1]!}` : args[0]!);
  if (pod === undefined) throw new CommandError('timed out waiting for the condition');
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot attach a container in a completed pod; current phase is ${phase}`);
  const container = yield* chooseContainer(pod, flags.text('container'));
  yield* attachTo(context, pod, container);
}

/** Joins the streams of a running container, and says how to come back. */
function* attachTo(context: Context, pod: ApiPod, container: string): Command<void> {
  const { flags } = context;
  const spec = [...(pod.spec?.containers ?? []), ...(pod.spec?.ephemeralContainers ?? [])].find((item) => item.name === container);
  const stdin = flags.boolean('stdin');
  const wanted = flags.boolean('tty');
  if (wanted && spec?.tty !== true) yield* printError(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
  const raw = spec?.tty === true && (wanted ? yield* terminalFor(context) : stdin && isTyped(context));
  if (!flags.boolean('quiet')) yield* printError("If you don't see a command prompt, try pressing enter.\n");
  const ending = yield* runRemote(context, { pod, subresource: 'attach', container, stdin, tty: spec?.tty === true }, true);
  yield* finishRemote(ending);
  if (flags.boolean('quiet') || !stdin || !raw || pod.spec?.restartPolicy !== 'Always') return;
  const { name } = pod.metadata;
  yield* print(`Session ended, resume using 'kubectl attach ${name} -c ${container} -i -t' command when the pod is running\n`);
}

const isOver = (pod: Pod | undefined): boolean => ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '');

/** `run -i` and `--attach` (kubectl/pkg/cmd/run/run.go, handleAttachPod): joins the container, takes over its exit code, and removes it with `--rm`. */
export function* attachToNewPod(context: Context, created: KubeObject): Command<void> {
  const { flags } = context;
  const { name } = created.metadata;
  if (flags.boolean('stdin') && isTyped(context)) yield* readsInput(flags.boolean('tty'));
  let failure: CommandError | undefined;
  try {
    yield* joined(context, name);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failure = error;
  }
  if (flags.boolean('rm')) {
    const path = resourcePath(resources.pods, context.namespace, name);
    checked(yield* call({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } }));
    yield* print(`pod ${JSON.stringify(name)} deleted from ${context.namespace} namespace\n`);
  }
  if (failure !== undefined) throw failure;
}

function* joined(context: Context, name: string): Command<void> {
  const { flags } = context;
  const target = podTarget(context.namespace, name);
  let pod: ApiPod | undefined;
  const ready = yield* watchUntil(target, flags.duration('pod-running-timeout') ?? 60_000, (object) => {
    pod = object as ApiPod | undefined;
    const { phase, conditions } = pod?.status ?? {};
    const isReady = conditions?.some((item) => item.type === 'Ready' && item.status === 'True') === true;
    return { done: isOver(pod) || (phase === 'Running' && isReady) };
  });
  if (!ready || pod === undefined) throw new CommandError('timed out waiting for the condition');
  const container = pod.spec!.containers[0]!.name;
  if (isOver(pod)) yield* printLog(context, name, container);
  else yield* attachTo(context, pod, container);
  if (flags.boolean('leave-stdin-open') || flags.text('restart') === 'Always' || flags.text('restart') === '') return;
  const onFailure = flags.text('restart') === 'OnFailure';
  yield* watchUntil(target, undefined, (object, deleted) => {
    pod = (object as ApiPod | undefined) ?? pod;
    return { done: deleted || object === undefined || (onFailure ? pod?.status?.phase === 'Succeeded' : isOver(pod)) };
  });
  if (pod.status?.phase !== 'Failed') return;
  const code = pod.status.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (code === 0) throw new CommandError(`pod ${context.namespace}/${name} failed with unknown exit code`);
  const reason = pod.status.containerStatuses?.[0]?.state?.terminated?.reason ?? '';
  throw new PlainError(`pod ${context.namespace}/${name} terminated (${reason})`, code);
}

/** What a container that is over already has printed. */
function* printLog(context: Context, name: string, container: string): Command<void> {
  const path = resourcePath(resources.pods, context.namespace, name, 'log');
  yield* print(String(checked(yield* call({ method: 'GET', path, query: { container } })).body));
}

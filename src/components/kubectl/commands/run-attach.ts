import type { ContainerStateTerminated, Pod } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { checked, CommandError, SilentExit } from '../errors.ts';
import { call, print, type Command } from '../operations.ts';
import { watchUntil } from '../watch-object.ts';
import { podTarget } from '../pods.ts';
import { noTerminal } from './exec.ts';

/** How the first container has ended, now or before it was started again. */
function endOf(pod: Pod | undefined): ContainerStateTerminated | undefined {
  const { state, lastState } = pod?.status?.containerStatuses?.[0] ?? {};
  return state?.terminated ?? lastState?.terminated;
}

/** `run -i` and `--attach`: waits for the container, shows what it printed, takes over its exit code, and removes it with `--rm`. */
export function* deleteCommandTail(context: Context, pod: KubeObject): Command<void> {
  const { name } = pod.metadata;
  const target = podTarget(context.namespace, name);
  if (context.flags.boolean('tty')) yield* noTerminal();
  let last: Pod | undefined;
  yield* watchUntil(target, context.flags.duration('pod-running-timeout') ?? 60_000, (object) => {
    last = object as Pod | undefined;
    return { done: ['Running', 'Succeeded', 'Failed'].includes(last?.status?.phase ?? '') };
  });
  yield* watchUntil(target, undefined, (object, deleted) => {
    last = (object as Pod | undefined) ?? last;
    return { done: deleted || object === undefined || endOf(last) !== undefined };
  });
  const path = resourcePath(resources.pods, context.namespace, name);
  const container = last?.spec?.containers[0]?.name ?? name;
  const previous = last?.status?.containerStatuses?.[0]?.state?.terminated === undefined ? { previous: 'true' } : {};
  const log = yield* call({ method: 'GET', path: `${path}/log`, query: { container, ...previous } });
  yield* print(String(checked(log).body));
  if (context.flags.boolean('rm')) {
    checked(yield* call({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } }));
    yield* print(`pod ${JSON.stringify(name)} deleted from ${context.namespace} namespace\n`);
  } else if (last?.spec?.restartPolicy === 'Always' && context.flags.boolean('stdin')) {
    const tty = context.flags.boolean('tty') ? ' -t' : '';
    yield* print(`Session ended, resume using 'kubectl attach ${name} -c ${container} -i${tty}' command when the pod is running\n`);
  }
  const code = endOf(last)?.exitCode ?? 0;
  if (code !== 0) throw new SilentExit(code);
  if (last === undefined) throw new CommandError('timed out waiting for the condition');
}

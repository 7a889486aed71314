import type { Pod } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Context } from '../context.ts';
import { checked, CommandError, SilentExit } from '../errors.ts';
import { call, print, type Command } from '../operations.ts';
import { watchUntil } from '../watch-object.ts';
import { podTarget } from '../pods.ts';

/** `run -i` and `--attach`: waits for the container, shows what it printed, takes over its exit code, and removes it with `--rm`. */
export function* deleteCommandTail(context: Context, pod: KubeObject): Command<void> {
  const { name } = pod.metadata;
  const target = podTarget(context.namespace, name);
  let last: Pod | undefined;
  yield* watchUntil(target, context.flags.duration('pod-running-timeout') ?? 60_000, (object) => {
    last = object as Pod | undefined;
    return { done: ['Running', 'Succeeded', 'Failed'].includes(last?.status?.phase ?? '') };
  });
  yield* watchUntil(target, undefined, (object, deleted) => {
    last = (object as Pod | undefined) ?? last;
    return { done: deleted || object === undefined || ['Succeeded', 'Failed'].includes(last?.status?.phase ?? '') };
  });
  const path = resourcePath(resources.pods, context.namespace, name);
  const log = yield* call({ method: 'GET', path: `${path}/log`, query: { container: last?.spec?.containers[0]?.name ?? name } });
  yield* print(String(checked(log).body));
  if (context.flags.boolean('rm')) {
    checked(yield* call({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } }));
    yield* print(`pod ${JSON.stringify(name)} deleted from ${context.namespace} namespace\n`);
  }
  const code = last?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (code !== 0) throw new SilentExit(code);
  if (last === undefined) throw new CommandError('timed out waiting for the condition');
}

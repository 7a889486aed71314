import { mediaTypes } from '#protocol/rest.ts';
import { objectName, pathOf, type Context } from '../context.ts';
import { checked, CommandError, notServed, statusError, throwAll } from '../errors.ts';
import { call, currentTime, forEach, print, sleep, type Command } from '../operations.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';
import { dryRunOf } from '../dry-run.ts';
import { dryRunSuffix } from '../printers/output.ts';

const pollMs = 1000;

/** `kubectl scale` (kubectl/pkg/cmd/scale/scale.go). */
export function* scaleCommand(context: Context): Command<void> {
  const { flags } = context;
  const replicas = flags.integer('replicas');
  if (!flags.changed('replicas') || replicas < 0)
    throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  if (flags.integer('current-replicas') < -1) throw new CommandError('The --current-replicas must specify an integer of -1 or greater');
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  const failures = yield* forEach(found, (item) => scaleOne(context, item, replicas));
  if (found.length === 0 && errors.length === 0) throw new CommandError('no objects passed to scale');
  throwAll([...errors, ...failures]);
}

function* scaleOne(context: Context, { target }: Found, replicas: number): Command<void> {
  const { flags } = context;
  const { resource, namespace, name } = target;
  const path = pathOf(resource, namespace, name, 'scale');
  const dryRun: Record<string, string> = dryRunOf(flags) === 'server' ? { dryRun: 'All' } : {};
  const expected = flags.integer('current-replicas');
  if (dryRunOf(flags) !== 'client') {
    if (expected >= 0) yield* updateScale(path, expected, replicas, dryRun);
    else {
      const response = yield* call({
        method: 'PATCH',
        path,
        query: dryRun,
        body: { spec: { replicas } },
        contentType: mediaTypes.mergePatch,
      });
      if (response.status === 404 && !resource.subresources.includes('scale')) throw notServed(`patch ${resource.plural} ${name}`);
      checked(response);
    }
    yield* waitForScale(context, path, replicas);
  }
  yield* print(
    flags.text('output') === 'name' ? `${objectName(resource, name)}\n` : `${objectName(resource, name)} scaled${dryRunSuffix(flags)}\n`,
  );
}

interface Scale {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas: number };
}

function* updateScale(path: string, expected: number, replicas: number, query: Readonly<Record<string, string>>): Command<void> {
  const scale = checked(yield* call({ method: 'GET', path })).body as unknown as Scale;
  const current = scale.spec?.replicas ?? 0;
  if (current !== expected) throw new CommandError(`Expected replicas to be ${expected}, was ${current}`);
  const response = yield* call({ method: 'PUT', path, query, body: { ...scale, spec: { ...scale.spec, replicas } } });
  if (response.status >= 400) throw statusError(response);
}

/** `--timeout`: until the status says so. */
function* waitForScale(context: Context, path: string, replicas: number): Command<void> {
  const timeoutMs = context.flags.duration('timeout') ?? 0;
  if (timeoutMs === 0) return;
  const deadline = (yield* currentTime()) + timeoutMs;
  for (;;) {
    const scale = checked(yield* call({ method: 'GET', path })).body as unknown as Scale;
    if (scale.status?.replicas === replicas) return;
    if ((yield* currentTime()) >= deadline) throw new CommandError('timed out waiting for the condition');
    yield* sleep(pollMs);
  }
}

import { isObject } from '#base/json.ts';
import { objectName, pathOf, labelSelectorOf, get, type Context } from '../context.ts';
import { checked, CommandError, StatusError, throwAll } from '../errors.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { fetchTargets, targetsOf, type Target } from '../resource-builder.ts';
import { watchUntil } from '../watch-object.ts';
import { dryRunOf } from '../dry-run.ts';
import { dryRunSuffix } from '../printers/output.ts';

const forceWarning =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n';
const longWaitMs = 7 * 24 * 3_600_000;

interface Deleted {
  readonly target: Target;
  readonly uid: string;
}

/** `kubectl delete` (kubectl/pkg/cmd/delete/delete.go). */
export function* deleteCommand(context: Context): Command<void> {
  const { flags } = context;
  const body = deleteOptions(context);
  if (flags.boolean('all') && labelSelectorOf(flags) !== '') throw new CommandError('cannot set --all and --selector at the same time');
  const output = flags.text('output');
  if (output !== '' && output !== 'name') throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  if (flags.boolean('force') && body['gracePeriodSeconds'] === 0) yield* printError(forceWarning);
  const named = yield* targetsOf(context, context.args, {});
  const targets = yield* expand(context, named);
  const deleted: Deleted[] = [];
  const errors: CommandError[] = [];
  for (const target of targets) {
    try {
      const uid = dryRunOf(flags) === 'client' ? '' : yield* deleteOne(context, target, body);
      deleted.push({ target, uid });
      yield* print(message(context, target, output));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!(error.reason === 'NotFound' && (flags.boolean('ignore-not-found') || target.name === '')))
        errors.push(target.source === undefined ? error : error.from('deleting', target.source));
    }
  }
  if (targets.length === 0) yield* print('No resources found\n');
  if (flags.boolean('wait') && dryRunOf(flags) === 'none') yield* waitForAll(context, deleted);
  throwAll(errors);
}

/** Selectors become the objects that they fit. */
function* expand(context: Context, targets: readonly Target[]): Command<readonly Target[]> {
  const expanded: Target[] = [];
  for (const target of targets) {
    if (target.name !== '') expanded.push(target);
    else {
      const { found, errors } = yield* fetchTargets(context, [target]);
      throwAll(errors);
      expanded.push(...found.map((item) => item.target));
    }
  }
  return expanded;
}

function deleteOptions({ flags }: Context): Readonly<Record<string, unknown>> {
  const grace = flags.integer('grace-period');
  if (flags.boolean('now') && grace !== -1) throw new CommandError('--now and --grace-period cannot be specified together');
  const force = flags.boolean('force');
  if (force && grace > 0) throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
  let seconds = flags.boolean('now') ? 1 : grace;
  if (force && seconds < 0) seconds = 0;
  // Without --force nobody can ask for no grace at all.
  if (seconds === 0 && !force) seconds = 1;
  const policies: Readonly<Record<string, string>> = {
    background: 'Background',
    true: 'Background',
    foreground: 'Foreground',
    orphan: 'Orphan',
    false: 'Orphan',
  };
  const policy = policies[flags.text('cascade')];
  if (policy === undefined)
    throw new CommandError(`invalid cascade value (${flags.text('cascade')}). Must be "background", "foreground", or "orphan"`);
  return { ...(seconds >= 0 ? { gracePeriodSeconds: seconds } : {}), propagationPolicy: policy };
}

function* deleteOne(context: Context, target: Target, options: Readonly<Record<string, unknown>>): Command<string> {
  const body = dryRunOf(context.flags) === 'server' ? { ...options, dryRun: ['All'] } : options;
  const { body: answer } = checked(yield* call({ method: 'DELETE', path: pathOf(target.resource, target.namespace, target.name), body }));
  if (!isObject(answer)) return '';
  const part = answer['kind'] === 'Status' ? answer['details'] : answer['metadata'];
  return isObject(part) && typeof part['uid'] === 'string' ? part['uid'] : '';
}

function message(context: Context, { resource, name, namespace }: Target, output: string): string {
  if (output === 'name') return `${objectName(resource, name)}\n`;
  const verb = context.flags.boolean('force') && context.flags.integer('grace-period') <= 0 ? 'force deleted' : 'deleted';
  const [kind] = objectName(resource, '').split('/');
  return `${kind!} ${JSON.stringify(name)} ${verb}${resource.namespaced ? ` from ${namespace} namespace` : ''}${dryRunSuffix(context.flags)}\n`;
}

/** Waits until each object is really gone (finalizers, graceful termination). */
function* waitForAll(context: Context, deleted: readonly Deleted[]): Command<void> {
  const timeoutMs = context.flags.duration('timeout') || longWaitMs;
  for (const { target, uid } of deleted) {
    if (!(yield* waitForDeletion(target, uid, timeoutMs)))
      throw new CommandError(`timed out waiting for the condition on ${target.resource.plural}/${target.name}`);
  }
}

/** Waits for an object to go (wait.IsDeleted). False where the time ran out. */
export function* waitForDeletion(target: Target, uid: string, timeoutMs: number): Command<boolean> {
  const response = yield* call(get(pathOf(target.resource, target.namespace, target.name)));
  if (response.status === 404) return true;
  const { body } = checked(response);
  const found = isObject(body) && isObject(body['metadata']) ? body['metadata']['uid'] : '';
  if (uid !== '' && found !== uid) return true;
  return yield* watchUntil(target, timeoutMs, (object, gone) => ({
    done: gone || object === undefined || (uid !== '' && object.metadata.uid !== uid),
  }));
}

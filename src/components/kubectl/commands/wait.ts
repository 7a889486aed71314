import type { KubeObject } from '#api/object.ts';
import type { Context } from '../context.ts';
import { CommandError, StatusError, throwAll } from '../errors.ts';
import { objectName } from '../context.ts';
import { print, sleep, type Command, currentTime } from '../operations.ts';
import { fetchTargets, targetsOf, fetchIfExists, type Found } from '../resource-builder.ts';
import { findValues, relaxed, valueText } from '#api/jsonpath/index.ts';
import { watchUntil } from '../watch-object.ts';
import { waitForDeletion } from './delete.ts';

type Meets = (object: KubeObject) => boolean;

/** `kubectl wait` (kubectl/pkg/cmd/wait/wait.go). */
export function* waitCommand(context: Context): Command<void> {
  const { flags } = context;
  const condition = flags.text('for');
  const given = flags.duration('timeout') ?? 30_000;
  const timeoutMs = given < 0 ? 7 * 24 * 3_600_000 : given;
  if (condition === '') throw new CommandError('unrecognized condition: ""');
  const targets = yield* targetsOf(context, context.args, { listByDefault: flags.boolean('all') });
  if (condition.toLowerCase() === 'create') yield* waitForCreation(targets, timeoutMs);
  const meets = condition.toLowerCase() === 'delete' || condition.toLowerCase() === 'create' ? undefined : conditionOf(condition);
  const { found, errors } = yield* fetchTargets(context, targets);
  const deleting = condition.toLowerCase() === 'delete';
  throwAll(deleting ? errors.filter((error) => !(error instanceof StatusError && error.reason === 'NotFound')) : errors);
  if (found.length === 0 && !deleting) throw new CommandError('no matching resources found');
  const failures: CommandError[] = [];
  for (const item of found) {
    const met = deleting
      ? yield* waitForDeletion(item.target, item.object.metadata.uid ?? '', timeoutMs)
      : meets === undefined || (yield* waitForCondition(item, timeoutMs, meets));
    if (met) yield* print(`${objectName(item.target.resource, item.target.name)} condition met\n`);
    else failures.push(new CommandError(`timed out waiting for the condition on ${item.target.resource.plural}/${item.target.name}`));
  }
  throwAll(failures);
}

function* waitForCreation(targets: Parameters<typeof fetchTargets>[1], timeoutMs: number): Command<void> {
  const deadline = (yield* currentTime()) + timeoutMs;
  for (const target of targets) {
    if (target.name === '') throw new CommandError('--for=create requires a resource name');
    while ((yield* fetchIfExists(target)) === undefined) {
      if ((yield* currentTime()) >= deadline)
        throw new CommandError(`timed out waiting for the condition on ${target.resource.plural}/${target.name}`);
      yield* sleep(1000);
    }
  }
}

function* waitForCondition({ target }: Found, timeoutMs: number, meets: Meets): Command<boolean> {
  return yield* watchUntil(target, timeoutMs, (object, deleted) => {
    if (deleted) return { error: new CommandError(`object ${target.name} was deleted`) };
    return { done: object !== undefined && meets(object) };
  });
}

/** Reads `condition=Ready`, `condition=Ready=false`, `jsonpath={.status.phase}=Running`. */
function conditionOf(text: string): Meets {
  if (text.startsWith('condition=')) {
    const [type = '', value = 'true'] = text.slice('condition='.length).split('=');
    return (object) => hasCondition(object, type, value);
  }
  if (text.startsWith('jsonpath=')) return jsonPathCondition(text.slice('jsonpath='.length));
  throw new CommandError(`unrecognized condition: ${JSON.stringify(text)}`);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

function hasCondition(object: KubeObject, type: string, value: string): boolean {
  const status = object['status'] as { readonly conditions?: readonly Condition[]; readonly observedGeneration?: number } | undefined;
  const condition = status?.conditions?.find((item) => item.type.toLowerCase() === type.toLowerCase());
  if (condition === undefined) return false;
  const observed = condition.observedGeneration ?? status?.observedGeneration;
  if (observed !== undefined && observed > 0 && observed < (object.metadata.generation ?? 0)) return false;
  return condition.status.toLowerCase() === value.toLowerCase();
}

function jsonPathCondition(text: string): Meets {
  const match = /^['"]?(\{.*?\}|[^={]+)['"]?(?:=(.*))?$/s.exec(text);
  if (match === null)
    throw new CommandError(
      `jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
    );
  const path = relaxed(match[1]!);
  const wanted = match[2]?.replace(/^(['"])(.*)\1$/s, '$2');
  if (wanted === '') throw new CommandError('jsonpath wait has to have a value after equal sign');
  return (object) => {
    const values = findValues(path, object);
    return values.length === 1 && (wanted === undefined || valueText(values[0]) === wanted);
  };
}

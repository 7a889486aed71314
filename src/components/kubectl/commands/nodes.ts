import type { Node, Taint } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { objectName, pathOf, type ApiResource, type Context } from '../context.ts';
import { discover, lookUp } from '../discovery.ts';
import { checked, CommandError, throwAll, usageError } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, dryRunSuffix, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';
import { labelSelectorOf } from '../context.ts';

type ApiNode = Node & KubeObject;

/** The nodes that a command names. */
export function* nodesOf(context: Context): Command<readonly Found[]> {
  if (context.args.length === 0 && labelSelectorOf(context.flags) === '')
    throw usageError(context.command, `USAGE: ${context.command.replace('kubectl ', '')} NODE [flags]`);
  const { found, errors } = yield* fetchTargets(
    context,
    yield* targetsOf(
      context,
      context.args.length === 0 ? ['nodes'] : ['nodes', ...context.args.map((name) => name.replace(/^(?:node|nodes|no)\//, ''))],
    ),
  );
  throwAll(errors);
  return found;
}

/** `kubectl cordon` and `uncordon`. */
export function cordonCommand(unschedulable: boolean): (context: Context) => Command<void> {
  return function* (context) {
    const found = yield* nodesOf(context);
    throwAll(yield* forEach(found, (item) => cordon(context, item, unschedulable)));
  };
}

/** Marks a node, unless it is marked. */
export function* cordon(context: Context, { target, object }: Found, unschedulable: boolean): Command<void> {
  const word = unschedulable ? 'cordoned' : 'uncordoned';
  const name = objectName(target.resource, target.name);
  if (((object as ApiNode).spec?.unschedulable ?? false) === unschedulable)
    return yield* print(`${name} already ${word}${dryRunSuffix(context.flags)}\n`);
  if (dryRunOf(context.flags) !== 'client') {
    const query: Record<string, string> = dryRunOf(context.flags) === 'server' ? { dryRun: 'All' } : {};
    const body = { spec: { unschedulable: unschedulable ? true : null } };
    checked(
      yield* call({
        method: 'PATCH',
        path: pathOf(target.resource, '', target.name),
        query,
        body,
        contentType: mediaTypes.strategicMergePatch,
      }),
    );
  }
  yield* print(`${name} ${word}${dryRunSuffix(context.flags)}\n`);
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

interface TaintChanges {
  readonly add: readonly Taint[];
  readonly remove: readonly { readonly key: string; readonly effect: string }[];
}

/** `kubectl taint` (kubectl/pkg/cmd/taint/taint.go). */
export function* taintCommand(context: Context): Command<void> {
  const { flags } = context;
  const [word = '', ...rest] = context.args;
  const isTaint = (text: string): boolean => text.includes('=') || text.includes(':') || text.endsWith('-');
  const names = rest.filter((text) => !isTaint(text));
  const changes = readTaints(rest.filter(isTaint));
  const resource: ApiResource | undefined = lookUp(yield* discover(), word);
  if (resource?.kind !== 'Node') throw new CommandError(`invalid resource type ${word}, only node(s) is supported`);
  if (changes.add.length + changes.remove.length === 0) throw new CommandError('at least one taint update is required');
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, [word, ...names]));
  const failures = yield* forEach(found, (item) => taintOne(context, item, changes, flags.boolean('overwrite')));
  throwAll([...errors, ...failures]);
}

function readTaints(texts: readonly string[]): TaintChanges {
  const add: Taint[] = [];
  const remove: { key: string; effect: string }[] = [];
  for (const text of texts) {
    if (text.endsWith('-')) {
      const [pair = '', effect = ''] = text.slice(0, -1).split(':');
      remove.push({ key: pair.split('=')[0]!, effect });
      continue;
    }
    const [pair = '', effect = ''] = text.split(':');
    const [key = '', value] = pair.split('=');
    if (effect === '') throw new CommandError(`invalid taint spec: ${text}`);
    if (!effects.includes(effect)) throw new CommandError(`invalid taint effect: ${effect}, unsupported taint effect`);
    add.push({ effect, key, ...(value === undefined || value === '' ? {} : { value }) } as Taint);
  }
  return { add, remove };
}

function* taintOne(context: Context, { target, object }: Found, { add, remove }: TaintChanges, overwrite: boolean): Command<void> {
  const { flags } = context;
  const node = object as ApiNode;
  const old = node.spec?.taints ?? [];
  const same = (taint: Taint, key: string, effect: string): boolean => taint.key === key && (effect === '' || taint.effect === effect);
  const clash = add.filter((taint) => old.some((known) => same(known, taint.key, taint.effect)));
  if (clash.length > 0 && !overwrite)
    throw new CommandError(
      `node ${target.name} already has ${clash.map((taint) => taint.key).join(', ')} taint(s) with same effect(s) and --overwrite is false`,
    );
  for (const { key, effect } of remove)
    if (!old.some((taint) => same(taint, key, effect)))
      throw new CommandError(`taint ${JSON.stringify(effect === '' ? key : `${key}:${effect}`)} not found`);
  const left = old.filter(
    (taint) => !remove.some(({ key, effect }) => same(taint, key, effect)) && !add.some((other) => same(taint, other.key, other.effect)),
  );
  const taints = [...add, ...left];
  const verb = add.length > 0 ? (clash.length > 0 && remove.length === 0 ? 'modified' : 'tainted') : 'untainted';
  const body = { spec: { taints: taints.length > 0 ? taints : null } };
  const output = outputOf(flags, context.input.files, 'write');
  if (dryRunOf(flags) === 'client') return yield* print(changedText(target.resource, object, verb, output, flags));
  const query = writeQuery(flags, 'kubectl-taint', 'Strict');
  const response = yield* call({
    method: 'PATCH',
    path: pathOf(target.resource, '', target.name),
    query,
    body,
    contentType: mediaTypes.strategicMergePatch,
  });
  yield* print(changedText(target.resource, checked(response).body as unknown as KubeObject, verb, output, flags));
}

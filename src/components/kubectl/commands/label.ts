import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { objectName, pathOf, labelSelectorOf, type Context } from '../context.ts';
import { checked, CommandError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, dryRunSuffix, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

type What = 'labels' | 'annotations';
interface Changes {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** `kubectl label` and `kubectl annotate` (kubectl/pkg/cmd/label, annotate). */
export function labelCommand(what: What): (context: Context) => Command<void> {
  return function* (context) {
    const { flags } = context;
    const [resources, pairs] = split(context);
    if (resources.length === 0 && flags.list('filename').length === 0)
      throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    const list = flags.boolean('list');
    if (pairs.length === 0 && !list)
      throw new CommandError(`at least one ${what === 'labels' ? 'label' : 'annotation'} update is required`);
    const changes = readChanges(pairs, what);
    const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, resources));
    if (found.length === 0 && errors.length === 0 && (labelSelectorOf(flags) !== '' || flags.boolean('all')))
      yield* print('No resources found\n');
    const failures = yield* forEach(found, (item) => (list ? print(listed(item, what)) : changeOne(context, item, what, changes)));
    throwAll([...errors, ...failures]);
  };
}

/** Arguments that change something come last: `key=value` and `key-`. */
function split(context: Context): readonly [readonly string[], readonly string[]] {
  const first = context.args.findIndex((argument) => argument.includes('=') || (argument.endsWith('-') && !argument.startsWith('-')));
  return first < 0 ? [context.args, []] : [context.args.slice(0, first), context.args.slice(first)];
}

function readChanges(pairs: readonly string[], what: What): Changes {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0) set.set(pair.slice(0, equals), pair.slice(equals + 1));
    else if (pair.endsWith('-')) remove.push(pair.slice(0, -1));
    else throw new CommandError(`${what === 'labels' ? 'unknown label spec' : 'invalid annotation format'}: ${pair}`);
  }
  const both = remove.find((key) => set.has(key));
  if (both !== undefined)
    throw new CommandError(`can not both modify and remove ${what === 'labels' ? 'a label' : 'an annotation'} in the same command`);
  return { set, remove };
}

function listed({ target, object }: Found, what: What): string {
  const entries = Object.entries(object.metadata[what] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${value}\n`).join('') || `${target.name}: no ${what}\n`;
}

function* changeOne(context: Context, { target, object }: Found, what: What, { set, remove }: Changes): Command<void> {
  const { flags } = context;
  const output = outputOf(flags, context.input.files, 'write');
  const before = object.metadata[what] ?? {};
  if (!flags.boolean('overwrite')) {
    for (const [key, value] of set) {
      const known = before[key];
      if (known === undefined || (what === 'labels' && known === value)) continue;
      throw new CommandError(
        what === 'labels'
          ? `'${key}' already has a value (${known}), and --overwrite is false`
          : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${known})`,
      );
    }
  }
  const name = objectName(target.resource, target.name);
  for (const key of remove)
    if (before[key] === undefined) yield* print(`${what === 'labels' ? 'label' : 'annotation'} ${JSON.stringify(key)} not found.\n`);
  const patch = Object.fromEntries([
    ...[...set].filter(([key, value]) => before[key] !== value),
    ...remove.filter((key) => before[key] !== undefined).map((key) => [key, null] as const),
  ]);
  const verb = verbOf(what, Object.keys(patch).length > 0, set.size > 0);
  const local = dryRunOf(flags) === 'client' || flags.boolean('local');
  const changed = local || Object.keys(patch).length === 0 ? object : yield* send(context, target, what, patch);
  if (output.type === 'table') return yield* print(`${name} ${verb}${dryRunSuffix(flags)}\n`);
  yield* print(changedText(target.resource, changed, verb, output, flags));
}

function verbOf(what: What, changed: boolean, adding: boolean): string {
  if (what === 'annotations') return 'annotated';
  if (!changed) return 'not labeled';
  return adding ? 'labeled' : 'unlabeled';
}

function* send(
  context: Context,
  target: Found['target'],
  what: What,
  changes: Readonly<Record<string, string | null>>,
): Command<KubeObject> {
  const { flags } = context;
  const resourceVersion = flags.text('resource-version');
  const metadata = { ...(resourceVersion === '' ? {} : { resourceVersion }), [what]: changes };
  const manager = what === 'labels' ? 'kubectl-label' : 'kubectl-annotate';
  const path = pathOf(target.resource, target.namespace, target.name);
  return checked(
    yield* call({ method: 'PATCH', path, query: writeQuery(flags, manager), body: { metadata }, contentType: mediaTypes.mergePatch }),
  ).body as unknown as KubeObject;
}

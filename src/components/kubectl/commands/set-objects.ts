import { parseLabelSelector } from '#api/selectors.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { pathOf, type Context } from '../context.ts';
import { checked, CommandError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

/** Sends a merge patch to each object that is meant. */
function* patchAll(context: Context, args: readonly string[], verb: string, patchOf: (object: KubeObject) => object): Command<void> {
  const { flags } = context;
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, args, { listByDefault: flags.boolean('all') }));
  const output = outputOf(flags, context.input.files, 'write');
  const failures = yield* forEach(found, function* ({ target, object }: Found) {
    const body = patchOf(object);
    const local = dryRunOf(flags) === 'client' || flags.boolean('local');
    const changed = local
      ? { ...object, ...body }
      : checked(
          yield* call({
            method: 'PATCH',
            path: pathOf(target.resource, target.namespace, target.name),
            query: writeQuery(flags, 'kubectl-set'),
            body,
            contentType: mediaTypes.mergePatch,
          }),
        ).body;
    yield* print(changedText(target.resource, changed as unknown as KubeObject, verb, output, flags));
  });
  throwAll([...errors, ...failures]);
}

/** `kubectl set selector` (kubectl/pkg/cmd/set/set_selector.go): the selector of services. */
export function* setSelector(context: Context): Command<void> {
  const { args } = context;
  const text = args[args.length - 1] ?? '';
  if (args.length < 2) throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const { requirements } = parseSelector(text);
  const selector = Object.fromEntries(requirements);
  yield* patchAll(context, args.slice(0, -1), 'selector updated', (object) => {
    if (object.kind !== 'Service') throw new CommandError('setting a selector is only supported for Services');
    const before = ((object['spec'] as { readonly selector?: object } | undefined)?.selector ?? {}) as Readonly<Record<string, string>>;
    // A merge patch takes what is not named away by null.
    const gone = Object.fromEntries(Object.keys(before).flatMap((key) => (key in selector ? [] : [[key, null]])));
    return { spec: { ...(object['spec'] as object), selector: { ...gone, ...selector } } };
  });
}

function parseSelector(text: string): { readonly requirements: readonly (readonly [string, string])[] } {
  const parsed = parseLabelSelector(text);
  const pairs = text.split(',').map((part) => /^([^=!]+)==?([^=]*)$/.exec(part.trim()));
  if ('error' in parsed || pairs.some((pair) => pair === null)) throw new CommandError(`invalid selector: ${JSON.stringify(text)}`);
  return { requirements: pairs.map((pair) => [pair![1]!.trim(), pair![2]!.trim()] as const) };
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly apiGroup?: string | undefined;
}

const rbac = 'rbac.authorization.k8s.io';

/** `kubectl set subject` (kubectl/pkg/cmd/set/set_subject.go): more subjects for bindings. */
export function* setSubject(context: Context): Command<void> {
  const { flags } = context;
  const accounts = flags.list('serviceaccount').map((text): Subject => {
    const [namespace, name, ...more] = text.split(':');
    if (name === undefined || more.length > 0 || namespace === '' || name === '')
      throw new CommandError('serviceaccount must be <namespace>:<name>');
    return { kind: 'ServiceAccount', name, namespace };
  });
  const named = (flag: string, kind: string): readonly Subject[] => flags.list(flag).map((name) => ({ apiGroup: rbac, kind, name }));
  const added = [...named('user', 'User'), ...named('group', 'Group'), ...accounts];
  if (added.length === 0) throw new CommandError('you must specify at least one value of user, group or serviceaccount');
  const same = (a: Subject, b: Subject): boolean => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
  yield* patchAll(context, context.args, 'subjects updated', (object) => {
    if (!/^(?:Cluster)?RoleBinding$/.test(object.kind))
      throw new CommandError('setting subjects is only supported for RoleBinding/ClusterRoleBinding');
    const subjects = (object['subjects'] ?? []) as readonly Subject[];
    return { subjects: [...subjects, ...added.filter((item) => !subjects.some((known) => same(known, item)))] };
  });
}

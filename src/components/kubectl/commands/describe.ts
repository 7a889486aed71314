import { labelSelectorOf, pathOf, get, type Context } from '../context.ts';
import { checked, CommandError, StatusError, throwAll } from '../errors.ts';
import { describeTarget } from '../describers/index.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { alignTabs, describeTabs } from '../printers/tab-writer.ts';
import { fetchTargets, itemsOf, targetOf, targetsOf, type Found, type Target } from '../resource-builder.ts';

/** `kubectl describe` (kubectl/pkg/cmd/describe/describe.go). */
export function* describeCommand(context: Context): Command<void> {
  const { flags } = context;
  if (context.args.length === 0 && flags.list('filename').length === 0) {
    throw new CommandError(
      `You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n`,
    );
  }
  const targets = yield* targetsOf(context, context.args, { listByDefault: true });
  const found: Found[] = [];
  const errors: CommandError[] = [];
  for (const target of targets) {
    const result = yield* fetchTargets(context, [target], target.name === '' ? { limit: flags.text('chunk-size') } : {});
    found.push(...result.found);
    for (const error of result.errors) {
      const similar = error instanceof StatusError && error.reason === 'NotFound' && target.name !== '' ? yield* byPrefix(target) : [];
      if (similar.length > 0) found.push(...similar);
      else errors.push(error);
    }
  }
  const showEvents = flags.boolean('show-events') && (found.length < 2 || flags.changed('show-events'));
  for (const [index, item] of found.entries()) {
    try {
      const text = yield* describeTarget(item.target, item.object, showEvents);
      yield* print((index === 0 ? '' : '\n\n') + alignTabs(text, describeTabs));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.push(error);
    }
  }
  if (found.length === 0 && errors.length === 0)
    yield* printError(
      flags.boolean('all-namespaces') || labelSelectorOf(flags) === 'none'
        ? 'No resources found\n'
        : `No resources found in ${context.namespace} namespace.\n`,
    );
  throwAll(errors);
}

/** A name that does not exist stands for all names that begin with it. */
function* byPrefix({ resource, namespace, name }: Target): Command<readonly Found[]> {
  const response = yield* call(get(pathOf(resource, namespace)));
  if (response.status >= 400) return [];
  const list = checked(response).body as unknown as Parameters<typeof itemsOf>[0];
  return itemsOf(list, resource)
    .filter((object) => object.metadata.name.startsWith(name))
    .map((object) => ({ target: targetOf(resource, object), object }));
}

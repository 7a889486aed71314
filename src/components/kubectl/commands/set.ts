import type { Container, PodSpec } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { createTwoWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { pathOf, type Context } from '../context.ts';
import { checked, CommandError, StatusError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

type Edit = (spec: PodSpec, found: Found) => PodSpec;

/** Sends what an edit of the pod template changes. */
function* changeTemplates(context: Context, args: readonly string[], verb: string, edit: Edit): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, args, { listByDefault: context.flags.boolean('all') }));
  const failures = yield* forEach(found, (item) => changeOne(context, item, verb, edit));
  throwAll([...errors, ...failures]);
}

function* changeOne(context: Context, found: Found, verb: string, edit: Edit): Command<void> {
  const { flags } = context;
  const { target, object } = found;
  const changed = editTemplate(object, (spec) => edit(spec, found));
  const output = outputOf(flags, context.input.files, 'write');
  const patch = createTwoWayMergePatch(object, changed, schemaFor(target.resource));
  if (Object.keys(patch).length === 0) return;
  if (dryRunOf(flags) === 'client' || flags.boolean('local'))
    return yield* print(changedText(target.resource, changed, verb, output, flags));
  const path = pathOf(target.resource, target.namespace, target.name);
  const response = yield* call({
    method: 'PATCH',
    path,
    query: writeQuery(flags, 'kubectl-set'),
    body: patch,
    contentType: mediaTypes.strategicMergePatch,
  });
  try {
    yield* print(changedText(target.resource, checked(response).body as unknown as KubeObject, verb, output, flags));
  } catch (error) {
    throw error instanceof StatusError ? new CommandError(`failed to patch ${verb} to pod template: ${error.message}`) : error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Where a kind keeps its pod spec. Throws for kinds that have none. */
function editTemplate(object: KubeObject, edit: (spec: PodSpec) => PodSpec): KubeObject {
  const spec = object['spec'] as Fields | undefined;
  if (object.kind === 'Pod') return { ...object, spec: edit(spec as unknown as PodSpec) };
  if (object.kind === 'CronJob') {
    const jobTemplate = spec?.['jobTemplate'] as Fields;
    const inner = jobTemplate['spec'] as Fields;
    return { ...object, spec: { ...spec, jobTemplate: { ...jobTemplate, spec: withTemplate(inner, edit) } } };
  }
  if (spec?.['template'] === undefined) throw new CommandError(`${object.kind} is not a pod or does not have a pod template`);
  return { ...object, spec: withTemplate(spec, edit) };
}

function withTemplate(spec: Fields, edit: (spec: PodSpec) => PodSpec): Fields {
  const template = spec['template'] as Fields;
  return { ...spec, template: { ...template, spec: edit(template['spec'] as PodSpec) } };
}

const isPair = (argument: string): boolean => argument.includes('=') || argument.endsWith('-');

/** `kubectl set image`. */
export function* setImage(context: Context): Command<void> {
  const pairs = context.args.filter((argument) => argument.includes('='));
  const rest = context.args.filter((argument) => !argument.includes('='));
  if (rest.length === 0 && context.flags.list('filename').length === 0)
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (pairs.length === 0) throw new CommandError('at least one image update is required');
  const images = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  yield* changeTemplates(context, rest, 'image updated', (spec) => {
    const known = [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.name);
    for (const name of images.keys())
      if (name !== '*' && !known.includes(name)) throw new CommandError(`unable to find container named ${JSON.stringify(name)}`);
    const change = <T extends Container>(container: T): T => {
      const image = images.get(container.name) ?? images.get('*');
      return image === undefined ? container : { ...container, image };
    };
    return {
      ...spec,
      containers: spec.containers.map(change),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(change) }),
    };
  });
}

/** `kubectl set env`: `KEY=value`, `KEY-`, `--list`. */
export function* setEnv(context: Context): Command<void> {
  const { flags } = context;
  const pairs = context.args.filter(isPair);
  const rest = context.args.filter((argument) => !isPair(argument));
  const wanted = flags.text('containers');
  const chosen = (name: string): boolean => wanted === '*' || wanted === '' || new RegExp(`^${wanted.replaceAll('*', '.*')}$`).test(name);
  if (flags.boolean('list')) return yield* listEnv(context, rest);
  if (pairs.length === 0) throw new CommandError('at least one environment variable must be provided');
  yield* changeTemplates(context, rest, 'env updated', (spec) => ({
    ...spec,
    containers: spec.containers.map((container) => (chosen(container.name) ? withEnv(container, pairs) : container)),
  }));
}

function withEnv(container: Container, pairs: readonly string[]): Container {
  let env = container.env ?? [];
  for (const pair of pairs) {
    const name = pair.includes('=') ? pair.slice(0, pair.indexOf('=')) : pair.slice(0, -1);
    const entry = { name, value: pair.slice(pair.indexOf('=') + 1) };
    if (!pair.includes('=')) env = env.filter((item) => item.name !== name);
    else env = env.some((item) => item.name === name) ? env.map((item) => (item.name === name ? entry : item)) : [...env, entry];
  }
  const { env: _, ...others } = container;
  return env.length > 0 ? { ...others, env } : others;
}

function* listEnv(context: Context, args: readonly string[]): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, args));
  for (const { target, object } of found) {
    let text = '';
    editTemplate(object, (spec) => {
      for (const container of spec.containers) {
        text += `# ${target.resource.kind} ${target.name}, container ${container.name}\n`;
        for (const { name, value } of container.env ?? []) text += `${name}=${value ?? ''}\n`;
      }
      return spec;
    });
    yield* print(text);
  }
  throwAll(errors);
}

/** `kubectl set resources`. */
export function* setResources(context: Context): Command<void> {
  const { flags } = context;
  const read = (name: string): Readonly<Record<string, string>> =>
    Object.fromEntries(flags.list(name).map((pair) => pair.split('=') as [string, string]));
  const limits = read('limits');
  const requests = read('requests');
  if (Object.keys(limits).length + Object.keys(requests).length === 0)
    throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)');
  const wanted = flags.text('containers');
  const chosen = (name: string): boolean => wanted === '*' || wanted === '' || wanted.split(',').includes(name);
  yield* changeTemplates(context, context.args, 'resource requirements updated', (spec) => ({
    ...spec,
    containers: spec.containers.map((container) => {
      if (!chosen(container.name)) return container;
      const { resources = {} } = container;
      const merged = (name: 'limits' | 'requests', more: Readonly<Record<string, string>>): object =>
        Object.keys(more).length > 0 || resources[name] !== undefined ? { [name]: { ...resources[name], ...more } } : {};
      return { ...container, resources: { ...resources, ...merged('limits', limits), ...merged('requests', requests) } };
    }),
  }));
}

/** `kubectl set serviceaccount`. */
export function* setServiceAccount(context: Context): Command<void> {
  const name = context.args[context.args.length - 1];
  if (name === undefined || context.args.length < 2) throw new CommandError('serviceaccount is required');
  yield* changeTemplates(context, context.args.slice(0, -1), 'serviceaccount updated', (spec) => ({
    ...spec,
    serviceAccountName: name,
    serviceAccount: name,
  }));
}

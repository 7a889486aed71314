import { isObject } from '#base/json.ts';
import { formatApiVersion, type KubeObject } from '#api/object.ts';
import { get, labelSelectorOf, pathOf, type ApiResource, type Context } from './context.ts';
import { discover, inCategory, resourceFor } from './discovery.ts';
import { checked, CommandError, StatusError, throwAll } from './errors.ts';
import { readManifests } from './manifests.ts';
import { call, type Command } from './operations.ts';

/** What a command line names: one object, or all of a resource that fit its selectors. */
export interface Target {
  readonly resource: ApiResource;
  readonly namespace: string;
  /** '' for a list. */
  readonly name: string;
  /** The file that names it. */
  readonly source?: string | undefined;
}

/** An object with its resource. */
export interface Found {
  readonly target: Target;
  readonly object: KubeObject;
}

export interface TargetOptions {
  /** What kubectl says where nothing is named. */
  readonly missing?: string | undefined;
  /** Whether a resource without names and selectors stands for all objects. */
  readonly listByDefault?: boolean | undefined;
  readonly defaultResource?: string | undefined;
}

/** The targets of a command line: arguments or files (resource.Builder). Throws in kubectl's words. */
export function* targetsOf(context: Context, args: readonly string[], options: TargetOptions = {}): Command<readonly Target[]> {
  if (context.flags.list('filename').length > 0 || context.flags.text('kustomize') !== '') {
    if (args.length > 0)
      throw new CommandError(`when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well`);
    const { manifests, errors } = yield* readManifests(context);
    throwAll(errors);
    return manifests.map(({ resource, namespace, name, source }) => ({ resource, namespace, name, source }));
  }
  if (args.length === 0)
    throw new CommandError(
      options.missing ??
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    );
  return args.some((argument) => argument.includes('/')) ? yield* slashed(context, args) : yield* plain(context, args, options);
}

function* slashed(context: Context, args: readonly string[]): Command<readonly Target[]> {
  if (labelSelectorOf(context.flags) !== '' || context.flags.boolean('all'))
    throw new CommandError('selectors and the all flag cannot be used when passing resource/name arguments');
  const targets: Target[] = [];
  for (const argument of args) {
    const parts = argument.split('/');
    if (parts.length === 1) {
      throw new CommandError(
        `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${context.command} resource/<resource_name>' instead of '${context.command} resource resource/<resource_name>'`,
      );
    }
    if (parts.length > 2) throw new CommandError('arguments in resource/name form may not have more than one slash');
    const [word = '', name = ''] = parts;
    if (word === '' || name === '') throw new CommandError('arguments in resource/name form must have a single resource and name');
    if (context.flags.boolean('all-namespaces')) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
    const resource = yield* resourceFor(word);
    targets.push({ resource, namespace: resource.namespaced ? context.namespace : '', name });
  }
  return targets;
}

function* plain(context: Context, args: readonly string[], options: TargetOptions): Command<readonly Target[]> {
  const [types = '', ...names] = args;
  const selecting = labelSelectorOf(context.flags) !== '' || context.flags.text('field-selector') !== '' || context.flags.boolean('all');
  const everywhere = context.flags.boolean('all-namespaces');
  const resources = yield* resourcesOf(types);
  if (names.length > 0) {
    if (everywhere) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
    if (labelSelectorOf(context.flags) !== '') throw new CommandError('name cannot be provided when a selector is specified');
    if (context.flags.boolean('all')) throw new CommandError("setting 'all' parameter but found a non empty selector. ");
    return resources.flatMap((resource) =>
      [...new Set(names)].map((name) => ({ resource, namespace: resource.namespaced ? context.namespace : '', name })),
    );
  }
  if (!selecting && options.listByDefault !== true) throw new CommandError('resource(s) were provided, but no name was specified');
  return resources.map((resource) => ({ resource, namespace: resource.namespaced && !everywhere ? context.namespace : '', name: '' }));
}

/** `deploy,rs`, `all`. */
function* resourcesOf(types: string): Command<readonly ApiResource[]> {
  const resources: ApiResource[] = [];
  for (const word of types.split(',')) {
    if (word === '') throw new CommandError('arguments in resource/name form must have a single resource and name');
    const category = inCategory(yield* discover(), word);
    if (category !== undefined) resources.push(...category);
    else resources.push(yield* resourceFor(word));
  }
  return resources;
}

/** The selectors of the command line as query parameters. */
export function selectorQuery(context: Context): Readonly<Record<string, string>> {
  const labelSelector = labelSelectorOf(context.flags);
  const fieldSelector = context.flags.text('field-selector');
  return { ...(labelSelector === '' ? {} : { labelSelector }), ...(fieldSelector === '' ? {} : { fieldSelector }) };
}

/** Fetches an object; a failure is thrown. */
export function* fetch(target: Target, subresource = ''): Command<KubeObject> {
  return checked(yield* call(get(pathOf(target.resource, target.namespace, target.name, subresource)))).body as unknown as KubeObject;
}

/** Fetches an object; undefined where there is none. */
export function* fetchIfExists(target: Target): Command<KubeObject | undefined> {
  const response = yield* call(get(pathOf(target.resource, target.namespace, target.name)));
  return response.status === 404 && isObject(response.body) ? undefined : (checked(response).body as unknown as KubeObject);
}

/** Lists all objects of a resource, chunk by chunk. */
export function* fetchAll(
  resource: ApiResource,
  namespace: string,
  query: Readonly<Record<string, string>>,
): Command<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  let next = '';
  do {
    const response = yield* call(get(pathOf(resource, namespace), next === '' ? query : { ...query, continue: next }));
    const list = checked(response).body as unknown as ObjectList;
    objects.push(...itemsOf(list, resource));
    next = list.metadata?.continue ?? '';
  } while (next !== '');
  return objects;
}

interface ObjectList {
  readonly items?: readonly KubeObject[] | null;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

/** Items of a list; the server leaves their kind to the list's. */
export function itemsOf(list: ObjectList, resource: ApiResource): readonly KubeObject[] {
  const apiVersion = formatApiVersion(resource.group, resource.version);
  return (list.items ?? []).map((item) => (item.kind === undefined ? { ...item, apiVersion, kind: resource.kind } : item));
}

/** All objects that the targets stand for; what cannot be had is told with the others' errors. */
export function* fetchTargets(
  context: Context,
  targets: readonly Target[],
  query: Readonly<Record<string, string>> = {},
): Command<{ readonly found: readonly Found[]; readonly errors: readonly CommandError[] }> {
  const found: Found[] = [];
  const errors: CommandError[] = [];
  for (const target of targets) {
    try {
      if (target.name !== '') found.push({ target, object: yield* fetch(target) });
      else {
        const objects = yield* fetchAll(target.resource, target.namespace, { ...selectorQuery(context), ...query });
        found.push(...objects.map((object) => ({ target: targetOf(target.resource, object), object })));
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.push(error);
    }
  }
  return { found, errors };
}

/** An object as a target. */
export function targetOf(resource: ApiResource, object: KubeObject): Target {
  return { resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

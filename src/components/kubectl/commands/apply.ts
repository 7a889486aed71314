import { deepEqual, isObject, type Json } from '#base/json.ts';
import { createMergePatch, createThreeWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { get, labelSelectorOf, pathOf, type Context } from '../context.ts';
import { checked, CommandError, PlainError, StatusError, statusError } from '../errors.ts';
import { dryRunOf, validationOf, writeQuery } from '../dry-run.ts';
import { lastAppliedAnnotation, withLastApplied } from '../last-applied.ts';
import { forEachManifest, type Manifest } from '../manifests.ts';
import { migrate } from './apply-migration.ts';
import { fetchSchemas } from '../openapi.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';
import { matchesLabels, parseLabelSelector } from '#api/selectors.ts';

const manager = 'kubectl-client-side-apply';
const conflictRetries = 5;

/** `kubectl apply` (kubectl/pkg/cmd/apply/apply.go). */
export function* applyCommand(context: Context): Command<void> {
  const { flags } = context;
  if (flags.list('filename').length === 0 && flags.text('kustomize') === '') throw new CommandError('must specify one of -f and -k');
  if (context.args.length > 0)
    throw new CommandError(`Unexpected args: [${context.args.join(' ')}]\nSee '${context.command} -h' for help and examples`);
  if (flags.boolean('force-conflicts') && !flags.boolean('server-side'))
    throw new CommandError('--force-conflicts only works with --server-side');
  if (dryRunOf(flags) === 'client' && flags.boolean('server-side'))
    throw new CommandError(`--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)`);
  const output = outputOf(flags, context.input.files, 'write');
  yield* fetchSchemas(context);
  const selector = parseLabelSelector(labelSelectorOf(flags));
  yield* forEachManifest(context, 'apply', function* (manifest) {
    if (!matchesLabels(selector, manifest.object.metadata?.['labels'] as Readonly<Record<string, string>> | undefined)) return;
    const [object, verb] = flags.boolean('server-side') ? yield* applyOnServer(context, manifest) : yield* applyOne(context, manifest);
    yield* print(changedText(manifest.resource, object, verb, output, flags));
  });
}

type Applied = readonly [object: KubeObject, verb: string];

function* applyOnServer(context: Context, manifest: Manifest): Command<Applied> {
  const { resource, namespace, name, object } = manifest;
  const { flags } = context;
  if (object.metadata?.generateName !== undefined && name === '')
    throw new CommandError(`from ${object.metadata.generateName}: cannot use generate name with apply`);
  const query = { ...writeQuery(flags, 'kubectl', validationOf(flags)), force: String(flags.boolean('force-conflicts')) };
  const request = {
    method: 'PATCH',
    path: pathOf(resource, namespace, name),
    query,
    body: object,
    contentType: mediaTypes.applyPatch,
  } as const;
  let response = yield* call(request);
  if (response.status >= 400) throw conflictHelp(statusError(response));
  // By looking afterwards instead of beforehand there is one request where nothing was applied from the client before.
  if (dryRunOf(flags) === 'none' && (yield* migrate(context, manifest, response.body as unknown as KubeObject)))
    response = yield* call(request);
  if (response.status >= 400) throw conflictHelp(statusError(response));
  return [response.body as unknown as KubeObject, 'serverside-applied'];
}

/** A conflict of field managers comes with advice (apply.go, isIncompatibleServerError and its neighbours). */
function conflictHelp(error: StatusError): CommandError {
  if (error.reason !== 'Conflict') return error;
  return new PlainError(
    `error: ${error.status.message}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the \`--force-conflicts\` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\nSee https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
  );
}

function* applyOne(context: Context, manifest: Manifest): Command<Applied> {
  const { resource, namespace, name, object, source } = manifest;
  if (name === '')
    throw new CommandError(
      object.metadata?.generateName === undefined
        ? `error when retrieving current configuration of:\nResource: ${JSON.stringify(`${resource.group === '' ? '' : `${resource.group}/`}${resource.version}, Resource=${resource.plural}`)}, GroupVersionKind: ${JSON.stringify(`${resource.group}/${resource.version}, Kind=${resource.kind}`)}\nName: "", Namespace: ${JSON.stringify(namespace)}\nfrom server for: ${JSON.stringify(source)}: resource name may not be empty`
        : `from ${object.metadata.generateName}: cannot use generate name with apply`,
    );
  const modified = withLastApplied(object) as unknown as KubeObject;
  const response = yield* call(get(pathOf(resource, namespace, name)));
  if (response.status === 404) return yield* createNew(context, manifest, modified);
  const current = checked(response).body as unknown as KubeObject;
  if (dryRunOf(context.flags) === 'client') return [modified, 'configured'];
  const known = current.metadata.annotations?.[lastAppliedAnnotation];
  if (known === undefined) {
    yield* printError(
      `Warning: resource ${objectNameOf(manifest)} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  return yield* patchExisting(context, manifest, modified, current);
}

const objectNameOf = ({ resource, name }: Manifest): string => `${resource.plural}/${name}`;

function* createNew(context: Context, { resource, namespace, source }: Manifest, modified: KubeObject): Command<Applied> {
  const { flags } = context;
  if (dryRunOf(flags) === 'client') return [modified, 'created'];
  // A namespace of one's own choice is looked at first; the creation itself tells where it is missing.
  if (context.namespaceGiven && namespace !== '' && namespace !== 'default')
    yield* call({ method: 'GET', path: `/api/v1/namespaces/${namespace}` });
  const query = writeQuery(flags, manager, validationOf(flags));
  const response = yield* call({ method: 'POST', path: pathOf(resource, namespace), query, body: modified });
  if (response.status >= 400) throw statusError(response).from('creating', source);
  return [response.body as unknown as KubeObject, 'created'];
}

function* patchExisting(context: Context, manifest: Manifest, modified: KubeObject, live: KubeObject): Command<Applied> {
  const { flags } = context;
  const { resource, namespace, name, source } = manifest;
  let current = live;
  for (let attempt = 0; ; attempt++) {
    const { patch, contentType } = patchOf(manifest, modified, current);
    if (isObject(patch) && Object.keys(patch).length === 0) return [current, 'unchanged'];
    const query = writeQuery(flags, manager, validationOf(flags));
    const response = yield* call({ method: 'PATCH', path: pathOf(resource, namespace, name), query, body: patch, contentType });
    if (response.status < 400) {
      const after = response.body as unknown as KubeObject;
      return [after, after.metadata.resourceVersion === current.metadata.resourceVersion ? 'unchanged' : 'configured'];
    }
    const error = statusError(response);
    if (error.reason !== 'Conflict' || attempt >= conflictRetries) throw applyError(error, manifest, patch, source);
    current = checked(yield* call(get(pathOf(resource, namespace, name)))).body as unknown as KubeObject;
  }
}

function applyError(error: StatusError, { resource, namespace, name }: Manifest, patch: unknown, source: string): StatusError {
  if (error.reason === 'Invalid') return error;
  const prefix = `error when applying patch:\n${JSON.stringify(patch)}\nto:\nResource: ${JSON.stringify(`${resource.group === '' ? '' : `${resource.group}/`}${resource.version}, Resource=${resource.plural}`)}, GroupVersionKind: ${JSON.stringify(`${resource.group}/${resource.version}, Kind=${resource.kind}`)}\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}\nfor: ${JSON.stringify(source)}: `;
  return new StatusError(error.code, { ...error.status, message: prefix + error.from('patching', source).message });
}

/** The patch that brings the live object to the manifest: strategic for kinds with a schema, else merge. */
export function patchOf(
  { resource }: Pick<Manifest, 'resource'>,
  modified: KubeObject,
  current: KubeObject,
): { readonly patch: Json; readonly contentType: string } {
  const text = current.metadata.annotations?.[lastAppliedAnnotation];
  const original = text === undefined ? undefined : (JSON.parse(text) as unknown);
  const schema = schemaFor(resource);
  if (schema !== undefined)
    return { patch: createThreeWayMergePatch(original, modified, current, schema) as Json, contentType: mediaTypes.strategicMergePatch };
  return { patch: threeWayJsonPatch(original, modified, current), contentType: mediaTypes.mergePatch };
}

/** jsonmergepatch.CreateThreeWayJSONMergePatch: additions and changes against the live object, deletions against the last manifest. */
function threeWayJsonPatch(original: unknown, modified: unknown, current: unknown): Json {
  const changes = keepNulls(createMergePatch(current, modified), false);
  const deletions = keepNulls(createMergePatch(original ?? {}, modified), true);
  return merge(changes, deletions) as Json;
}

function keepNulls(patch: unknown, nulls: boolean): unknown {
  if (!isObject(patch)) return patch;
  const entries = Object.entries(patch).flatMap(([key, value]): [string, unknown][] => {
    if (isObject(value)) {
      const inner = keepNulls(value, nulls);
      return isObject(inner) && Object.keys(inner).length === 0 ? [] : [[key, inner]];
    }
    return (value === null) === nulls ? [[key, value]] : [];
  });
  return Object.fromEntries(entries);
}

function merge(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b;
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b))
    result[key] = key in result && !deepEqual(result[key], value) ? merge(result[key], value) : value;
  return result;
}

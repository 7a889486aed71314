import type { KubeObject } from '#api/object.ts';
import { get, pathOf, type Context } from '../context.ts';
import { CommandError, statusError } from '../errors.ts';
import { dryRunOf, validationOf, writeQuery } from '../dry-run.ts';
import { withLastApplied } from '../last-applied.ts';
import { forEachManifest, type Manifest } from '../manifests.ts';
import { fetchSchemas } from '../openapi.ts';
import { call, print, sleep, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';

const pollMs = 1000;

/** `kubectl replace` (kubectl/pkg/cmd/replace/replace.go). */
export function* replaceCommand(context: Context): Command<void> {
  const { flags } = context;
  if (flags.list('filename').length === 0 && flags.text('kustomize') === '') throw new CommandError('must specify one of -f and -k');
  const output = outputOf(flags, context.input.files, 'write');
  yield* fetchSchemas(context);
  const force = flags.boolean('force');
  if (force) yield* forEachManifest(context, 'replace', (manifest) => remove(context, manifest));
  yield* forEachManifest(context, 'replace', function* (manifest) {
    const { object } = manifest;
    const wanted = flags.boolean('save-config') ? withLastApplied(object) : object;
    const replaced =
      dryRunOf(flags) === 'client' ? (object as unknown as KubeObject) : yield* put(context, { ...manifest, object: wanted }, force);
    yield* print(changedText(manifest.resource, replaced, 'replaced', output, flags));
  });
}

function* put(context: Context, { resource, namespace, name, object, source }: Manifest, force: boolean): Command<KubeObject> {
  const query = writeQuery(context.flags, 'kubectl-replace', validationOf(context.flags));
  if (name === '') throw new CommandError('name is required');
  const body = yield* withVersion(object, pathOf(resource, namespace, name), force);
  const response = yield* call({ method: force ? 'POST' : 'PUT', path: pathOf(resource, namespace, force ? '' : name), query, body });
  if (response.status >= 400) throw statusError(response).from(force ? 'creating' : 'replacing', source);
  return response.body as unknown as KubeObject;
}

/** Without a version of its own the object gets the live one's, so that a replacement always has one (resource.Helper.Replace). */
function* withVersion(object: Manifest['object'], path: string, force: boolean): Command<unknown> {
  if (force || (object.metadata?.['resourceVersion'] ?? '') !== '') return object;
  const response = yield* call(get(path));
  if (response.status >= 400) return object;
  const live = response.body as unknown as KubeObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: live.metadata.resourceVersion } };
}

function* remove(context: Context, { resource, namespace, name, source }: Manifest): Command<void> {
  const path = pathOf(resource, namespace, name);
  const grace = context.flags.integer('grace-period');
  const response = yield* call({
    method: 'DELETE',
    path,
    body: { ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), propagationPolicy: 'Background' },
  });
  if (response.status === 404) return;
  if (response.status >= 400) throw statusError(response).from('deleting', source);
  yield* print(
    `${resource.kind.toLowerCase()}${resource.group === '' ? '' : `.${resource.group}`} ${JSON.stringify(name)} deleted${resource.namespaced ? ` from ${namespace} namespace` : ''}\n`,
  );
  while ((yield* call(get(path))).status !== 404) yield* sleep(pollMs);
}

import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { lastAppliedAnnotation } from '../last-applied.ts';
import { get, pathOf, type Context } from '../context.ts';
import { checked, CommandError, SilentExit, throwAll } from '../errors.ts';
import { validationOf } from '../dry-run.ts';
import { forEachManifest } from '../manifests.ts';
import { fetchSchemas } from '../openapi.ts';
import { call, print, type Command } from '../operations.ts';
import { toYaml } from '../printers/yaml.ts';
import { withoutManagedFields } from '../printers/output.ts';
import { fetchTargets, targetsOf } from '../resource-builder.ts';
import { patchOf } from './apply.ts';
import { unifiedDiff } from '../printers/diff.ts';

/** `kubectl apply view-last-applied`. */
export function* viewLastApplied(context: Context): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  throwAll(errors);
  for (const { target, object } of found) {
    const text = object.metadata.annotations?.[lastAppliedAnnotation];
    if (text === undefined) throw new CommandError(`no last-applied-configuration annotation found on resource: ${target.name}`);
    yield* print(context.flags.text('output') === 'json' ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : toYaml(JSON.parse(text)));
  }
}

/** `kubectl diff`: what apply would change, told by the server's dry run. */
export function* diffCommand(context: Context): Command<void> {
  const { flags } = context;
  if (flags.list('filename').length === 0) throw new CommandError('must specify one of -f and -k');
  yield* fetchSchemas(context);
  let text = '';
  yield* forEachManifest(context, 'diff', function* (manifest) {
    const { resource, namespace, name, object } = manifest;
    const response = yield* call(get(pathOf(resource, namespace, name)));
    const query = { dryRun: 'All', fieldManager: 'kubectl-client-side-apply', fieldValidation: validationOf(flags) };
    // As apply would send it, but without the annotation of what was applied (GetModifiedConfiguration).
    const annotations = (object.metadata?.['annotations'] as object | undefined) ?? {};
    const modified = { ...object, metadata: { ...object.metadata, annotations } } as unknown as KubeObject;
    const live = response.status === 404 ? undefined : (checked(response).body as unknown as KubeObject);
    const { patch, contentType } = live === undefined ? { patch: null, contentType: '' } : patchOf(manifest, modified, live);
    const merged =
      live === undefined
        ? checked(yield* call({ method: 'POST', path: pathOf(resource, namespace), query, body: modified })).body
        : isObject(patch) && Object.keys(patch).length === 0
          ? live
          : checked(yield* call({ method: 'PATCH', path: pathOf(resource, namespace, name), query, body: patch, contentType })).body;
    const file = `${resource.group === '' ? '' : `${resource.group}.`}${resource.version}.${resource.kind}.${namespace}.${name}`;
    const show = (value: unknown): string => (value === undefined ? '' : toYaml(withoutManagedFields(value, flags)));
    text += unifiedDiff(`/tmp/LIVE-1/${file}`, `/tmp/MERGED-1/${file}`, show(live), show(merged));
  });
  yield* print(text);
  if (text !== '') throw new SilentExit(1);
}

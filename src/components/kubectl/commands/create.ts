import { isObject, type Json } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { pathOf, type Context } from '../context.ts';
import { checked, SilentExit, StatusError, usageError } from '../errors.ts';
import { dryRunOf, validationOf, writeQuery } from '../dry-run.ts';
import { parseDocuments, forEachManifest, readSources, type Manifest } from '../manifests.ts';
import { fetchSchemas } from '../openapi.ts';
import { call, print, printError, type Command } from '../operations.ts';
import { changedText, outputOf } from '../printers/output.ts';
import { withLastApplied } from '../last-applied.ts';

/** `kubectl create -f` (kubectl/pkg/cmd/create/create.go). */
export function* createCommand(context: Context): Command<void> {
  const { flags } = context;
  if (context.args.length > 0) throw usageError(context.command, `Unexpected args: [${context.args.join(' ')}]`);
  if (flags.list('filename').length === 0 && flags.text('kustomize') === '') {
    yield* printError('error: must specify one of -f and -k\n');
    throw new SilentExit(1);
  }
  if (flags.text('raw') !== '') return yield* createRaw(context);
  const output = outputOf(flags, context.input.files, 'write');
  yield* fetchSchemas(context);
  yield* forEachManifest(context, 'create', function* (manifest) {
    const wanted = flags.boolean('save-config') ? withLastApplied(manifest.object) : manifest.object;
    const created = dryRunOf(flags) === 'client' ? wanted : yield* post(context, { ...manifest, object: wanted });
    yield* print(changedText(manifest.resource, created as KubeObject, 'created', output, flags));
  });
}

function* post(context: Context, { resource, namespace, object, source }: Manifest): Command<KubeObject> {
  const query = writeQuery(context.flags, 'kubectl-create', validationOf(context.flags));
  try {
    return checked(yield* call({ method: 'POST', path: pathOf(resource, namespace), query, body: object })).body as unknown as KubeObject;
  } catch (error) {
    throw error instanceof StatusError ? error.from('creating', source) : error;
  }
}

/** `create --raw`: the file as it is, to any path. */
function* createRaw(context: Context): Command<void> {
  const [source] = readSources(context);
  const [body] = parseDocuments(source?.text ?? '', source?.name ?? '');
  const response = yield* call({ method: 'POST', path: context.flags.text('raw'), body: body as Json });
  const { body: answer } = checked(response);
  yield* print(isObject(answer) ? `${JSON.stringify(answer)}\n` : String(answer));
}

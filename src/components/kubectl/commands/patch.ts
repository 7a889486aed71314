import { deepEqual, type Json } from '#base/json.ts';
import { formatApiVersion, type KubeObject } from '#api/object.ts';
import { parse, YAMLParseError } from 'yaml';
import { mediaTypes } from '#protocol/rest.ts';
import { objectName, pathOf, type Context } from '../context.ts';
import { checked, CommandError, statusError, throwAll } from '../errors.ts';
import { dryRunOf, writeQuery } from '../dry-run.ts';
import { describeYamlError } from '../manifests.ts';
import { call, forEach, print, type Command } from '../operations.ts';
import { changedText, dryRunSuffix, outputOf } from '../printers/output.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

const types: Readonly<Record<string, string>> = {
  strategic: mediaTypes.strategicMergePatch,
  merge: mediaTypes.mergePatch,
  json: mediaTypes.jsonPatch,
};

/** `kubectl patch` (kubectl/pkg/cmd/patch/patch.go). */
export function* patchCommand(context: Context): Command<void> {
  const { flags } = context;
  const type = flags.text('type').toLowerCase();
  const contentType = types[type];
  if (contentType === undefined)
    throw new CommandError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.text('type'))}`);
  const file = flags.text('patch-file');
  if (!flags.changed('patch') && file === '')
    throw new CommandError('must specify --patch or --patch-file containing the contents of the patch');
  if (flags.changed('patch') && file !== '') throw new CommandError('cannot specify --patch and --patch-file together');
  const text = file === '' ? flags.text('patch') : (context.input.files ?? {})[file];
  if (text === undefined) throw new CommandError(`unable to read patch file: open ${file}: no such file or directory`);
  const body = readPatch(text);
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  const failures = yield* forEach(found, (item) => patchOne(context, item, body, contentType));
  throwAll([...errors, ...failures]);
}

/** YAML and JSON are both welcome (yaml.ToJSON); whether it is a patch is the server's to say. */
function readPatch(text: string): Json {
  try {
    return parse(text, { logLevel: 'error', maxAliasCount: 100 }) as Json;
  } catch (error) {
    const why = error instanceof YAMLParseError ? describeYamlError(error, text) : 'document contains excessive aliasing';
    throw new CommandError(`unable to parse ${JSON.stringify(text)}: yaml: ${why}`);
  }
}

function* patchOne(context: Context, { target, object }: Found, body: Json, contentType: string): Command<void> {
  const { flags } = context;
  const output = outputOf(flags, context.input.files, 'write');
  const path = pathOf(target.resource, target.namespace, target.name, flags.text('subresource'));
  if (dryRunOf(flags) === 'client') return yield* print(changedText(target.resource, object, 'patched', output, flags));
  const response = yield* call({ method: 'PATCH', path, query: writeQuery(flags, 'kubectl-patch'), body, contentType });
  if (response.status === 415) {
    const { group, version, kind } = target.resource;
    const words = `${contentType} is not supported by ${formatApiVersion(group, version)}, Kind=${kind}`;
    throw new CommandError(`${words}: ${statusError(response).message}`);
  }
  const patched = checked(response).body as unknown as KubeObject;
  const same = deepEqual(patched, object);
  if (output.type === 'table')
    yield* print(`${objectName(target.resource, target.name)} patched${dryRunSuffix(flags)}${same ? ' (no change)' : ''}\n`);
  else yield* print(changedText(target.resource, patched, 'patched', output, flags));
}

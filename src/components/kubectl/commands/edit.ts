import { parse } from 'yaml';
import { deepEqual, type Json } from '#base/json.ts';
import { createMergePatch, createTwoWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { objectName, pathOf, type Context } from '../context.ts';
import { CommandError, PlainError, statusError, StatusError, throwAll } from '../errors.ts';
import { validationOf, writeQuery } from '../dry-run.ts';
import { fetchDocuments } from '../openapi.ts';
import { call, chance, edit, print, printError, type Command } from '../operations.ts';
import { toJson } from '#base/go-json.ts';
import { withoutManagedFields } from '../printers/output.ts';
import { toYaml } from '../printers/yaml.ts';
import { fetchTargets, targetsOf, type Found } from '../resource-builder.ts';

const header =
  "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";
const maxReopenings = 20;

/** `kubectl edit` (kubectl/pkg/cmd/util/editor/editoptions.go). */
export function* editCommand(context: Context): Command<void> {
  const { found, errors } = yield* fetchTargets(context, yield* targetsOf(context, context.args));
  throwAll(errors);
  if (found.length === 0) throw new CommandError('edit cancelled, no objects found');
  for (const item of found) yield* editOne(context, item);
}

function* editOne(context: Context, found: Found): Command<void> {
  const { flags } = context;
  const json = flags.text('output') === 'json';
  const shown = withoutManagedFields(found.object, flags);
  const body = json ? toJson(shown) : toYaml(shown);
  const fileName = `/tmp/kubectl-edit-${Math.floor((yield* chance()) * 4_000_000_000)}.${json ? 'json' : 'yaml'}`;
  let text = header + body;
  let failure: CommandError | undefined;
  for (let attempt = 0; attempt < maxReopenings; attempt++) {
    const edited = yield* edit(fileName, text);
    if (edited === undefined || stripped(edited) === stripped(text)) {
      if (failure !== undefined) return yield* giveUp(fileName, failure);
      return yield* print('Edit cancelled, no changes made.\n');
    }
    if (stripped(edited).trim() === '') throw new PlainError('Edit cancelled, saved file was empty.');
    const outcome = yield* save(context, found, shown, edited);
    if (outcome === undefined) return;
    failure = outcome;
    text = header + reasons(found, outcome) + stripped(edited);
  }
  yield* giveUp(fileName, failure!);
}

const stripped = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

function* giveUp(fileName: string, failure: CommandError): Command<void> {
  yield* printError(`${summary(failure)}\nA copy of your changes has been stored to "${fileName}"\n`);
  throw new CommandError('Edit cancelled, no valid changes were saved.');
}

function summary(failure: CommandError): string {
  if (failure instanceof StatusError && failure.reason === 'Invalid')
    return `error: ${failure.status.kind === '' ? 'objects' : pluralOf(failure)} "${failure.status.name}" is invalid`;
  return failure.describe();
}

/** `pods` of a failure about a `Pod`: the message of the server ends with the kind and the name. */
function pluralOf({ status }: StatusError): string {
  return `${status.kind.toLowerCase()}s`;
}

/** What was wrong, as comments above the object. */
function reasons({ target }: Found, failure: CommandError): string {
  const name = `${target.resource.plural}${target.resource.group === '' ? '' : `.${target.resource.group}`} ${JSON.stringify(target.name)}`;
  const lines =
    failure instanceof StatusError && failure.status.causes.length > 0
      ? failure.status.causes.map((cause) => `# * ${cause.field ?? ''}: ${cause.message ?? ''}`)
      : [`# * ${failure.message}`];
  return `# ${name} was not valid:\n${lines.join('\n')}\n#\n`;
}

/** Sends what has changed; what is wrong with it, where it cannot be saved. */
function* save(context: Context, { target, object }: Found, shown: KubeObject, text: string): Command<CommandError | undefined> {
  const { resource } = target;
  let edited: KubeObject;
  try {
    edited = parse(text, {
      version: '1.1',
      logLevel: 'silent',
      maxAliasCount: 100,
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary/.test(tag.tag)),
    }) as KubeObject;
  } catch (error) {
    return new CommandError(
      `The edited file had a syntax error: error parsing edited-file: error converting YAML to JSON: yaml: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
    );
  }
  if (typeof edited !== 'object' || edited === null || typeof edited.metadata !== 'object')
    return new CommandError("The edited file had a syntax error: Object 'Kind' is missing");
  if (edited.metadata.name !== object.metadata.name || edited.kind !== object.kind)
    return new CommandError('At least one of apiVersion, kind and name was changed');
  if (deepEqual(edited, shown)) {
    yield* print('Edit cancelled, no changes made.\n');
    return undefined;
  }
  yield* fetchDocuments([object.apiVersion]);
  const schema = schemaFor(resource);
  const patch = (schema === undefined ? createMergePatch(shown, edited) : createTwoWayMergePatch(shown, edited, schema)) as Json;
  const query = writeQuery(context.flags, 'kubectl-edit', validationOf(context.flags));
  const contentType = schema === undefined ? mediaTypes.mergePatch : mediaTypes.strategicMergePatch;
  const response = yield* call({
    method: 'PATCH',
    path: pathOf(resource, target.namespace, target.name, context.flags.text('subresource')),
    query,
    body: patch,
    contentType,
  });
  if (response.status >= 400) return statusError(response);
  yield* print(`${objectName(resource, target.name)} edited\n`);
  return undefined;
}

import { parseAllDocuments } from 'yaml';
import { isObject } from '#base/json.ts';
import { parseApiVersion } from '#api/object.ts';
import type { ApiResource, Context } from './context.ts';
import { resourceForKind } from './discovery.ts';
import { CommandError, throwAll } from './errors.ts';
import { forEach, type Command } from './operations.ts';

/** An object of a manifest. */
export interface Manifest {
  /** The file's name, or STDIN. */
  readonly source: string;
  readonly object: ManifestObject;
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
}

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

const aliasLimit = 100;
const sizeLimit = 5_000_000;
const manifestFile = /\.(?:json|ya?ml)$/;

interface Source {
  readonly name: string;
  readonly text: string;
}

/** The texts that `-f` names. Throws in kubectl's words. */
export function readSources(context: Context): readonly Source[] {
  const files = context.input.files ?? {};
  const names = context.flags.list('filename');
  if (context.flags.text('kustomize') !== '') throw new CommandError('kustomize is not part of this cluster: apply the files with -f');
  return names.flatMap((name) => {
    if (name === '-') return [{ name: 'STDIN', text: context.input.stdin ?? '' }];
    if (/^https?:\/\//.test(name)) throw new CommandError(`unable to read URL "${name}", there is no network outside this cluster`);
    const path = normalized(name);
    const text = files[name] ?? files[path];
    if (text !== undefined) return [{ name, text }];
    const prefix = path === '.' ? '' : `${path.replace(/\/$/, '')}/`;
    const inside = Object.keys(files).filter(
      (file) =>
        file.startsWith(prefix) &&
        manifestFile.test(file) &&
        (context.flags.boolean('recursive') || !file.slice(prefix.length).includes('/')),
    );
    if (inside.length === 0) throw new CommandError(`the path "${name}" does not exist`);
    return inside.sort().map((file) => ({ name: file, text: files[file]! }));
  });
}

const normalized = (path: string): string => path.replace(/^(?:\.\/)+(?=.)/, '').replace(/^~\//, '');

/** The documents of a text: a stream of JSON or YAML. Throws in the words of sigs.k8s.io/yaml. */
export function parseDocuments(text: string, source: string): readonly unknown[] {
  if (text.length > sizeLimit) throw new CommandError(`error parsing ${source}: the file is larger than 5 MB`);
  const chunks = /^\s*[{[]/.test(text) ? [text] : text.split(/^---(?:[ \t].*)?$/m);
  return chunks.flatMap((chunk) => parseChunk(chunk, source));
}

function parseChunk(chunk: string, source: string): readonly unknown[] {
  const documents = parseAllDocuments(chunk, {
    version: '1.1',
    merge: true,
    logLevel: 'silent',
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' || !(/timestamp|binary|omap|pairs|set$/.test(tag.tag) || ('format' in tag && tag.format === 'TIME')),
      ),
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new CommandError(`error parsing ${source}: error converting YAML to JSON: yaml: ${describeYamlError(error, chunk)}`);
    try {
      const value: unknown = document.toJS({ maxAliasCount: aliasLimit });
      return value === null || value === undefined ? [] : [value];
    } catch {
      throw new CommandError(`error parsing ${source}: error converting YAML to JSON: yaml: document contains excessive aliasing`);
    }
  });
}

/** libyaml's words for what is wrong. */
export function describeYamlError(
  error: { readonly code: string; readonly message: string; readonly linePos?: readonly { readonly line: number }[] | undefined },
  text: string,
): string {
  const line = error.linePos?.[0]?.line ?? 1;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return `line ${line}: found character that cannot start any token`;
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return text.startsWith(':') ? 'did not find expected key' : `line ${line}: mapping values are not allowed in this context`;
    case 'DUPLICATE_KEY':
      return `unmarshal errors:\n  line ${line}: key ${JSON.stringify(/^\s*(?:- )?["']?([^:"']*)/.exec(text.split('\n')[line - 1] ?? '')?.[1] ?? '')} already set in map`;
    case 'MISSING_CHAR':
      return /expected flow/i.test(error.message)
        ? `line ${line}: did not find expected ',' or '${/flow map/i.test(error.message) ? '}' : ']'}'`
        : `line ${line}: could not find expected ':'`;
    case 'BAD_ALIAS':
      return 'unknown anchor referenced';
    default:
      return line <= 1 ? 'did not find expected key' : `line ${line - 1}: did not find expected key`;
  }
}

/** All objects that `-f` names, with their resources, and what is wrong with the others. */
export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly errors: readonly CommandError[];
}

/**
 * Reads what `-f` names. One document that cannot be used does not keep the others from it (resource.Builder,
 * ContinueOnError). Throws in kubectl's words where a file cannot be read at all.
 */
export function* readManifests(context: Context): Command<Manifests> {
  const manifests: Manifest[] = [];
  const errors = yield* forEach(readSources(context), function* ({ name, text }) {
    const failures = yield* forEach(parseDocuments(text, name), function* (document) {
      const unknown = yield* forEach(flatten(document, name), function* (object) {
        manifests.push(yield* identify(context, name, object));
      });
      throwAll(unknown);
    });
    throwAll(failures);
  });
  return { manifests, errors };
}

/** Does something with each object that `-f` names, as far as it goes, and throws what went wrong. */
export function* forEachManifest(context: Context, verb: string, act: (manifest: Manifest) => Command<void>): Command<void> {
  const { manifests, errors } = yield* readManifests(context);
  if (manifests.length === 0 && errors.length === 0) throw new CommandError(`no objects passed to ${verb}`);
  throwAll([...errors, ...(yield* forEach(manifests, act))]);
}

/** Lists are taken apart. */
function flatten(document: unknown, source: string): readonly ManifestObject[] {
  if (!isObject(document)) {
    const type = Array.isArray(document) ? 'array' : typeof document;
    throw new CommandError(
      `error validating "${source}": error validating data: json: cannot unmarshal ${type} into Go value of type map[string]interface {}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  const missing = ['apiVersion', 'kind'].filter((field) => typeof document[field] !== 'string' || document[field] === '');
  if (missing.length > 0) {
    const text = missing.map((field) => `${field} not set`);
    throw new CommandError(
      `error validating "${source}": error validating data: ${text.length === 1 ? text[0]! : `[${text.join(', ')}]`}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  if (Array.isArray(document['items']) && String(document['kind']).endsWith('List'))
    return (document['items'] as readonly unknown[]).flatMap((item) => flatten(item, source));
  return [document as ManifestObject];
}

function* identify(context: Context, source: string, object: ManifestObject): Command<Manifest> {
  const { group, version } = parseApiVersion(object.apiVersion);
  const resource = yield* resourceForKind(group, version, object.kind);
  const name = object.metadata?.name ?? '';
  const own = object.metadata?.namespace ?? '';
  if (resource === undefined) {
    throw new CommandError(
      `resource mapping not found for name: "${name}" namespace: "${own}" from "${source}": no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
    );
  }
  if (!resource.namespaced) return { source, object, resource, namespace: '', name };
  if (own !== '' && context.namespaceGiven && own !== context.namespace) {
    throw new CommandError(
      `the namespace from the provided object "${own}" does not match the namespace "${context.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = own === '' ? context.namespace : own;
  return { source, object: own === '' ? { ...object, metadata: { ...object.metadata, namespace } } : object, resource, namespace, name };
}

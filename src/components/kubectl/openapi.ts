import { isObject, type Json } from '#base/json.ts';
import type { Context } from './context.ts';
import { callAll, readFile, writeFile, type Command } from './operations.ts';
import { parseDocuments, readSources } from './manifests.ts';

const cachePath = '/root/.kube/cache/http/openapi';
const timeout = '32s';

/**
 * Fetches the OpenAPI documents of the group versions in the manifests, as kubectl does before it sends any: it wants to
 * know whether the server checks fields. Documents are kept on disk; the index is asked for every time. A server without
 * them is no reason to stop, because the checks are the server's.
 */
export function* fetchSchemas(context: Context): Command<void> {
  if (context.flags.text('validate') === 'false' || context.flags.text('validate') === 'ignore') return;
  const versions = new Set<string>();
  for (const source of readSources(context))
    for (const document of parseDocuments(source.text, source.name))
      if (isObject(document) && typeof document['apiVersion'] === 'string') versions.add(document['apiVersion']);
  if (versions.size > 0) yield* fetchDocuments([...versions]);
}

interface CachedDocument {
  readonly url: string;
  readonly document: Json;
}

/** Fetches the documents of some group versions (`v1`, `apps/v1`); what the server does not list is left out. */
export function* fetchDocuments(versions: readonly string[]): Command<ReadonlyMap<string, Json>> {
  const [index] = yield* callAll([{ method: 'GET', path: '/openapi/v3', query: { timeout } }]);
  const paths = isObject(index!.body) && isObject(index!.body['paths']) ? index!.body['paths'] : {};
  const documents = new Map<string, Json>();
  for (const version of versions) {
    const key = version.includes('/') ? `apis/${version}` : `api/${version}`;
    const entry = paths[key];
    const url = isObject(entry) ? entry['serverRelativeURL'] : undefined;
    if (typeof url !== 'string') continue;
    const cached = (yield* readFile(`${cachePath}/${key}`)) as CachedDocument | undefined;
    if (cached?.url === url) {
      documents.set(version, cached.document);
      continue;
    }
    const hash = /hash=([^&]*)/.exec(url)?.[1] ?? '';
    const [answer] = yield* callAll([{ method: 'GET', path: `/openapi/v3/${key}`, query: { hash, timeout } }]);
    const { body: document } = answer!;
    documents.set(version, document);
    yield* writeFile(`${cachePath}/${key}`, { url, document } satisfies CachedDocument);
  }
  return documents;
}

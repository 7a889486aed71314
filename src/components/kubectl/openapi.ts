import { isObject } from '#base/json.ts';
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

/** Fetches the documents of some group versions (`v1`, `apps/v1`). */
export function* fetchDocuments(versions: readonly string[]): Command<void> {
  const [index] = yield* callAll([{ method: 'GET', path: '/openapi/v3', query: { timeout } }]);
  const paths = isObject(index!.body) && isObject(index!.body['paths']) ? index!.body['paths'] : {};
  for (const version of versions) {
    const key = version.includes('/') ? `apis/${version}` : `api/${version}`;
    const entry = paths[key];
    const url = isObject(entry) ? entry['serverRelativeURL'] : undefined;
    if (typeof url !== 'string' || (yield* readFile(`${cachePath}/${key}`)) === url) continue;
    const hash = /hash=([^&]*)/.exec(url)?.[1] ?? '';
    yield* callAll([{ method: 'GET', path: `/openapi/v3/${key}`, query: { hash, timeout } }]);
    yield* writeFile(`${cachePath}/${key}`, url);
  }
}

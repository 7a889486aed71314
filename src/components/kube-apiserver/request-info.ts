import type { ResourceDefinition } from '#api/resources/index.ts';
import type { HttpRequest } from '#protocol/rest.ts';
import { resourcesOf } from './custom-resources.ts';
import type { ApiServerState } from './state.ts';

/** What a request asks for. Models apiserver/pkg/endpoints/request/requestinfo.go. */
export interface RequestInfo {
  readonly isResource: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

const verbs = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;

/** A part of a path with its `%20` and the like read; as it is where they are wrong. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function requestInfo(request: HttpRequest): RequestInfo {
  const { path, method, query } = request;
  const other: RequestInfo = {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    plural: '',
    subresource: '',
    namespace: '',
    name: '',
  };
  const named = path.split('/').filter((part) => part !== '');
  const parts = path.includes('%') ? named.map(decoded) : named;
  const root = parts[0];
  const start = root === 'api' ? 2 : root === 'apis' ? 3 : undefined;
  if (start === undefined || parts.length <= start) return other;
  const [group, version] = root === 'api' ? ['', parts[1]!] : [parts[1]!, parts[2]!];
  let rest = parts.slice(start);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1]!;
    if (rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize') rest = rest.slice(2);
  }
  const [plural = '', name = '', ...subresources] = rest;
  return {
    isResource: true,
    path,
    verb: verbOf(method, name, query),
    group,
    version,
    plural,
    // What follows `proxy` is the business of whoever is asked.
    subresource: subresources[0] === 'proxy' ? 'proxy' : subresources.join('/'),
    namespace,
    name,
  };
}

/** A list or watch of one name is authorized like a get of it (requestinfo.go: `metadata.name=` in the field selector). */
export function selectedName(fieldSelector: string | undefined): string {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(fieldSelector ?? '')?.[1] ?? '';
}

function verbOf(method: HttpRequest['method'], name: string, query: HttpRequest['query']): string {
  const watch = query['watch'];
  if (method === 'GET' && (watch === 'true' || watch === '1' || watch === '')) return 'watch';
  if (method === 'GET' && name === '') return 'list';
  if (method === 'DELETE' && name === '') return 'deletecollection';
  return verbs[method];
}

/** The definition of the resource that a request is about. */
export function resourceFor(server: ApiServerState, info: RequestInfo): ResourceDefinition | undefined {
  return info.isResource ? resourcesOf(server).find(info.group, info.version, info.plural) : undefined;
}

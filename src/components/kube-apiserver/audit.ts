import { encodeUri } from '#base/base64.ts';
import type { Json } from '#base/json.ts';
import type { Effect } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { isWrite } from './gates.ts';
import type { RequestState } from './request-state.ts';

/** The path with its query, parameters in order, as a client would have sent it. */
function uriOf(state: RequestState): string {
  const { path, query } = state.request;
  const keys = Object.keys(query);
  if (keys.length === 0) return path;
  const pairs = keys.sort().map((key) => `${key}=${encodeUri(query[key]!)}`);
  return `${path}?${pairs.join('&')}`;
}

interface StatusLike {
  readonly reason?: string;
  readonly message?: string;
  readonly metadata?: { readonly name?: string };
}

/** Answers to requests whose body was not looked at, or could not be read. */
const unreadCodes = new Set([400, 401, 403, 415]);

/** Whether an object was made of the body of a request: what of it the audit log has is noted then (audit.LogRequestObject). */
function wasRead({ info, object }: RequestState, { status }: HttpResponse): boolean {
  return object !== undefined || !['create', 'update'].includes(info.verb) || !unreadCodes.has(status);
}

/** One line of the audit log (apiserver/pkg/audit), as a note of the journal. */
export function auditNote(state: RequestState, response: HttpResponse, stage: 'ResponseStarted' | 'ResponseComplete', now: number): Effect {
  const { info, request, user } = state;
  const body = response.body as StatusLike | null;
  const created = info.verb === 'create' && info.name === '' ? (body?.metadata?.name ?? state.object?.metadata.name ?? '') : info.name;
  // Filled in step by step: this is made for every request, and spreading what is optional costs several times as much.
  const data: Record<string, unknown> = {
    at: state.startedAt,
    ms: Math.round(now - state.startedAt),
    stage,
    user: user.name,
    agent: request.userAgent,
    verb: info.verb,
    uri: uriOf(state),
  };
  if (info.isResource) data['resource'] = info.plural;
  if (info.subresource !== '') data['subresource'] = info.subresource;
  if (info.group !== '') data['group'] = info.group;
  if (info.namespace !== '') data['namespace'] = info.namespace;
  if (created !== '') data['name'] = created;
  data['code'] = response.status;
  if (response.status >= 400 && body?.reason !== undefined) data['reason'] = body.reason;
  if (response.status >= 400 && body?.message !== undefined) data['message'] = body.message;
  if (Object.keys(state.annotations).length > 0) data['annotations'] = state.annotations;
  if (info.isResource && isWrite(info)) {
    if (wasRead(state, response)) data['request'] = request.body as Json;
    data['response'] = response.body;
  }
  return { type: 'note', topic: 'audit', data };
}

import type { Json } from '#base/json.ts';
import type { Effect } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { isWrite } from './gates.ts';
import type { RequestState } from './request-state.ts';

/** The path with its query, parameters in order, as a client would have sent it. */
function uriOf(state: RequestState): string {
  const query = Object.entries(state.request.query)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return query.length === 0 ? state.request.path : `${state.request.path}?${query.join('&')}`;
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
  const failure = response.status >= 400;
  const data = {
    at: state.startedAt,
    ms: Math.round(now - state.startedAt),
    stage,
    user: user.name,
    agent: request.userAgent,
    verb: info.verb,
    uri: uriOf(state),
    ...(info.isResource ? { resource: info.plural } : {}),
    ...(info.subresource === '' ? {} : { subresource: info.subresource }),
    ...(info.group === '' ? {} : { group: info.group }),
    ...(info.namespace === '' ? {} : { namespace: info.namespace }),
    ...(created === '' ? {} : { name: created }),
    code: response.status,
    ...(failure && body?.reason !== undefined ? { reason: body.reason } : {}),
    ...(failure && body?.message !== undefined ? { message: body.message } : {}),
    ...(Object.keys(state.annotations).length === 0 ? {} : { annotations: state.annotations }),
    ...(isWrite(info) && info.isResource
      ? { ...(wasRead(state, response) ? { request: request.body as Json } : {}), response: response.body }
      : {}),
  };
  return { type: 'note', topic: 'audit', data };
}

import type { Json } from '#base/json.ts';
import type { KubeObject, Status } from '#api/object.ts';
import { toTable, type ResourceDefinition } from '#api/resources/index.ts';
import { isPageNotFound } from '#api/resources/status-errors.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';
import type { Stored } from './storage.ts';

/** Whether a client asked for tables, and with which part of the objects. */
export function tableOf(request: HttpRequest): string | undefined {
  return request.accept.includes('as=Table') ? (request.query['includeObject'] ?? 'Metadata') : undefined;
}

/** Whether a client wants no more than the metadata of objects (endpoints/handlers/response.go, asPartialObjectMetadata). */
const asksForMetadata = ({ accept }: HttpRequest): boolean => accept.includes('as=PartialObjectMetadata');

const metadataOf = ({ metadata }: KubeObject): Json => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: metadata as unknown as Json,
});

function response(state: RequestState, status: number, body: Json, contentType = 'application/json'): HttpResponse {
  const { warnings } = state;
  return { type: 'http.response', id: state.request.id, status, contentType, ...(warnings.length > 0 ? { warnings } : {}), body };
}

/** What net/http answers where nothing is served. */
export const noPage = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' } as const;

/** What server/filters answers when there is no seat for a request. */
export const tooManyRequestsPage = {
  status: 429,
  contentType: 'text/plain; charset=utf-8',
  body: 'Too many requests, please try again later.\n',
} as const;

export function statusResponse(state: RequestState, status: Status): HttpResponse {
  if (isPageNotFound(status)) return pageResponse(state, noPage);
  const seconds = (status.details as { readonly retryAfterSeconds?: number } | undefined)?.retryAfterSeconds;
  // What has worked says nothing of its code, if that is the usual one.
  const { code, ...rest } = status;
  const body = status.status === 'Success' && code === 200 ? (rest as unknown as Json) : status;
  return { ...response(state, code, body), ...(seconds === undefined ? {} : { retryAfter: seconds }) };
}

export function pageResponse(state: RequestState, page: Omit<HttpResponse, 'type' | 'id'>): HttpResponse {
  return { type: 'http.response', id: state.request.id, ...page };
}

/** What storage came to, in the form that the client asked for. */
export function storedResponse(
  state: RequestState,
  resource: ResourceDefinition,
  stored: Exclude<Stored, { readonly type: 'retry' }>,
  now: number,
): HttpResponse {
  const table = tableOf(state.request);
  switch (stored.type) {
    case 'status':
      return statusResponse(state, stored.body);
    case 'body':
      return response(state, stored.status, stored.body);
    case 'object': {
      const { object } = stored;
      const served = object.kind === 'Scale' ? object : resource.asServed(object);
      if (asksForMetadata(state.request) && object.kind !== 'Scale' && state.info.verb !== 'delete')
        return response(state, stored.status, metadataOf(served));
      if (table === undefined || state.info.verb !== 'get' || object.kind === 'Scale')
        return response(state, stored.status, served as unknown as Json);
      return response(
        state,
        stored.status,
        toTable(resource, [served], {
          now,
          includeObject: table,
          metadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
          withColumns: true,
        }),
      );
    }
    case 'list': {
      const { metadata } = stored;
      const objects = stored.objects.map((object) => resource.asServed(object));
      if (asksForMetadata(state.request))
        return response(state, 200, {
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
          items: objects.map(metadataOf),
        });
      if (table !== undefined)
        return response(state, 200, toTable(resource, objects, { now, includeObject: table, metadata, withColumns: true }));
      const items = objects as unknown as readonly Json[];
      return response(state, 200, { kind: resource.listKind, apiVersion: resource.apiVersion, metadata, items });
    }
  }
}

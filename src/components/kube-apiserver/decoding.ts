import { isObject } from '#base/json.ts';
import { formatTime, type KubeObject, type Status } from '#api/object.ts';
import { applyServerSide, mergeApplied } from '#api/managed-fields/index.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, PatchError } from '#api/patch/index.ts';
import { decodeError, schemaFor } from '#api/schema/index.ts';
import { isFailure, badRequest, conflict, failure, invalidObject, notFound, unsupportedMediaType } from '#api/resources/status-errors.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import { mediaTypes, type HttpRequest } from '#protocol/rest.ts';
import type { RequestState } from './request-state.ts';
import { getCached, type ApiServerState } from './state.ts';
import type { Verdict } from './gates.ts';

export const managerOf = (request: HttpRequest): string => request.query['fieldManager'] ?? request.userAgent.split('/')[0] ?? 'unknown';
export const isApply = (request: HttpRequest): boolean => request.contentType === mediaTypes.applyPatch;

/** What is wrong with the metadata of a body: they are read before everything else. */
function metadataProblem(metadata: unknown, { schema, kind, version }: ResourceDefinition): Status | undefined {
  const wrong = isObject(metadata)
    ? decodeError(metadata, schema?.field('metadata') ?? schemaFor({ group: '', version: 'v1', kind: 'Pod' })?.field('metadata'))
    : `json: cannot unmarshal ${goType(metadata)} into Go struct field ${kind}.metadata of type v1.ObjectMeta`;
  return wrong === undefined ? undefined : badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${wrong}`);
}

function bodyOf(state: RequestState, resource: ResourceDefinition): KubeObject | Status {
  const { body } = state.request;
  if (!isObject(body))
    return badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${typeof body === 'string' ? 'invalid character' : 'unexpected end of JSON input'}`,
    );
  for (const field of ['apiVersion', 'kind'])
    if (typeof (body[field] ?? '') !== 'string')
      return badRequest(
        `couldn't get version/kind; json parse error: json: cannot unmarshal ${goType(body[field])} into Go struct field .${field} of type string`,
      );
  const kind = body['kind'] ?? resource.kind;
  if (kind !== resource.kind)
    return badRequest(
      `${String(body['apiVersion'])}, Kind=${String(kind)} in request does not match ${resource.apiVersion}, Kind=${resource.kind}`,
    );
  const wrong = metadataProblem(body['metadata'] ?? {}, resource);
  if (wrong !== undefined) return wrong;
  const metadata = (body['metadata'] ?? {}) as unknown as KubeObject['metadata'];
  return { ...body, apiVersion: resource.apiVersion, kind: resource.kind, metadata } as unknown as KubeObject;
}

/** What Go calls the type of a value of JSON. */
const goType = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

/** The body of a request that is no object of its resource: a review, a binding, an eviction. A value of a wrong type is an error there, too. */
export function decodeOther(state: RequestState, resource: ResourceDefinition): Verdict {
  const { info, request } = state;
  const subresource = resource.subresources.find((item) => item.name === info.subresource);
  const { group, version, kind } = subresource?.kind ?? resource;
  if (!['create', 'update'].includes(info.verb) || !isObject(request.body)) return { next: state, detail: '' };
  const wrong = decodeError(
    request.body,
    schemaFor({
      group: group === '' && version === '' ? resource.group : group,
      version: version === '' ? resource.version : version,
      kind,
    }),
  );
  return wrong === undefined
    ? { next: state, detail: '' }
    : {
        refused: badRequest(`${kind} in version "${version === '' ? resource.version : version}" cannot be handled as a ${kind}: ${wrong}`),
      };
}

/** Decoding with the field validation that the client asked for. */
function decode(
  state: RequestState,
  resource: ResourceDefinition,
  raw: KubeObject,
): { readonly object: KubeObject; readonly warnings: readonly string[] } | Status {
  const decoded = resource.decode(raw, state.old);
  const problem = (text: string): Status =>
    badRequest(`${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${text}`);
  if ('wrong' in decoded) return problem(decoded.wrong);
  const { object, unknown } = decoded;
  const mode = state.request.query['fieldValidation'] ?? 'Warn';
  if (unknown.length > 0 && mode === 'Strict') return problem(`strict decoding error: ${unknown.join(', ')}`);
  return { object, warnings: mode === 'Ignore' ? [] : unknown };
}

/** A new object, as a POST describes it. */
export function decodeNew(state: RequestState, resource: ResourceDefinition): Verdict {
  const { info } = state;
  const raw = bodyOf(state, resource);
  if (isFailure(raw)) return { refused: raw };
  const body = raw as KubeObject;
  if (resource.namespaced && body.metadata.namespace !== undefined && body.metadata.namespace !== info.namespace) {
    return { refused: badRequest(`the namespace of the provided object does not match the namespace sent on the request`) };
  }
  const {
    uid: _uid,
    resourceVersion,
    creationTimestamp: _created,
    managedFields: _managed,
    deletionTimestamp: _deleted,
    selfLink: _self,
    ...metadata
  } = body.metadata;
  if (resourceVersion !== undefined && resourceVersion !== '')
    return { refused: failure(400, 'BadRequest', 'resourceVersion should not be set on objects to be created') };
  const placed = withoutAbsent(resource.namespaced ? { ...metadata, namespace: info.namespace } : metadata);
  const decoded = decode(state, resource, { ...body, metadata: placed as unknown as KubeObject['metadata'] });
  if (isFailure(decoded)) return { refused: decoded };
  const { object, warnings } = decoded as Exclude<typeof decoded, Status>;
  return { next: { ...state, object: resource.applyDefaults(object), warnings: [...state.warnings, ...warnings] }, detail: '' };
}

/** What Go's decoder says of a patch that is a text, a number or a list (endpoints/handlers/patch.go). */
function noObject(patch: unknown, decoded: boolean): Status {
  const type = goType(patch);
  return badRequest(
    `${decoded ? 'error decoding patch: ' : ''}json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

/** The stored object with the change that a PUT or PATCH asks for. */
export function changed(server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number): Verdict {
  const { info, request } = state;
  const key = storageKey(resource, info.namespace, info.name);
  const stored = state.old ?? getCached(server, key, resource.storagePrefix);
  const old = stored === undefined ? undefined : resource.asServed(stored);
  if (old === undefined) {
    if (isApply(request)) return applied(state, resource, undefined, now);
    return { refused: notFound(resource, info.name) };
  }
  const current = { ...state, old };
  if (info.verb === 'update') {
    const raw = bodyOf(state, resource);
    if (isFailure(raw)) return { refused: raw };
    return keepIdentity(current, resource, raw, old);
  }
  try {
    if (isApply(request)) return applied(current, resource, old, now);
    const patch = request.body;
    const merges = request.contentType === mediaTypes.mergePatch;
    // Custom resources have no Go types that would say how lists are merged.
    const mergesLists = request.contentType === mediaTypes.strategicMergePatch && resource.openApi === undefined;
    if (request.contentType === mediaTypes.jsonPatch) return keepIdentity(current, resource, applyJsonPatch(old, patch), old);
    if (!isObject(patch) && (merges || mergesLists)) return { refused: noObject(patch, merges) };
    if (merges) return keepIdentity(current, resource, applyMergePatch(old, patch), old);
    if (mergesLists) {
      const wrong = decodeError(patch, resource.schema);
      if (wrong !== undefined)
        return {
          refused: invalidObject('', '', '', [
            {
              type: 'Invalid',
              field: 'patch',
              badValue: goMap(patch),
              detail: wrong.startsWith('json: ') ? `unrecognized type: ${wrong.slice(wrong.lastIndexOf(' ') + 1)}` : wrong,
            },
          ]),
        };
      return keepIdentity(current, resource, applyStrategicMergePatch(old, patch, resource.schema), old);
    }
    return { refused: unsupportedMediaType() };
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return {
      refused:
        error.code === 422
          ? failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
          : badRequest(error.message),
    };
  }
}

function goMap(value: unknown): string {
  if (isObject(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goMap(value[key])}`)
      .join(' ')}]`;
  return Array.isArray(value) ? `[${value.map(goMap).join(' ')}]` : String(value);
}

/** What no writer may change; and the comparison of versions that a writer asks for. */
function keepIdentity(state: RequestState, resource: ResourceDefinition, wanted: unknown, old: KubeObject): Verdict {
  if (!isObject(wanted))
    return { refused: badRequest(`json: cannot unmarshal ${goType(wanted)} into Go value of type ${resource.version}.${resource.kind}`) };
  const meta = wanted['metadata'] ?? {};
  const wrong = metadataProblem(meta, resource);
  if (wrong !== undefined || !isObject(meta)) return { refused: wrong ?? badRequest('metadata is no object') };
  const next = { ...wanted, metadata: meta } as unknown as KubeObject;
  const asked = next.metadata.resourceVersion;
  if (asked !== undefined && asked !== '' && asked !== old.metadata.resourceVersion)
    return { refused: conflict(resource, old.metadata.name) };
  if (next.metadata.uid !== undefined && next.metadata.uid !== old.metadata.uid) {
    return {
      refused: conflict(
        resource,
        old.metadata.name,
        `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
      ),
    };
  }
  if (next.metadata.name !== undefined && next.metadata.name !== old.metadata.name) {
    return {
      refused: badRequest(`the name of the object (${next.metadata.name}) does not match the name on the URL (${old.metadata.name})`),
    };
  }
  const { uid, creationTimestamp, namespace, name, deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion } =
    old.metadata;
  const fixed = {
    ...next.metadata,
    uid,
    creationTimestamp,
    namespace,
    name,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    resourceVersion,
  };
  const metadata = withoutAbsent(fixed) as unknown as KubeObject['metadata'];
  const decoded = decode(state, resource, { ...next, apiVersion: resource.apiVersion, kind: resource.kind, metadata });
  if (isFailure(decoded)) return { refused: decoded };
  const { object, warnings } = decoded as Exclude<typeof decoded, Status>;
  const prepared = resource.prepareForUpdate(resource.applyDefaults(object), old, state.info.subresource);
  return { next: { ...state, object: prepared, old, warnings: [...state.warnings, ...warnings] }, detail: '' };
}

/** Lists and maps without anything in them are left out of metadata (omitempty). */
const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;

function withoutAbsent(value: object): Record<string, unknown> {
  const present: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined && inner !== null && !isEmpty(inner)) present[key] = inner;
  return present;
}

/** Server-side apply: merged by ownership. */
function applied(state: RequestState, resource: ResourceDefinition, old: KubeObject | undefined, now: number): Verdict {
  const { info, request } = state;
  const raw = bodyOf(state, resource);
  if (isFailure(raw)) return { refused: raw };
  const wanted = raw as KubeObject;
  const intent: KubeObject = {
    ...wanted,
    metadata: { ...wanted.metadata, name: info.name, ...(resource.namespaced ? { namespace: info.namespace } : {}) },
  };
  const decoded = decode(state, resource, intent);
  if (isFailure(decoded)) return { refused: decoded };
  const { object: own, warnings } = decoded as Exclude<typeof decoded, Status>;
  const apply = {
    live: old,
    applied: own,
    schema: resource.schema,
    manager: managerOf(request),
    force: request.query['force'] === 'true',
    time: formatTime(now),
    subresource: info.subresource,
  };
  const result = applyServerSide(apply, resource.applyDefaults(mergeApplied(apply)));
  if ('conflicts' in result) {
    const { conflicts } = result;
    const list = conflicts.map((item) => `conflict with "${item.manager}": ${item.field}`);
    const message = `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: ${conflicts.length === 1 ? list[0]! : `conflicts with "${conflicts[0]!.manager}":\n${conflicts.map((item) => `- ${item.field}`).join('\n')}`}`;
    const causes = conflicts.map((item) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${item.manager}"`,
      field: item.field,
    }));
    return { refused: failure(409, 'Conflict', message, { causes }) };
  }
  const object = old === undefined ? result.object : resource.prepareForUpdate(result.object, old, info.subresource);
  return { next: { ...state, old, object, warnings: [...state.warnings, ...warnings] }, detail: '' };
}

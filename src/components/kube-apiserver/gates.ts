import { isObject } from '#base/json.ts';
import { selectOwnPods, stampPhase } from '#api/resources/strategies.ts';
import type { RandomState } from '#base/random.ts';
import { newUid, generateName } from '#api/names.ts';
import { formatTime, type KubeObject, type Status } from '#api/object.ts';
import { updateManagedFields, applyServerSide } from '#api/managed-fields/index.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, PatchError } from '#api/patch/index.ts';
import { decodeError } from '#api/schema/index.ts';
import {
  isFailure,
  badRequest,
  conflict,
  failure,
  forbiddenResource,
  invalidObject,
  methodNotSupported,
  notFound,
  pageNotFound,
  unauthorized,
  unsupportedMediaType,
} from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { mediaTypes, type HttpRequest } from '#protocol/rest.ts';
import { mutate, type AdmissionRequest } from './admission.ts';
import { allocateService } from './allocate.ts';
import { authenticate, impersonated, impersonationTargets } from './authentication.ts';
import { authorize, refusal, type Attributes } from './authorization.ts';
import { storedEvent } from '#api/resources/event-versions.ts';
import { escalationRefusal } from './escalation.ts';
import { requestInfo, resourceFor, selectedName, type RequestInfo } from './request-info.ts';
import type { RequestState } from './request-state.ts';
import { getCached, type ApiServerState } from './state.ts';
import { storageKey } from '#api/resources/index.ts';

/** What a gate says: the request as it goes on, or the answer that ends it. */
export type Verdict =
  | { readonly next: RequestState; readonly detail: string }
  /** `next`: what of the request belongs into the answer all the same (warnings). */
  | { readonly refused: Status; readonly next?: RequestState };

export const isWrite = (info: RequestInfo): boolean => ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(info.verb);

/** authentication: who is it? */
export function authenticationGate(server: ApiServerState, state: RequestState): Verdict {
  const user = authenticate(server, state.request);
  if (user === undefined) return { refused: unauthorized() };
  return { next: { ...state, user, info: requestInfo(state.request) }, detail: user.name };
}

function attributesOf(state: RequestState): Attributes {
  const { info, user } = state;
  return {
    user,
    verb: info.verb,
    group: info.group,
    resource: info.plural,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name === '' ? selectedName(state.request.query['fieldSelector']) : info.name,
    path: info.isResource ? undefined : info.path,
  };
}

/** authorization: may this user do that? Impersonation is decided here too, as the user who asks for it. */
export function authorizationGate(server: ApiServerState, state: RequestState): Verdict {
  const other = impersonated(state.request);
  let current = state;
  if (other !== undefined) {
    for (const target of impersonationTargets(state.request)) {
      const asked = { ...attributesOf(state), verb: 'impersonate', group: '', subresource: '', path: undefined, ...target };
      if (!authorize(server, asked).allowed)
        return { refused: forbiddenResource({ group: '', plural: target.resource }, target.name, refusal(asked)) };
    }
    current = { ...state, user: other };
  }
  const attributes = attributesOf(current);
  const decision = authorize(server, attributes);
  if (decision.allowed) return { next: current, detail: decision.reason };
  if (attributes.path !== undefined) return { refused: failure(403, 'Forbidden', `forbidden: ${refusal(attributes)}`, {}), next: current };
  const message = refusal(attributes);
  const resource = { group: attributes.group, plural: attributes.resource };
  return { refused: forbiddenResource(resource, attributes.name, message), next: current };
}

/** The definition of what is written, or why there is none. */
export function targetOf(server: ApiServerState, state: RequestState): ResourceDefinition | Status {
  const resource = resourceFor(server, state.info);
  if (resource === undefined) return pageNotFound();
  const { subresource, verb } = state.info;
  const verbs = subresource === '' ? resource.verbs : (resource.subresources.find((item) => item.name === subresource)?.verbs ?? []);
  if (verbs.includes(verb)) return resource;
  return subresource !== '' && verbs.length === 0 ? pageNotFound() : methodNotSupported(resource, verb);
}

const managerOf = (request: HttpRequest): string => request.query['fieldManager'] ?? request.userAgent.split('/')[0] ?? 'unknown';

/** mutating: the object is decoded, defaulted, merged with what is stored, and changed by the plug-ins. */
export function mutatingGate(server: ApiServerState, state: RequestState, now: number): Verdict {
  const { info } = state;
  const resource = targetOf(server, state);
  if (isFailure(resource)) return { refused: resource };
  if (info.subresource !== '' && !['status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'].includes(info.subresource))
    return { next: state, detail: '' };
  if (!resource.verbs.includes('get')) return { next: state, detail: '' };
  if (info.verb === 'delete' || info.verb === 'deletecollection') return admit(server, { ...state }, resource, undefined);
  const decoded = info.verb === 'create' ? decodeNew(state, resource) : changed(server, state, resource, now);
  if ('refused' in decoded) return decoded;
  return admit(server, decoded.next, resource, now);
}

function admit(server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number | undefined): Verdict {
  let { object } = state;
  const { random } = state;
  if (object !== undefined && now !== undefined && !(object.metadata.managedFields !== undefined && isApply(state.request)))
    object = owned(state, resource, object, now);
  const request: AdmissionRequest = {
    info: state.info,
    resource,
    user: state.user,
    object,
    old: state.old,
    query: state.request.query,
    random,
  };
  const result = mutate(server, request);
  if (isFailure(result)) return { refused: result };
  const admitted = result as Exclude<typeof result, Status>;
  return {
    next: { ...state, object: admitted.object, random: admitted.random },
    detail: (admitted as { readonly changed: readonly string[] }).changed.join(', '),
  };
}

const isApply = (request: HttpRequest): boolean => request.contentType === mediaTypes.applyPatch;

/** Records who owns the fields: computed before admission changes anything, as upstream does. */
function owned(state: RequestState, resource: ResourceDefinition, object: KubeObject, now: number): KubeObject {
  const { info, old } = state;
  return updateManagedFields({
    live: old,
    updated: object,
    schema: resource.schema,
    apiVersion: resource.apiVersion,
    manager: managerOf(state.request),
    subresource: info.subresource,
    time: formatTime(now),
    reset: !resource.hasStatus ? undefined : info.subresource === 'status' ? { 'f:spec': {} } : { 'f:status': {} },
  });
}

function bodyOf(state: RequestState, resource: ResourceDefinition): KubeObject | Status {
  const { body } = state.request;
  if (!isObject(body))
    return badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${typeof body === 'string' ? 'invalid character' : 'unexpected end of JSON input'}`,
    );
  const kind = body['kind'] ?? resource.kind;
  if (kind !== resource.kind)
    return badRequest(
      `${String(body['apiVersion'])}, Kind=${String(kind)} in request does not match ${resource.apiVersion}, Kind=${resource.kind}`,
    );
  const metadata = (isObject(body['metadata']) ? body['metadata'] : {}) as unknown as KubeObject['metadata'];
  return { ...body, apiVersion: resource.apiVersion, kind: resource.kind, metadata } as unknown as KubeObject;
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
  return { object: resource.applyDefaults(object), warnings: mode === 'Ignore' ? [] : unknown };
}

function decodeNew(state: RequestState, resource: ResourceDefinition): Verdict {
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
  const placed = resource.namespaced ? { ...metadata, namespace: info.namespace } : metadata;
  const decoded = decode(state, resource, { ...body, metadata: placed as KubeObject['metadata'] });
  if (isFailure(decoded)) return { refused: decoded };
  const { object, warnings } = decoded as Exclude<typeof decoded, Status>;
  return { next: { ...state, object, warnings: [...state.warnings, ...warnings] }, detail: '' };
}

/** The stored object with the change that a PUT or PATCH asks for. */
function changed(server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number): Verdict {
  const { info, request } = state;
  const key = storageKey(resource, info.namespace, info.name);
  const old = state.old ?? getCached(server, key, resource.storagePrefix);
  if (old === undefined) {
    if (isApply(request)) return applied(state, resource, undefined, now);
    return { refused: notFound(resource, info.name) };
  }
  const current = { ...state, old };
  if (info.verb === 'update') {
    const raw = bodyOf(state, resource);
    if (isFailure(raw)) return { refused: raw };
    return keepIdentity(current, resource, raw as KubeObject, old);
  }
  try {
    if (isApply(request)) return applied(current, resource, old, now);
    const patch = request.body;
    if (request.contentType === mediaTypes.jsonPatch) return keepIdentity(current, resource, applyJsonPatch(old, patch) as KubeObject, old);
    if (request.contentType === mediaTypes.mergePatch)
      return keepIdentity(current, resource, applyMergePatch(old, patch) as KubeObject, old);
    if (request.contentType === mediaTypes.strategicMergePatch) {
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
      return keepIdentity(current, resource, applyStrategicMergePatch(old, patch, resource.schema) as KubeObject, old);
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
function keepIdentity(state: RequestState, resource: ResourceDefinition, next: KubeObject, old: KubeObject): Verdict {
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
  const prepared = resource.prepareForUpdate(object, old, state.info.subresource);
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
  const manager = managerOf(request);
  const merged =
    old === undefined
      ? (decoded as { readonly object: KubeObject }).object
      : resource.applyDefaults(applyStrategicMergePatch(old, intent, resource.schema) as KubeObject);
  const result = applyServerSide(
    { live: old, applied: intent, schema: resource.schema, manager, force: request.query['force'] === 'true', time: formatTime(now) },
    merged,
  );
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
  return { next: { ...state, old, object }, detail: '' };
}

/** A new object gets its name, where it only says how that begins (rest/create.go BeforeCreate): plug-ins that change objects do not know it yet. */
function withName(object: KubeObject, random: RandomState): readonly [KubeObject, RandomState] {
  const { name, generateName: prefix } = object.metadata as Partial<KubeObject['metadata']>;
  if ((name !== undefined && name !== '') || prefix === undefined) return [object, random];
  const [generated, after] = generateName(prefix, random);
  return [{ ...object, metadata: { ...object.metadata, name: generated } }, after];
}

/** schema: strategies and validation. */
export function schemaGate(server: ApiServerState, state: RequestState, now: number): Verdict {
  const { info, old } = state;
  const resource = targetOf(server, state);
  if (isFailure(resource)) return { refused: resource };
  const { object } = state;
  if (object === undefined || (info.subresource !== '' && old === undefined)) return { next: state, detail: '' };
  const escalated = escalationRefusal(server, state, resource);
  if (escalated !== undefined) return { refused: escalated };
  if (old !== undefined) {
    const errors = resource.validateUpdate(object, old, info.subresource);
    return errors.length === 0
      ? { next: { ...state, object: stampPhase(object, old, now) }, detail: '' }
      : { refused: invalidObject(resource.group, resource.kind, object.metadata.name, errors) };
  }
  const [named, after] = withName(object, state.random);
  const prepared = resource.prepareForCreate(named);
  const errors = resource.validateCreate(prepared);
  if (errors.length > 0) return { refused: invalidObject(resource.group, resource.kind, prepared.metadata.name ?? '', errors) };
  const [uid, random] = newUid(after);
  const stamped = selectOwnPods({ ...prepared, metadata: { ...prepared.metadata, uid, creationTimestamp: formatTime(now) } });
  const allocated =
    resource.plural === 'services' && resource.group === '' ? allocateService(server, stamped, random) : { object: stamped, random };
  if ('refused' in allocated) return { refused: allocated.refused };
  const stored = resource.group === 'events.k8s.io' ? storedEvent(allocated.object) : stampPhase(allocated.object, undefined, now);
  return { next: { ...state, object: stored, random: allocated.random }, detail: '' };
}

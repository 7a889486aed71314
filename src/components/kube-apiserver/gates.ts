import type { RandomState } from '#base/random.ts';
import { newUid, generateName } from '#api/names.ts';
import { formatTime, type KubeObject, type Status } from '#api/object.ts';
import { updateManagedFields } from '#api/managed-fields/index.ts';
import { selectOwnPods, stampPhase } from '#api/resources/strategies.ts';
import {
  isFailure,
  failure,
  forbiddenResource,
  invalidObject,
  methodNotSupported,
  pageNotFound,
  unauthorized,
} from '#api/resources/status-errors.ts';
import type { ResourceDefinition } from '#api/resources/index.ts';
import { mutate, type Mutated } from './admission.ts';
import { authenticate, impersonated, impersonationTargets } from './authentication.ts';
import { authorize, refusal, type Attributes } from './authorization.ts';
import { escalationRefusal } from './escalation.ts';
import { bodyRefusal } from './limits.ts';
import { resourceFor, selectedName, type RequestInfo } from './request-info.ts';
import type { RequestState } from './request-state.ts';
import type { ApiServerState } from './state.ts';
import { settlingMs } from './custom-resources.ts';
import { changed, decodeNew, decodeOther, isApply, managerOf } from './decoding.ts';
import type { Asking } from './webhooks/asking.ts';

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
  return { next: { ...state, user }, detail: user.name };
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
export function authorizationGate(server: ApiServerState, state: RequestState, now: number): Verdict {
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
  if (decision.allowed)
    return { next: { ...warned(server, current), holdMs: settlingMs(server, current.info, now) }, detail: decision.reason };
  if (attributes.path !== undefined) return { refused: failure(403, 'Forbidden', `forbidden: ${refusal(attributes)}`, {}), next: current };
  const message = refusal(attributes);
  const resource = { group: attributes.group, plural: attributes.resource };
  return { refused: forbiddenResource(resource, attributes.name, message), next: current };
}

/** What is deprecated says so to everybody who asks for it, but not again with every event. */
function warned(server: ApiServerState, state: RequestState): RequestState {
  const warning = resourceFor(server, state.info)?.deprecation;
  return warning === undefined || state.info.verb === 'watch' ? state : { ...state, warnings: [...state.warnings, warning] };
}

/** The definition of what is written, or why there is none. */
export function targetOf(server: ApiServerState, state: RequestState): ResourceDefinition | Status {
  const resource = resourceFor(server, state.info);
  if (resource === undefined) return pageNotFound();
  const { subresource, verb } = state.info;
  const verbs = subresource === '' ? resource.verbs : (resource.subresources.find((item) => item.name === subresource)?.verbs ?? []);
  const refused = subresource === '' ? resource.refusals?.[verb] : undefined;
  if (refused !== undefined) return { ...methodNotSupported(resource, verb), message: refused };
  if (verbs.includes(verb)) return resource;
  return subresource !== '' && verbs.length === 0 ? pageNotFound() : methodNotSupported(resource, verb);
}

/** mutating: the object is decoded, defaulted, merged with what is stored, and changed by the plug-ins. */
export function* mutatingGate(server: ApiServerState, state: RequestState, now: number): Asking<Verdict> {
  const { info } = state;
  const resource = targetOf(server, state);
  if (isFailure(resource)) return { refused: resource };
  const refused = bodyRefusal(state.request);
  if (refused !== undefined) return { refused };
  if (info.subresource !== '' && !['status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'].includes(info.subresource))
    return decodeOther(state, resource);
  if (!resource.verbs.includes('get')) return decodeOther(state, resource);
  if (info.verb === 'delete' || info.verb === 'deletecollection') return yield* admit(server, { ...state }, resource, undefined);
  const decoded = info.verb === 'create' ? decodeNew(state, resource) : changed(server, state, resource, now);
  if ('refused' in decoded) return decoded;
  return yield* admit(server, decoded.next, resource, now);
}

function* admit(server: ApiServerState, state: RequestState, resource: ResourceDefinition, now: number | undefined): Asking<Verdict> {
  let { object } = state;
  const { info, user, old, random } = state;
  if (object !== undefined && now !== undefined && !(object.metadata.managedFields !== undefined && isApply(state.request)))
    object = owned(state, resource, object, now);
  const result = yield* mutate(server, { info, resource, user, object, old, query: state.request.query, random });
  const told = toldOf(state, result);
  if (result.refused !== undefined) return { next: { ...told, object }, refused: result.refused };
  return { next: { ...told, object: result.object, random: result.random }, detail: result.changed.join(', ') };
}

/** The request with what plug-ins had to say besides yes or no. */
export function toldOf(state: RequestState, { warnings, annotations }: Pick<Mutated, 'warnings' | 'annotations'>): RequestState {
  if (warnings.length === 0 && Object.keys(annotations).length === 0) return state;
  return { ...state, annotations: { ...state.annotations, ...annotations }, warnings: [...new Set([...state.warnings, ...warnings])] };
}

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
  return { next: { ...state, object: stampPhase(stamped, undefined, now), random }, detail: '' };
}

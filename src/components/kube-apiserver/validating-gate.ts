import { isObject } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { PatchError } from '#api/patch/index.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import { isFailure } from '#api/resources/status-errors.ts';
import { validateAdmission, type AdmissionRequest } from './admission.ts';
import { targetOf, toldOf, type Verdict } from './gates.ts';
import { hasPolicies } from './policies/validating.ts';
import type { RequestState } from './request-state.ts';
import { getCached, type ApiServerState } from './state.ts';
import { select } from './storage.ts';
import { wantedScale } from './subresources.ts';
import { hasWebhooks, type Asking } from './webhooks/asking.ts';

type Subject = Pick<AdmissionRequest, 'object' | 'old'>;

/** What is written by way of a subresource that is no part of its object: a scale, or what is created below an object. */
function subresourceSubject(server: ApiServerState, state: RequestState, resource: ResourceDefinition): Subject {
  const { info, request } = state;
  if (info.subresource === 'scale') {
    const target = getCached(server, storageKey(resource, info.namespace, info.name), resource.storagePrefix);
    try {
      return target === undefined ? { object: undefined, old: undefined } : wantedScale(state, resource, target);
    } catch (error) {
      // A patch that cannot be applied is answered where it is applied.
      if (error instanceof PatchError) return { object: undefined, old: undefined };
      throw error;
    }
  }
  const object = info.verb === 'create' && isObject(request.body) && isObject(request.body['metadata'] ?? {}) ? request.body : undefined;
  return { object: object && ({ metadata: { name: info.name }, ...object } as unknown as KubeObject), old: undefined };
}

/** What the plug-ins are asked: the request; or, of a collection that is to be deleted, each object of it. */
function questions(server: ApiServerState, state: RequestState, resource: ResourceDefinition): readonly AdmissionRequest[] {
  const { info, user, object, old, random, request } = state;
  const question = { info, resource, user, object, old, query: request.query, random };
  if (info.verb === 'deletecollection' && (hasPolicies(server) || hasWebhooks(server, 'validating'))) {
    const selected = select(server, state, resource);
    if (isFailure(selected)) return [];
    return (selected as readonly KubeObject[]).map(({ metadata }) => ({
      ...question,
      info: { ...info, verb: 'delete', name: metadata.name, namespace: metadata.namespace ?? '' },
    }));
  }
  const whole = object !== undefined || info.subresource === '';
  return [whole ? question : { ...question, ...subresourceSubject(server, state, resource) }];
}

/** validating: the plug-ins that only say yes or no. */
export function* validatingGate(server: ApiServerState, state: RequestState): Asking<Verdict> {
  const resource = targetOf(server, state);
  if (isFailure(resource)) return { refused: resource };
  let next = state;
  for (const question of questions(server, state, resource)) {
    const verdict = yield* validateAdmission(server, question);
    next = toldOf(next, verdict);
    if (verdict.refused !== undefined) return { next, refused: verdict.refused };
  }
  return { next, detail: '' };
}

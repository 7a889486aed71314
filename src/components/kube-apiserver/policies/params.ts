import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import { storageKey, type ResourceDefinition } from '#api/resources/index.ts';
import type { ParamKind, ParamRef } from '#api/types.generated.ts';
import { resourcesOf } from '../custom-resources.ts';
import { getCached, listCached, type ApiServerState } from '../state.ts';

/** The resource of a policy's parameters; a text says why there is none. */
export function paramResource(state: ApiServerState, kind: ParamKind): ResourceDefinition | string {
  const gvk = { ...parseApiVersion(kind.apiVersion ?? ''), kind: kind.kind ?? '' };
  return (
    resourcesOf(state).findByKind(gvk) ?? `failed to find resource referenced by paramKind: '${kind.apiVersion ?? ''}, Kind=${gvk.kind}'`
  );
}

/**
 * The parameters that a binding names, or why it cannot have them (policy/generic/policy_dispatcher.go, CollectParams).
 * A policy without parameters, and a binding that gives none, is evaluated once, without.
 */
export function collectParams(
  state: ApiServerState,
  resource: ResourceDefinition | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): readonly (KubeObject | undefined)[] | string {
  if (resource === undefined || ref === undefined) return [undefined];
  const where = ref.namespace !== undefined && ref.namespace !== '' ? ref.namespace : namespace;
  if (!resource.namespaced && ref.namespace !== undefined && ref.namespace !== '')
    return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`';
  if (resource.namespaced && where === '') return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources';
  const found =
    ref.selector === undefined
      ? [getCached(state, storageKey(resource, where, ref.name ?? ''), resource.storagePrefix)].filter((item) => item !== undefined)
      : listCached(state, resource.storagePrefix, resource.namespaced ? where : '').filter((item) =>
          matchesLabels(labelSelectorFromObject(ref.selector), item.metadata.labels),
        );
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    return 'no params found for policy binding with `Deny` parameterNotFoundAction';
  return found;
}

import { qosClass } from '../resources/strategies.ts';
import type { KubeObject } from '../object.ts';
import type { Pod, PersistentVolumeClaim, ResourceQuota, ScopedResourceSelectorRequirement } from '../types.generated.ts';

export type Scope = ScopedResourceSelectorRequirement;

/** Everything that an object must meet to be counted by a quota (evaluator getScopeSelectorsFromQuota). */
export function scopesOf({ spec }: Pick<ResourceQuota, 'spec'>): readonly Scope[] {
  const plain = (spec?.scopes ?? []).map((scopeName): Scope => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a value is chosen, in the way of label selectors (ScopedResourceSelectorRequirementsAsSelector). */
function chooses({ operator, values = [] }: Scope, present: readonly string[]): boolean {
  switch (operator) {
    case 'Exists':
      return present.length > 0;
    case 'DoesNotExist':
      return present.length === 0;
    case 'In':
      return present.some((value) => values.includes(value));
    case 'NotIn':
      return !present.some((value) => values.includes(value));
  }
}

const given = (...values: readonly (string | undefined)[]): readonly string[] =>
  values.filter((value): value is string => value !== undefined && value !== '');

/** Whether a pod relates to pods of other namespaces (usesCrossNamespacePodAffinity). */
function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((item) => [
    ...(item?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(item?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined);
}

/** Whether a pod is in a scope (pkg/quota/v1/evaluator/core/pods.go podMatchesScopeFunc). */
export function podInScope(object: KubeObject, scope: Scope): boolean {
  const pod = object as unknown as Pod;
  switch (scope.scopeName) {
    case 'Terminating':
      return (pod.spec?.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (pod.spec?.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClass(object) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(object) !== 'BestEffort';
    case 'PriorityClass':
      return chooses(scope, given(pod.spec?.priorityClassName));
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    case 'VolumeAttributesClass':
      return false;
  }
}

/** Whether a claim is in a scope (persistent_volume_claims.go pvcMatchesScopeFunc). */
export function claimInScope(object: KubeObject, scope: Scope): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const { spec, status } = object as unknown as PersistentVolumeClaim;
  const classes = given(
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  );
  return chooses(scope, classes);
}

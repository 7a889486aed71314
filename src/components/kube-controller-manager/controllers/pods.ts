import { parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import type { Pod, PodTemplateSpec } from '#api/types.generated.ts';
import { controllerOf, controllerReference } from '#machinery/owner-references.ts';

/** Small questions about pods that several controllers ask (pkg/controller/controller_utils.go, pkg/api/v1/pod/util.go). */
export const podOf = (object: KubeObject): Pod => object as unknown as Pod;

export function isReady(object: KubeObject): boolean {
  for (const condition of podOf(object).status?.conditions ?? []) if (condition.type === 'Ready') return condition.status === 'True';
  return false;
}

export function isActive(object: KubeObject): boolean {
  const phase = podOf(object).status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && object.metadata.deletionTimestamp === undefined;
}

/** When a pod became ready or ceased to be. */
export const readySince = (object: KubeObject): string =>
  podOf(object).status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime ?? '';

/** Ready for at least `minReadySeconds`. */
export function isAvailable(object: KubeObject, minReadySeconds: number, now: number): boolean {
  return isReady(object) && (minReadySeconds === 0 || Date.parse(readySince(object)) + minReadySeconds * 1000 <= now);
}

/** A pod made from a template for its controller (GetPodFromTemplate). */
export function podFromTemplate(template: PodTemplateSpec, owner: KubeObject): object {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  };
}

/** Which of two pods goes first when there are too many (ActivePodsWithRanks): unscheduled, pending, not ready, younger. */
export function deletionOrder(a: KubeObject, b: KubeObject): number {
  const rank = (object: KubeObject): readonly number[] => {
    const { spec, status } = podOf(object);
    const phases = ['Pending', 'Unknown', 'Running'];
    const cost = parseQuantity(object.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0');
    const restarts = (status?.containerStatuses ?? []).reduce((sum, item) => sum + item.restartCount, 0);
    return [
      spec?.nodeName ? 1 : 0,
      phases.indexOf(status?.phase ?? 'Pending'),
      isReady(object) ? 1 : 0,
      cost,
      -Date.parse(object.metadata.creationTimestamp ?? ''),
      -restarts,
    ];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) if (value !== right[index]) return value - right[index]!;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The key of the controller of an object, where it is of the given kind. */
export function ownerKey(object: KubeObject, kind: string): readonly string[] {
  const owner = controllerOf(object);
  return owner?.kind === kind ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
}

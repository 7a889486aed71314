import type { KubeObject } from '#api/object.ts';
import type { Pod } from '#api/types.generated.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { PodSummary } from './port.ts';

const summaries = new WeakMap<KubeObject, PodSummary>();
const podResource = builtInResources.find('', 'v1', 'pods');
const statusColumn = podResource?.columns.findIndex((column) => column.name === 'Status') ?? -1;

/** A Pod as the diagram draws it; made once for each revision of it. */
export function summarizePod(object: KubeObject): PodSummary {
  const known = summaries.get(object);
  if (known !== undefined) return known;
  const pod = object as unknown as Pod;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const cells = podResource?.cells(object, 0) ?? [];
  const summary: PodSummary = {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    node: pod.spec?.nodeName ?? '',
    phase: pod.status?.phase ?? '',
    status: String(cells[statusColumn] ?? pod.status?.phase ?? ''),
    ready: pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false,
    containers: (pod.spec?.containers ?? []).map((container) => {
      const status = statuses.find((item) => item.name === container.name);
      const state = Object.keys(status?.state ?? {})[0] ?? 'waiting';
      return { name: container.name, state, ready: status?.ready ?? false, restarts: status?.restartCount ?? 0 };
    }),
    static: object.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    ownerKind: object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.kind ?? '',
  };
  summaries.set(object, summary);
  return summary;
}

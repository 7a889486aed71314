import { addLists, maxLists, type ResourceList } from './resource-list.ts';
import type { Container, PodSpec } from './types.generated.ts';

type Kind = 'requests' | 'limits';
type Spec = Pick<Partial<PodSpec>, 'containers' | 'initContainers' | 'overhead' | 'resources'>;

/** Containers and sidecars together, or what the start of the largest init container needs (AggregateContainerRequests). */
function ofContainers(spec: Spec, kind: Kind): ResourceList {
  const asked = (item: Container): ResourceList => item.resources?.[kind] ?? {};
  let sum = (spec.containers ?? []).map(asked).reduce(addLists, {});
  let sidecars: ResourceList = {};
  let start: ResourceList = {};
  for (const item of spec.initContainers ?? []) {
    if (item.restartPolicy === 'Always') {
      sum = addLists(sum, asked(item));
      sidecars = addLists(sidecars, asked(item));
      start = maxLists(start, sidecars);
    } else start = maxLists(start, addLists(asked(item), sidecars));
  }
  return maxLists(sum, start);
}

/** What a pod asks for (component-helpers/resource/helpers.go PodRequests): what it says for itself counts instead of its containers. */
export function podRequests(spec: Spec): ResourceList {
  return addLists({ ...ofContainers(spec, 'requests'), ...spec.resources?.requests }, spec.overhead ?? {});
}

/** What a pod may use at most (PodLimits): the overhead counts only for what is limited. */
export function podLimits(spec: Spec): ResourceList {
  const limits: ResourceList = { ...ofContainers(spec, 'limits'), ...spec.resources?.limits };
  const overhead = Object.entries(spec.overhead ?? {}).filter(([name]) => limits[name] !== undefined);
  return addLists(limits, Object.fromEntries(overhead));
}

import type { Pod } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { formatLabelSelector, labelSelectorFromObject } from '#api/selectors.ts';
import { get, pathOf, type ApiResource, type Context } from './context.ts';
import { checked, CommandError } from './errors.ts';
import { call, type Command } from './operations.ts';
import { fetch, targetsOf, type Target } from './resource-builder.ts';

const podResource: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  verbs: [],
  subresources: ['eviction'],
};

/** A Pod as a target, without discovery. */
export function podTarget(namespace: string, name: string): Target {
  return { resource: podResource, namespace, name };
}

/** A Pod of the API. */
export type ApiPod = Pod & KubeObject;

/** The Pod that `logs` and `exec` mean: named itself, or one of a workload's (polymorphichelpers.AttachablePodForObject). */
export function* podOf(context: Context, word: string): Command<readonly ApiPod[]> {
  if (!word.includes('/')) return [(yield* fetch(podTarget(context.namespace, word))) as ApiPod];
  const [target] = yield* targetsOf(context, [word]);
  const object = yield* fetch(target!);
  if (object.kind === 'Pod') return [object as ApiPod];
  const selector = selectorOf(object);
  if (selector === undefined) throw new CommandError(`cannot attach to ${object.kind}: not implemented`);
  const query = { labelSelector: selector };
  const list = checked(yield* call(get(pathOf(podResource, context.namespace), query))).body as unknown as {
    readonly items?: readonly ApiPod[];
  };
  return [...(list.items ?? [])].sort(byReadiness);
}

/** The selector of a workload or a service as text; undefined for kinds without one. */
export function selectorOf(object: KubeObject): string | undefined {
  const spec = object['spec'] as { readonly selector?: unknown } | undefined;
  const selector = spec?.selector;
  if (selector === undefined || selector === null) return undefined;
  if (object.kind === 'Service' || object.kind === 'ReplicationController') {
    return Object.entries(selector as Readonly<Record<string, string>>)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }
  return formatLabelSelector(labelSelectorFromObject(selector as Parameters<typeof labelSelectorFromObject>[0]));
}

/** Running and ready pods first, then older ones (podutils.ByLogging). */
function byReadiness(a: ApiPod, b: ApiPod): number {
  const rank = (pod: ApiPod): number =>
    (pod.status?.phase === 'Running' ? 0 : 1) +
    (pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true ? 0 : 1);
  return rank(a) - rank(b) || (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
}

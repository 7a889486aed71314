import type { KubeObject } from '#api/object.ts';
import { matchesLabels, type Selector } from '#api/selectors.ts';
import type { NodeInfo } from './node-info.ts';

/**
 * How many pods of a node match: counted once for each state of the node's pods and asked for again and again, so that
 * looking at all nodes for one pod costs a look-up a node and not a comparison a pod.
 */
export interface PodMatch {
  /** Says the same thing for the same question. */
  readonly id: string;
  readonly matches: (pod: KubeObject) => boolean;
}

const known = new WeakMap<object, Map<string, number>>();

export function countMatching(info: NodeInfo, match: PodMatch): number {
  if (info.pods.size === 0) return 0;
  let counts = known.get(info.pods);
  if (counts === undefined) known.set(info.pods, (counts = new Map()));
  let count = counts.get(match.id);
  if (count === undefined) {
    count = 0;
    for (const pod of info.pods.values()) if (match.matches(pod)) count++;
    counts.set(match.id, count);
  }
  return count;
}

/** Pods of some namespaces (undefined: all) with some labels; those that are being deleted do not count where `living`. */
export function podMatch(namespaces: readonly string[] | undefined, selector: Selector | undefined, living: boolean): PodMatch {
  return {
    id: JSON.stringify([namespaces, selector, living]),
    matches: (pod) =>
      (namespaces === undefined || namespaces.includes(pod.metadata.namespace ?? '')) &&
      !(living && pod.metadata.deletionTimestamp !== undefined) &&
      matchesLabels(selector, pod.metadata.labels),
  };
}

import type { KubeObject } from '#api/object.ts';
import type { InformerState } from '#machinery/informer.ts';
import type { NodeInfo } from './node-info.ts';

/** Why a node will not do. `final`: taking pods away from it would not help (UnschedulableAndUnresolvable). */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly final: boolean;
}
export const refuse = (reason: string, final = false): Refusal => ({ reasons: [reason], final });

/** The cluster as one scheduling cycle sees it. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  readonly caches: Readonly<Record<string, InformerState>>;
  /** Volumes that were promised to a claim and are not bound yet: volume → claim. */
  readonly reserved: ReadonlyMap<string, string>;
}

export type NodeFilter = (info: NodeInfo) => Refusal | undefined;
export type NodeScores = { readonly raw: readonly number[]; readonly normalized: readonly number[] };

/** What happened, as far as it can make room for a pod. */
export type ClusterEvent =
  | { readonly resource: 'assigned-pod'; readonly action: 'add' | 'update' | 'delete'; readonly object: KubeObject }
  | {
      readonly resource: 'node';
      readonly action: 'add' | 'update' | 'delete';
      readonly object: KubeObject;
      readonly old: KubeObject | undefined;
    }
  | { readonly resource: 'storage'; readonly action: 'add' | 'update' | 'delete'; readonly object: KubeObject };

/** A plugin of the framework: the extension points it has (pkg/scheduler/framework/interface.go). */
export interface Plugin {
  readonly name: string;
  readonly weight: number;
  /** PreFilter and Filter: undefined where the plugin has nothing to say about this pod; `all` where no node will do. */
  readonly filter?: (pod: KubeObject, snapshot: Snapshot) => NodeFilter | { readonly all: Refusal } | undefined;
  /** PreScore, Score and NormalizeScore; undefined where the pod does not concern it. */
  readonly score?: (pod: KubeObject, feasible: readonly NodeInfo[], snapshot: Snapshot) => NodeScores | undefined;
  /** Queueing hint: whether an event may have made a pod schedulable that this plugin refused. */
  readonly hint?: (pod: KubeObject, event: ClusterEvent) => boolean;
}

export const maxScore = 100;
export const plain = (raw: readonly number[]): NodeScores => ({ raw, normalized: raw });

/** Scores between 0 and 100, the largest becoming 100 (helper.DefaultNormalizeScore). */
export function normalize(raw: readonly number[], reverse: boolean): NodeScores {
  const most = Math.max(0, ...raw);
  if (most === 0) return { raw, normalized: raw.map(() => (reverse ? maxScore : 0)) };
  const share = raw.map((value) => Math.floor((value * maxScore) / most));
  return { raw, normalized: reverse ? share.map((value) => maxScore - value) : share };
}

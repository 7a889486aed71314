import type { KubeObject } from '#api/object.ts';
import { specMatchesNode, tolerates } from '#api/node-fit.ts';
import type { DaemonSet, Node, PodSpec, Taint, Toleration } from '#api/types.generated.ts';
import { podFromTemplate, podOf } from '../pods.ts';
import { revisionLabel } from '../history.ts';

export const asSet = (object: KubeObject): DaemonSet => object as unknown as DaemonSet;
const templateSpec = (set: KubeObject): PodSpec => asSet(set).spec!.template.spec!;
export const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';
/** How often the template of a set has changed. */
export const templateGeneration = (set: KubeObject): string => set.metadata.annotations?.[generationAnnotation] ?? '';

/** The tolerations that every daemon pod gets (daemon/util/daemonset_util.go, AddOrUpdateDaemonPodTolerations). */
const tolerated = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
] as const;

function tolerationsOf(set: KubeObject): readonly Toleration[] {
  const { hostNetwork, tolerations = [] } = templateSpec(set);
  const host = hostNetwork === true ? [['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const] : [];
  return [...tolerations, ...[...tolerated, ...host].map(([key, effect]): Toleration => ({ key, operator: 'Exists', effect }))];
}

/** A pod of a set for a node: its affinity names the node, the scheduler binds it (CreatePodTemplate, ReplaceDaemonSetPodNodeNameNodeAffinity). */
export function podFor(set: KubeObject, node: string, hash: string): object {
  const { template } = asSet(set).spec!;
  const labels = { ...template.metadata?.labels, [revisionLabel]: hash, [generationLabel]: templateGeneration(set) };
  const nodeAffinity = {
    ...template.spec?.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] }],
    },
  };
  const spec: PodSpec = { ...template.spec!, tolerations: tolerationsOf(set), affinity: { ...template.spec?.affinity, nodeAffinity } };
  return podFromTemplate({ ...template, metadata: { ...template.metadata, labels }, spec }, set);
}

/** The node that a daemon pod is meant for, before the scheduler has bound it too (GetTargetNodeName). */
export function nodeOf(pod: KubeObject): string {
  const { spec } = podOf(pod);
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

/** Whether a set wants a pod on a node, and whether one that is there may stay (NodeShouldRunDaemonPod). */
export interface Fit {
  readonly run: boolean;
  readonly stay: boolean;
}

export function fitOf(set: KubeObject, node: KubeObject): Fit {
  const spec = templateSpec(set);
  const named = spec.nodeName === undefined || spec.nodeName === '' || spec.nodeName === node.metadata.name;
  if (!named || !specMatchesNode(spec, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(set);
  const untolerated = ((node as unknown as Node).spec?.taints ?? []).filter(
    (taint: Taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint),
  );
  return { run: untolerated.length === 0, stay: !untolerated.some((taint) => taint.effect === 'NoExecute') };
}

import type { KubeObject } from '#api/object.ts';
import { matchesNode, matchesTerm, tolerates } from '#api/node-fit.ts';
import type { Node, Taint } from '#api/types.generated.ts';
import { normalize, refuse, type ClusterEvent, type Plugin } from '../framework.ts';
import { hostPortsOf, specOf, type NodeInfo } from '../node-info.ts';

export const asNode = (object: KubeObject): Node => object as unknown as Node;
const taintsOf = (node: KubeObject): readonly Taint[] => asNode(node).spec?.taints ?? [];

/** Helps when a node has come that suits, or one has begun to suit. */
const whenNode =
  (suits: (pod: KubeObject, node: KubeObject) => boolean) =>
  (pod: KubeObject, event: ClusterEvent): boolean =>
    event.resource === 'node' &&
    event.action !== 'delete' &&
    suits(pod, event.object) &&
    (event.old === undefined || !suits(pod, event.old));

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const open = (pod: KubeObject, node: KubeObject): boolean =>
  asNode(node).spec?.unschedulable !== true || tolerates(specOf(pod).tolerations, unschedulableTaint);
export const untolerated = (pod: KubeObject, node: KubeObject): Taint | undefined =>
  taintsOf(node).find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, taint));
const refusals = {
  unschedulable: refuse('node(s) were unschedulable', true),
  name: refuse("node(s) didn't match the requested node name", true),
  taint: refuse('node(s) had untolerated taint(s)', true),
  affinity: refuse("node(s) didn't match Pod's node affinity/selector", true),
  ports: refuse("node(s) didn't have free ports for the requested pod ports"),
};

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  weight: 0,
  filter: (pod) => (info) => (open(pod, info.node!) ? undefined : refusals.unschedulable),
  hint: whenNode(open),
};

export const nodeName: Plugin = {
  name: 'NodeName',
  weight: 0,
  filter: (pod) => {
    const wanted = specOf(pod).nodeName ?? '';
    return wanted === '' ? undefined : (info) => (info.name === wanted ? undefined : refusals.name);
  },
  hint: whenNode((pod, node) => specOf(pod).nodeName === node.metadata.name),
};

const softTaints = (pod: KubeObject, info: NodeInfo): number =>
  taintsOf(info.node!).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(specOf(pod).tolerations, taint)).length;

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter: (pod) => (info) => (untolerated(pod, info.node!) === undefined ? undefined : refusals.taint),
  score: (pod, feasible) =>
    normalize(
      feasible.map((info) => softTaints(pod, info)),
      true,
    ),
  hint: whenNode((pod, node) => untolerated(pod, node) === undefined),
};

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter: (pod) => {
    const { nodeSelector, affinity } = specOf(pod);
    if (nodeSelector === undefined && affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined)
      return undefined;
    return (info) => (matchesNode(pod, info.node!) ? undefined : refusals.affinity);
  },
  score: (pod, feasible) => {
    const preferred = specOf(pod).affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return normalize(
      feasible.map((info) => preferred.reduce((sum, item) => sum + (matchesTerm(item.preference, info.node!) ? item.weight : 0), 0)),
      false,
    );
  },
  hint: whenNode(matchesNode),
};

export const nodePorts: Plugin = {
  name: 'NodePorts',
  weight: 0,
  filter: (pod) => {
    const wanted = hostPortsOf(pod);
    return wanted.length === 0 ? undefined : (info) => (wanted.some((port) => info.ports.has(port)) ? refusals.ports : undefined);
  },
  hint: (pod, event) => {
    if (event.resource === 'assigned-pod')
      return event.action === 'delete' && hostPortsOf(event.object).some((port) => hostPortsOf(pod).includes(port));
    return event.resource === 'node' && event.action === 'add';
  },
};

import type { Plugin } from '../framework.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity, nodeName, nodePorts, nodeUnschedulable, taintToleration } from './node.ts';
import { nodeResourcesBalancedAllocation, nodeResourcesFit } from './resources.ts';
import { podTopologySpread } from './topology-spread.ts';
import { nodeVolumeLimits, volumeBinding, volumeRestrictions, volumeZone } from './volumes.ts';

/** The default plugins in their order (apis/config/v1/default_plugins.go); a filter that refuses ends the round for its node. */
export const plugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  nodeResourcesBalancedAllocation,
  imageLocality,
];

import type { ControllerDefinition } from '../controller.ts';
import { clusterRoleAggregation } from './aggregation.ts';
import { cronjob } from './cronjob/index.ts';
import { daemonset } from './daemonset/index.ts';
import { deployment } from './deployment/index.ts';
import { disruption } from './disruption/index.ts';
import { endpoint, endpointslice, endpointSliceMirroring } from './endpoints/index.ts';
import { garbageCollector } from './garbage/index.ts';
import { rootCaPublisher, serviceaccount } from './identity.ts';
import { job } from './job/index.ts';
import { namespace } from './namespace.ts';
import { nodeLifecycle, taintEviction } from './node-health.ts';
import { nodeIpam, nodeRegistration, podGc } from './node.ts';
import { podAutoscaler } from './podautoscaler/index.ts';
import { policyStatus } from './policy-status.ts';
import { replicaset, replicationcontroller } from './replicaset.ts';
import { resourceQuota } from './resourcequota.ts';
import { serviceCidrs } from './service-cidrs.ts';
import { statefulset } from './statefulset/index.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';
import { ttl } from './ttl.ts';
import { claimProtection, ephemeralVolumes, volumeBinder, volumeExpander, volumeProtection } from './volumes/index.ts';

/** The control loops that run, by the name of their service account. */
export const controllers: ReadonlyMap<string, ControllerDefinition> = new Map(
  [
    deployment,
    replicaset,
    replicationcontroller,
    endpointslice,
    endpoint,
    endpointSliceMirroring,
    serviceaccount,
    rootCaPublisher,
    namespace,
    garbageCollector,
    nodeLifecycle,
    taintEviction,
    nodeIpam,
    nodeRegistration,
    podGc,
    daemonset,
    job,
    cronjob,
    statefulset,
    ttl,
    disruption,
    podAutoscaler,
    ttlAfterFinished,
    resourceQuota,
    volumeBinder,
    claimProtection,
    volumeProtection,
    volumeExpander,
    ephemeralVolumes,
    policyStatus,
    clusterRoleAggregation,
    serviceCidrs,
  ].map((controller) => [controller.name, controller]),
);

import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { get, pathOf } from '../context.ts';
import { checked } from '../errors.ts';
import { call, currentTime, type Command } from '../operations.ts';
import { selectorOf, type ApiPod } from '../pods.ts';
import { fetch, type Target } from '../resource-builder.ts';
import { describeAutoscaler } from './autoscaler.ts';
import { describeEvents, type ApiEvent } from './events.ts';
import { describeGeneric } from './generic.ts';
import { describeNode } from './node.ts';
import {
  describeBinding,
  describeBudget,
  describeClaim,
  describeConfigMap,
  describePriorityClass,
  describeRole,
  describeSecret,
  describeServiceAccount,
  describeStorageClass,
  describeVolume,
} from './others.ts';
import { describePod } from './pod.ts';
import { describeLimitRange, describeNamespace, describeQuota } from './quotas.ts';
import { describeEndpoints, describeIngress, describeService } from './service.ts';
import {
  describeCronJob,
  describeDaemonSet,
  describeDeployment,
  describeJob,
  describeReplicaSet,
  describeReplicationController,
  describeStatefulSet,
} from './workloads.ts';

/** Describes one object: what it says, and what belongs to it. */
type Describer = (target: Target, object: KubeObject, withEvents: boolean) => Command<string>;

function* list(path: string, query: Readonly<Record<string, string>>): Command<readonly KubeObject[]> {
  return (checked(yield* call(get(path, query))).body as unknown as { readonly items?: readonly KubeObject[] }).items ?? [];
}

const limit = '500';

/** An object's events, as text; nothing where they are not wanted. */
function* eventsOf(
  object: KubeObject,
  wanted: boolean,
  withKind = true,
  uids: readonly string[] = [object.metadata.uid ?? ''],
): Command<string> {
  if (!wanted) return '';
  const { name, namespace = '' } = object.metadata;
  const events: KubeObject[] = [];
  for (const uid of uids) {
    const terms = [
      `involvedObject.name=${name}`,
      `involvedObject.namespace=${namespace}`,
      ...(withKind ? [`involvedObject.kind=${object.kind}`] : []),
      `involvedObject.uid=${uid}`,
    ];
    const path = resourcePath(resources.events, namespace);
    const response = yield* call(get(path, { fieldSelector: terms.join(','), limit }));
    if (response.status < 400) events.push(...((response.body as unknown as { readonly items?: readonly KubeObject[] }).items ?? []));
  }
  return describeEvents(events as unknown as readonly ApiEvent[], yield* currentTime());
}

const plain = (describe: (object: never) => string): Describer =>
  function* (_target, object) {
    return describe(object as never);
  };

const withEvents = (describe: (object: never) => string): Describer =>
  function* (_target, object, wanted) {
    return describe(object as never) + (yield* eventsOf(object, wanted));
  };

const withPods = (describe: (object: never, pods: readonly ApiPod[]) => string): Describer =>
  function* (_target, object, wanted) {
    const pods = yield* list(resourcePath(resources.pods, object.metadata.namespace), { labelSelector: selectorOf(object) ?? '', limit });
    const own = pods.filter(
      (pod) => pod.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === object.metadata.uid) === true,
    );
    return describe(object as never, own as readonly ApiPod[]) + (yield* eventsOf(object, wanted));
  };

const describers: Readonly<Record<string, Describer>> = {
  '/Pod': function* (_target, object, wanted) {
    return describePod(object as ApiPod, yield* currentTime()) + (yield* eventsOf(object, wanted, false));
  },
  'apps/Deployment': function* (_target, object, wanted) {
    const events = yield* eventsOf(object, wanted);
    const sets = yield* list(resourcePath(resources.replicasets, object.metadata.namespace), {
      labelSelector: selectorOf(object) ?? '',
      limit,
    });
    const own = sets.filter(
      (set) => set.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === object.metadata.uid) === true,
    );
    return describeDeployment(object as never, own as never) + events;
  },
  'apps/ReplicaSet': withPods(describeReplicaSet as never),
  '/ReplicationController': withPods(describeReplicationController as never),
  'apps/StatefulSet': withPods(describeStatefulSet as never),
  'apps/DaemonSet': withPods(describeDaemonSet as never),
  'batch/Job': withEvents(describeJob as never),
  'batch/CronJob': withEvents(describeCronJob as never),
  '/Node': function* (_target, object, wanted) {
    const fieldSelector = `spec.nodeName=${object.metadata.name},status.phase!=Succeeded,status.phase!=Failed`;
    const pods = yield* list('/api/v1/pods', { fieldSelector, limit });
    const events = yield* eventsOf(object, wanted, true, [object.metadata.uid ?? '', object.metadata.name]);
    yield* call(get('/apis/resource.k8s.io/v1/resourceslices', { fieldSelector: `spec.nodeName=${object.metadata.name}` }));
    const lease = yield* call(get(resourcePath(resources.leases, 'kube-node-lease', object.metadata.name)));
    const now = yield* currentTime();
    return describeNode(object as never, pods as readonly ApiPod[], lease.status < 400 ? (lease.body as never) : undefined, now) + events;
  },
  '/Service': function* (_target, object, wanted) {
    const slices = yield* list(resourcePath(resources.endpointslices, object.metadata.namespace), {
      labelSelector: `kubernetes.io/service-name=${object.metadata.name}`,
    });
    return describeService(object as never, slices as never) + (yield* eventsOf(object, wanted));
  },
  '/Endpoints': withEvents(describeEndpoints as never),
  'networking.k8s.io/Ingress': withEvents(describeIngress as never),
  '/Namespace': function* (_target, object) {
    const quotas = yield* list(resourcePath({ group: '', version: 'v1', plural: 'resourcequotas' }, object.metadata.name), { limit });
    const ranges = yield* list(resourcePath({ group: '', version: 'v1', plural: 'limitranges' }, object.metadata.name), { limit });
    return describeNamespace(object as never, quotas as never, ranges as never);
  },
  '/ConfigMap': withEvents(describeConfigMap as never),
  '/Secret': plain(describeSecret as never),
  '/ServiceAccount': withEvents(describeServiceAccount as never),
  '/ResourceQuota': plain(describeQuota as never),
  '/LimitRange': plain(describeLimitRange as never),
  '/PersistentVolumeClaim': function* (_target, object, wanted) {
    const pods = yield* list(resourcePath(resources.pods, object.metadata.namespace), { limit });
    const users = (pods as readonly ApiPod[]).filter(
      (pod) => pod.spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === object.metadata.name) === true,
    );
    return describeClaim(object as never, users) + (yield* eventsOf(object, wanted));
  },
  '/PersistentVolume': withEvents(describeVolume as never),
  'storage.k8s.io/StorageClass': withEvents(describeStorageClass as never),
  'rbac.authorization.k8s.io/Role': plain(describeRole as never),
  'rbac.authorization.k8s.io/ClusterRole': plain(describeRole as never),
  'rbac.authorization.k8s.io/RoleBinding': plain(describeBinding as never),
  'rbac.authorization.k8s.io/ClusterRoleBinding': plain(describeBinding as never),
  'scheduling.k8s.io/PriorityClass': withEvents(describePriorityClass as never),
  'autoscaling/HorizontalPodAutoscaler': withEvents(describeAutoscaler as never),
  'policy/PodDisruptionBudget': withEvents(describeBudget as never),
};

/** The description of an object with its tabs (see `alignTabs`). A typed describer fetches the object anew. */
export function* describeTarget(target: Target, object: KubeObject, showEvents: boolean): Command<string> {
  const describe = describers[`${target.resource.group}/${target.resource.kind}`];
  if (describe === undefined) return describeGeneric(object) + (yield* eventsOf(object, showEvents));
  const path = pathOf(target.resource, target.namespace, target.name);
  const fresh = path === '' ? object : yield* fetch(target);
  return yield* describe(target, fresh, showEvents);
}

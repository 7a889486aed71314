import type { KubeObject } from '#api/object.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type {
  DaemonSet,
  Deployment,
  EndpointSlice,
  Job,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
  StatefulSet,
} from '#api/types.generated.ts';
import type { Model } from '../model.ts';
import { limited, namespaces } from '../plan.ts';

type StoredPod = Pod & KubeObject;
const isReady = ({ status }: StoredPod): boolean =>
  status?.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') === true;
const isOver = ({ status }: StoredPod): boolean => ['Succeeded', 'Failed'].includes(status?.phase ?? '');
const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

/** Live pods of an owner. */
function podsOf(model: Model, owner: KubeObject): readonly StoredPod[] {
  return model
    .list<Pod>(`/registry/pods/${owner.metadata.namespace ?? ''}/`)
    .filter(
      (pod) =>
        pod.metadata.ownerReferences?.some(({ uid, controller }) => uid === owner.metadata.uid && controller === true) === true &&
        !isOver(pod),
    );
}

interface Counted {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number; readonly observedGeneration?: number };
}

/** In a namespace with a quota there may be fewer than were asked for. */
function count(owner: KubeObject, what: string, is: number, wanted: number): readonly string[] {
  const fewer = owner.metadata.namespace === limited.namespace && is < wanted;
  return is === wanted || fewer ? [] : [`${nameOf(owner)}: ${what} ${is}, wanted are ${wanted}`];
}

function observed(owner: Counted & KubeObject): readonly string[] {
  const { generation } = owner.metadata;
  return owner.status?.observedGeneration === generation
    ? []
    : [`${nameOf(owner)}: its status is of generation ${owner.status?.observedGeneration}, it has ${generation}`];
}

function replicated(model: Model, owner: Counted & KubeObject): readonly string[] {
  const pods = podsOf(model, owner);
  const { replicas = 0, readyReplicas = 0 } = owner.status ?? {};
  const told = replicas === pods.length ? [] : [`${nameOf(owner)}: its status tells of ${replicas} pods, there are ${pods.length}`];
  const ready = pods.filter(isReady).length;
  const toldReady =
    readyReplicas === ready ? [] : [`${nameOf(owner)}: its status tells of ${readyReplicas} ready pods, there are ${ready}`];
  return [...count(owner, 'pods', pods.length, owner.spec?.replicas ?? 1), ...told, ...toldReady, ...observed(owner)];
}

function deployment(model: Model, owner: Deployment & KubeObject): readonly string[] {
  const sets = model
    .list<ReplicaSet>(`/registry/replicasets/${owner.metadata.namespace ?? ''}/`)
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true);
  const pods = sets.flatMap((set) => podsOf(model, set)).length;
  const { updatedReplicas = 0, replicas = 0 } = owner.status ?? {};
  const told = replicas === pods ? [] : [`${nameOf(owner)}: its status tells of ${replicas} pods, there are ${pods}`];
  const wanted = owner.spec?.replicas ?? 1;
  return [
    ...count(owner, 'pods', pods, wanted),
    ...count(owner, 'updated pods', updatedReplicas, wanted),
    ...told,
    ...observed(owner as Counted & KubeObject),
  ];
}

function statefulSet(model: Model, owner: StatefulSet & KubeObject): readonly string[] {
  const names = podsOf(model, owner)
    .map(({ metadata }) => metadata.name)
    .sort();
  const wanted = Array.from({ length: names.length }, (_, index) => `${owner.metadata.name}-${index}`);
  const ordinals = names.join() === wanted.join() ? [] : [`${nameOf(owner)}: its pods are ${names.join(', ')}`];
  return [...ordinals, ...replicated(model, owner as Counted & KubeObject)];
}

function daemonSet(model: Model, owner: DaemonSet & KubeObject): readonly string[] {
  const pods = podsOf(model, owner);
  const nodes = model.list('/registry/minions/').length;
  const places = new Set(pods.map(({ spec }) => spec?.nodeName)).size;
  const told =
    owner.status?.currentNumberScheduled === pods.length
      ? []
      : [`${nameOf(owner)}: its status tells of ${owner.status?.currentNumberScheduled} pods`];
  return [
    ...count(owner, 'pods', pods.length, nodes),
    ...count(owner, 'nodes', places, nodes),
    ...told,
    ...observed(owner as Counted & KubeObject),
  ];
}

function job(model: Model, owner: Job & KubeObject): readonly string[] {
  const { conditions = [], active = 0 } = owner.status ?? {};
  const finished = conditions.some(({ type, status }) => ['Complete', 'Failed'].includes(type ?? '') && status === 'True');
  const live = podsOf(model, owner).length;
  const tracked = model
    .list<Pod>(`/registry/pods/${owner.metadata.namespace ?? ''}/`)
    .filter(
      ({ metadata }) =>
        metadata.finalizers?.includes('batch.kubernetes.io/job-tracking') === true &&
        metadata.ownerReferences?.[0]?.uid === owner.metadata.uid,
    );
  if (!finished) return owner.metadata.namespace === limited.namespace ? [] : [`${nameOf(owner)} does not end (${live} pods)`];
  return [
    ...(live + active === 0 ? [] : [`${nameOf(owner)} is over, and has ${live} pods and ${active} by its status`]),
    ...tracked.map((pod) => `${nameOf(owner)} is over, and ${pod.metadata.name} is still tracked`),
  ];
}

function service(model: Model, owner: Service & KubeObject): readonly string[] {
  const { namespace = '', name } = owner.metadata;
  const selector = owner.spec?.selector;
  if (selector === undefined) return [];
  const wanted = model
    .list<Pod>(`/registry/pods/${namespace}/`)
    .filter((pod) => !isOver(pod) && Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value))
    .map((pod) => `${pod.status?.podIP} ${isReady(pod)}`)
    .sort();
  const told = model
    .list<EndpointSlice>(`/registry/endpointslices/${namespace}/`)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .map(({ addresses, conditions }) => `${addresses?.[0]} ${conditions?.ready}`)
    .sort();
  return told.join() === wanted.join() ? [] : [`${nameOf(owner)}: its slices tell of ${told.join(', ')}; there are ${wanted.join(', ')}`];
}

function budget(model: Model, owner: PodDisruptionBudget & KubeObject): readonly string[] {
  const selector = labelSelectorFromObject(owner.spec?.selector);
  // Pods that nobody can scale cannot be counted; then the budget only says so.
  if (owner.status?.conditions?.some(({ reason }) => reason === 'SyncFailed') === true) return [];
  const healthy = model
    .list<Pod>(`/registry/pods/${owner.metadata.namespace ?? ''}/`)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && isReady(pod)).length;
  return owner.status?.currentHealthy === healthy
    ? []
    : [`${nameOf(owner)} tells of ${owner.status?.currentHealthy} healthy pods, there are ${healthy}`];
}

const checks: Readonly<Record<string, (model: Model, owner: never) => readonly string[]>> = {
  deployments: deployment,
  replicasets: replicated,
  controllers: replicated,
  statefulsets: statefulSet,
  daemonsets: daemonSet,
  jobs: job,
  'services/specs': service,
  poddisruptionbudgets: budget,
};

/** Workloads have what they ask for, and say so. */
export function workloadsAtRest(model: Model): readonly string[] {
  return namespaces.flatMap((namespace) =>
    Object.entries(checks).flatMap(([storage, check]) =>
      model.list(`/registry/${storage}/${namespace}/`).flatMap((object) => check(model, object as never)),
    ),
  );
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { Node } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Caches,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
  type SyncResult,
} from '../../controller.ts';
import { claimPods, createPods, deletePods, podObservations, podOwners } from '../pod-control.ts';
import { isAvailable, isReady } from '../pods.ts';
import { asSet, fitOf, podFor } from './nodes.ts';
import { groupByNode, isUpdated, manage, oldestFirst, phaseOf, rollingUpdate, type Plan, type Situation } from './plan.ts';
import { cleanUpHistory, constructHistory } from './revisions.ts';

const burstReplicas = 250;

/** syncNodes: makes what is missing, then deletes what is too much; whether all of it worked. */
function* syncNodes({ set, hash }: Situation, { create, remove }: Plan, context: SyncContext): Calls<boolean> {
  const bodies = create.slice(0, burstReplicas).map((node) => podFor(set, node, hash));
  const created = yield* createPods(set, bodies, context);
  const deleted = yield* deletePods(set, remove.slice(0, burstReplicas), context);
  return created.error === undefined && deleted.error === undefined;
}

/** Pods that have ended are told of before they are deleted. */
function* tellEnded(set: KubeObject, { remove }: Plan, context: SyncContext): Calls<void> {
  const events = remove.flatMap((pod) => {
    const place = `${pod.metadata.namespace ?? ''}/${pod.metadata.name} on node ${(pod['spec'] as { readonly nodeName?: string }).nodeName ?? ''}`;
    if (phaseOf(pod) === 'Failed')
      return context.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${place}, will try to kill it`);
    return phaseOf(pod) === 'Succeeded'
      ? context.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${place}, will try to delete it`)
      : [];
  });
  if (events.length > 0) yield events;
}

/** updateDaemonSetStatus; `created` are nodes that have just been given a pod. */
function statusOf(situation: Situation, created: readonly string[], observed: boolean): object {
  const { set, nodes, byNode, now } = situation;
  const before = asSet(set).status;
  const fits = nodes.map((node) => ({ name: node.metadata.name, ...fitOf(set, node) }));
  const isPlaced = ({ name }: { readonly name: string }): boolean => byNode.has(name) || created.includes(name);
  const desired = fits.filter((fit) => fit.run);
  const oldest = desired.flatMap(({ name }) => oldestFirst(byNode.get(name) ?? []).slice(0, 1));
  const ready = oldest.filter(isReady);
  const numberAvailable = ready.filter((pod) => isAvailable(pod, asSet(set).spec?.minReadySeconds ?? 0, now)).length;
  const updatedNumberScheduled =
    oldest.filter((pod) => isUpdated(pod, situation)).length + created.filter((name) => !byNode.has(name)).length;
  const numberUnavailable = desired.length - numberAvailable;
  return {
    currentNumberScheduled: desired.filter(isPlaced).length,
    numberMisscheduled: fits.filter((fit) => !fit.run && isPlaced(fit)).length,
    desiredNumberScheduled: desired.length,
    numberReady: ready.length,
    observedGeneration: observed ? set.metadata.generation : (before?.observedGeneration ?? 0),
    ...(updatedNumberScheduled > 0 ? { updatedNumberScheduled } : {}),
    ...(numberAvailable > 0 ? { numberAvailable } : {}),
    ...(numberUnavailable > 0 ? { numberUnavailable } : {}),
    ...(before?.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
  };
}

function* report(situation: Situation, created: readonly string[], observed: boolean): Calls<SyncResult> {
  const { set } = situation;
  const status = statusOf(situation, created, observed) as { readonly numberReady: number; readonly numberAvailable?: number };
  const minReadySeconds = asSet(set).spec?.minReadySeconds ?? 0;
  const later = minReadySeconds > 0 && status.numberReady !== (status.numberAvailable ?? 0) ? { againMs: minReadySeconds * 1000 } : done;
  if (deepEqual(status, set['status'])) return later;
  const path = resourcePath(resources.daemonsets, set.metadata.namespace, set.metadata.name, 'status');
  const answer = yield* call({ method: 'PUT', path, body: { ...set, status } });
  return ok(answer) || answer.status === 404 ? later : retry;
}

/** pkg/controller/daemon/daemon_controller.go, syncDaemonSet: one pod on each node that is wanted, of the present template. */
function* sync(key: string, context: SyncContext): Sync {
  const set = lookUp(context.caches, 'daemonsets', key);
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return done;
  const history = yield* constructHistory(set, context);
  if (history === undefined) return retry;
  const pods = yield* claimPods(set, context);
  const nodes = [...(context.caches['nodes']?.store.values() ?? [])];
  const situation: Situation = { set, nodes, byNode: groupByNode(pods), hash: history.hash, now: context.now };
  if (!context.satisfied) return yield* report(situation, [], false);
  const managed = manage(situation);
  yield* tellEnded(set, managed, context);
  // What has just been asked for has to be seen before the template is looked at.
  const idle = managed.create.length + managed.remove.length === 0;
  const rolls = idle && asSet(set).spec?.updateStrategy?.type !== 'OnDelete';
  const plan = rolls ? rollingUpdate(situation) : managed;
  const worked = yield* syncNodes(situation, plan, context);
  if (worked) yield* cleanUpHistory(set, history, pods);
  const reported = yield* report(situation, worked ? plan.create : [], true);
  return worked ? reported : retry;
}

const all = (caches: Caches): readonly string[] => [...(caches['daemonsets']?.store.keys() ?? [])];
const nodeFacts = (node: KubeObject): unknown => [node.metadata.labels, (node as unknown as Node).spec?.taints];

export const daemonset: ControllerDefinition = {
  name: 'daemon-set-controller',
  workers: 2,
  eventSource: 'daemonset-controller',
  observes: { pods: podObservations('DaemonSet') },
  handlers: {
    daemonsets: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
    nodes: (change, caches) => (change.type === 'update' && deepEqual(nodeFacts(change.old!), nodeFacts(change.object)) ? [] : all(caches)),
    pods: podOwners('DaemonSet', 'daemonsets'),
  },
  sync,
};

import type { KubeObject } from '#api/object.ts';
import type { ReplicaSet } from '#api/types.generated.ts';
import { deepEqual } from '#base/json.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import { formatTime } from '#api/object.ts';
import { byIndex } from '#machinery/informer.ts';
import { controllerOf, controllerReference } from '#machinery/owner-references.ts';
import { mediaTypes } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, type Caches, type ControllerDefinition, type Sync, type SyncCall, type SyncContext } from '../controller.ts';
import { deletionOrder, isActive, isAvailable, isReady, ownerKey, podFromTemplate } from './pods.ts';

const burstReplicas = 500;

/** Pods that the set owns, and orphans that it should adopt (ControllerRefManager). */
function claim(set: KubeObject, caches: Caches): { readonly owned: readonly KubeObject[]; readonly orphans: readonly KubeObject[]; readonly released: readonly KubeObject[] } {
  const selector = labelSelectorFromObject((set as unknown as ReplicaSet).spec?.selector);
  const all = byIndex(caches['pods'], 'owner', set.metadata.uid ?? '');
  const matching = all.filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const released = all.filter((pod) => !matching.includes(pod) && pod.metadata.deletionTimestamp === undefined);
  const orphans = byIndex(caches['pods'], 'namespace', set.metadata.namespace ?? '').filter((pod) => controllerOf(pod) === undefined && isActive(pod) && matchesLabels(selector, pod.metadata.labels));
  return { owned: matching, orphans: set.metadata.deletionTimestamp === undefined ? orphans : [], released };
}

const podPath = (pod: KubeObject): string => resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name);

/** The patch that adopts or releases a pod (PodControllerRefManager). */
export function patchOwner(pod: KubeObject, owners: readonly object[]): SyncCall {
  return { method: 'PATCH', path: podPath(pod), contentType: mediaTypes.strategicMergePatch, body: { metadata: { uid: pod.metadata.uid, ownerReferences: owners } } };
}

/** Creates pods in batches that double (slowStartBatch), so that a failure that hits all of them is met once. */
function* createPods(set: KubeObject, count: number, context: SyncContext): Generator<readonly SyncCall[], boolean, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const template = (set as unknown as ReplicaSet).spec!.template!;
  const body = podFromTemplate(template, set);
  let left = Math.min(count, burstReplicas);
  for (let batch = 1; left > 0; batch *= 2) {
    const size = Math.min(batch, left);
    const answers = yield Array.from({ length: size }, (): SyncCall => ({ method: 'POST', path: resourcePath(resources.pods, set.metadata.namespace), body }));
    const events = answers.map((answer) =>
      ok(answer)
        ? context.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${(answer.body as unknown as KubeObject).metadata.name}`)
        : context.event(set, 'Warning', 'FailedCreate', `Error creating: ${(answer.body as { readonly message?: string } | null)?.message ?? ''}`),
    );
    yield events;
    if (answers.some((answer) => !ok(answer))) return false;
    left -= size;
  }
  return true;
}

function* deletePods(set: KubeObject, pods: readonly KubeObject[], count: number, context: SyncContext): Generator<readonly SyncCall[], boolean, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const chosen = [...pods].sort(deletionOrder).slice(0, Math.min(count, burstReplicas));
  const answers = yield chosen.map((pod): SyncCall => ({ method: 'DELETE', path: podPath(pod), body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: pod.metadata.uid } } }));
  yield chosen.map((pod, index) =>
    ok(answers[index]!) ? context.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`) : context.event(set, 'Warning', 'FailedDelete', `Error deleting: ${(answers[index]!.body as { readonly message?: string } | null)?.message ?? ''}`),
  );
  return answers.every((answer) => ok(answer) || answer.status === 404);
}

function statusOf(set: KubeObject, pods: readonly KubeObject[], failedMessage: string | undefined, context: SyncContext): object {
  const { spec, status } = set as unknown as ReplicaSet;
  const labels = Object.entries(spec?.template?.metadata?.labels ?? {});
  const minReady = spec?.minReadySeconds ?? 0;
  const count = (test: (pod: KubeObject) => boolean): number => pods.filter(test).length;
  const fullyLabeledReplicas = count((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value));
  const [readyReplicas, availableReplicas] = [count(isReady), count((pod) => isAvailable(pod, minReady, context.now))];
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure');
  const before = status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const failure = failedMessage === undefined ? [] : [before ?? { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(context.now), reason: 'FailedCreate', message: failedMessage }];
  const conditions = [...others, ...failure];
  const terminating = byIndex(context.caches['pods'], 'owner', set.metadata.uid ?? '').filter((pod) => pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== null && (pod['status'] as { readonly phase?: string } | undefined)?.phase !== 'Succeeded').length;
  return {
    ...(conditions.length > 0 ? { conditions } : {}),
    replicas: pods.length,
    ...(fullyLabeledReplicas > 0 ? { fullyLabeledReplicas } : {}),
    ...(readyReplicas > 0 ? { readyReplicas } : {}),
    ...(availableReplicas > 0 ? { availableReplicas } : {}),
    terminatingReplicas: terminating,
    observedGeneration: set.metadata.generation,
  };
}

/** pkg/controller/replicaset/replica_set.go (syncReplicaSet, manageReplicas). */
function* sync(key: string, context: SyncContext): Sync {
  const set = lookUp(context.caches, 'replicasets', key);
  if (set === undefined) return done;
  const { owned, orphans, released } = claim(set, context.caches);
  if (orphans.length > 0) yield orphans.map((pod) => patchOwner(pod, [controllerReference(set)]));
  if (released.length > 0) yield released.map((pod) => patchOwner(pod, [{ $patch: 'delete', uid: set.metadata.uid }]));
  const active = [...owned.filter(isActive), ...orphans];
  const wanted = (set as unknown as ReplicaSet).spec?.replicas ?? 0;
  let succeeded = true;
  if (set.metadata.deletionTimestamp === undefined) {
    if (active.length < wanted) succeeded = yield* createPods(set, wanted - active.length, context);
    else if (active.length > wanted) succeeded = yield* deletePods(set, active, active.length - wanted, context);
  }
  const status = statusOf(set, active, succeeded ? undefined : 'pods could not be created', context);
  if (deepEqual(status, normalized(set))) return succeeded ? done : retry;
  const answer = yield* call({ method: 'PUT', path: resourcePath(resources.replicasets, set.metadata.namespace, set.metadata.name, 'status'), body: { ...set, status } });
  return succeeded && (ok(answer) || answer.status === 409 || answer.status === 404) ? done : retry;
}

function normalized(set: KubeObject): unknown {
  return set['status'] ?? {};
}

export const replicaset: ControllerDefinition = {
  name: 'replicaset-controller',
  workers: 5,
  eventSource: 'replicaset-controller',
  handlers: {
    replicasets: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
    pods: (change, caches) => {
      const keys = [...ownerKey(change.object, 'ReplicaSet'), ...(change.old === undefined ? [] : ownerKey(change.old, 'ReplicaSet'))];
      if (keys.length > 0 || change.type === 'delete') return keys;
      return [...(caches['replicasets']?.store.prefixed(`${change.object.metadata.namespace ?? ''}/`) ?? [])]
        .filter(([, set]) => matchesLabels(labelSelectorFromObject((set as unknown as ReplicaSet).spec?.selector), change.object.metadata.labels))
        .map(([key]) => key);
    },
  },
  sync,
};

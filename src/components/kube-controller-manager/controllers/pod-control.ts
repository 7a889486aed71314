import type { KubeObject } from '#api/object.ts';
import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { LabelSelector } from '#api/types.generated.ts';
import { byIndex, type Change } from '#machinery/informer.ts';
import { controllerOf, controllerReference } from '#machinery/owner-references.ts';
import type { Observation } from '#machinery/expectations.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import { isTerminating, messageOf, ok, type Caches, type Calls, type SyncCall, type SyncContext } from '../controller.ts';
import { isActive, ownerKey } from './pods.ts';

/** What creating or deleting several pods came to. */
export interface PodWork {
  readonly done: number;
  /** The first refusal, in the API server's words. */
  readonly error: string | undefined;
}

export const podKey = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
export const podPath = (pod: KubeObject): string => resourcePath(resources.pods, pod.metadata.namespace, pod.metadata.name);

const errorOf = (answers: readonly HttpResponse[], allowed: (answer: HttpResponse) => boolean): string | undefined => {
  const refused = answers.find((answer) => !ok(answer) && !allowed(answer));
  return refused === undefined ? undefined : messageOf(refused);
};

/**
 * Creates pods in batches that double as long as all goes well, so that a refusal that hits all of them is met once
 * (slowStartBatch; RealPodControl.CreatePods). In a namespace that is being emptied every creation is refused: that is no
 * error, and since the pod stays expected nobody tries again soon.
 */
export function* createPods(owner: KubeObject, bodies: readonly object[], context: SyncContext): Calls<PodWork> {
  const path = resourcePath(resources.pods, owner.metadata.namespace);
  let done = 0;
  for (let [from, size] = [0, 1]; from < bodies.length; [from, size] = [from + size, size * 2]) {
    const batch = bodies.slice(from, from + size);
    const answers = yield batch.map((body): SyncCall => ({ method: 'POST', path, body, expects: { creation: true } }));
    yield answers.flatMap((answer) => {
      if (ok(answer))
        return context.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${(answer.body as unknown as KubeObject).metadata.name}`);
      return isTerminating(answer) ? [] : context.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(answer)}`);
    });
    done += answers.filter(ok).length;
    const error = errorOf(answers, isTerminating);
    if (error !== undefined) return { done, error };
  }
  return { done, error: undefined };
}

/** Deletes pods all at once (RealPodControl.DeletePod); one that is gone already counts as deleted. */
export function* deletePods(owner: KubeObject, pods: readonly KubeObject[], context: SyncContext): Calls<PodWork> {
  if (pods.length === 0) return { done: 0, error: undefined };
  const gone = (answer: HttpResponse): boolean => answer.status === 404;
  const answers = yield pods.map((pod): SyncCall => ({
    method: 'DELETE',
    path: podPath(pod),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
    expects: { deletion: podKey(pod) },
  }));
  yield pods.flatMap((pod, index) => {
    const answer = answers[index]!;
    if (ok(answer)) return context.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    return gone(answer) ? [] : context.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(answer)}`);
  });
  return { done: answers.filter((answer) => ok(answer) || gone(answer)).length, error: errorOf(answers, gone) };
}

/** What a change of a pod means for those who wait for pods of an owner of this kind: a pod that is marked counts as gone. */
export function podObservations(kind: string): (change: Change) => readonly Observation[] {
  return ({ type, object }) => {
    const [key] = ownerKey(object, kind);
    if (key === undefined) return [];
    const marked = object.metadata.deletionTimestamp !== undefined && object.metadata.deletionTimestamp !== null;
    if (type === 'delete' || marked) return [{ key, deletion: podKey(object) }];
    return type === 'add' ? [{ key, creation: true }] : [];
  };
}

interface Selecting {
  readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined;
}
/** The selector of a ReplicationController is a set of labels; those of the others are label selectors. */
function selectorOf(owner: KubeObject): ReturnType<typeof labelSelectorFromObject> {
  const selector = (owner as unknown as Selecting).spec?.selector;
  return labelSelectorFromObject(
    owner.kind === 'ReplicationController' ? { matchLabels: selector as LabelSelector['matchLabels'] } : selector,
  );
}

/** The members that pass a test: the list itself where all do, as they mostly do in a loop that looks at all pods each time. */
export function only(pods: readonly KubeObject[], test: (pod: KubeObject) => boolean): readonly KubeObject[] {
  for (const pod of pods) if (!test(pod)) return pods.filter(test);
  return pods;
}

/** The patch that adopts or releases a pod. */
const patchOwner = (pod: KubeObject, owners: readonly object[]): SyncCall => ({
  method: 'PATCH',
  path: podPath(pod),
  contentType: mediaTypes.strategicMergePatch,
  body: { metadata: { uid: pod.metadata.uid, ownerReferences: owners } },
});

/**
 * The pods of an owner: it adopts those that it selects and nobody owns, and lets go those that it selects no longer
 * (PodControllerRefManager). @param fits what else a pod must be
 */
export function* claimPods(
  owner: KubeObject,
  { caches }: SyncContext,
  fits: (pod: KubeObject) => boolean = () => true,
): Calls<readonly KubeObject[]> {
  const selector = selectorOf(owner);
  const isMember = (pod: KubeObject): boolean => matchesLabels(selector, pod.metadata.labels) && fits(pod);
  const own = byIndex(caches['pods'], 'owner', owner.metadata.uid ?? '');
  const kept = only(own, isMember);
  const released = kept === own ? [] : own.filter((pod) => !isMember(pod) && pod.metadata.deletionTimestamp === undefined);
  const free = owner.metadata.deletionTimestamp !== undefined ? [] : byIndex(caches['pods'], 'orphan', owner.metadata.namespace ?? '');
  const orphans = free.filter((pod) => isActive(pod) && isMember(pod));
  if (orphans.length > 0) yield orphans.map((pod) => patchOwner(pod, [controllerReference(owner)]));
  if (released.length > 0) yield released.map((pod) => patchOwner(pod, [{ $patch: 'delete', uid: owner.metadata.uid }]));
  return orphans.length === 0 ? kept : [...kept, ...orphans];
}

/** The owners that a change of a pod concerns: its own, or those that select a pod that nobody owns. */
export function podOwners(kind: string, plural: string): (change: Change, caches: Caches) => readonly string[] {
  return ({ type, object, old }, caches) => {
    const keys = [...ownerKey(object, kind), ...(old === undefined ? [] : ownerKey(old, kind))];
    if (keys.length > 0 || type === 'delete' || controllerOf(object) !== undefined) return keys;
    return [...(caches[plural]?.store.prefixed(`${object.metadata.namespace ?? ''}/`) ?? [])]
      .filter(([, owner]) => matchesLabels(selectorOf(owner), object.metadata.labels))
      .map(([key]) => key);
  };
}

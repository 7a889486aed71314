import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { controllerOf, controllerReference } from '#machinery/owner-references.ts';
import { call, lookUp, ok, type Calls, type SyncContext } from '../../controller.ts';
import { claimsOf, ordinalOf, startOf } from './pod-control.ts';
import { setOf } from './revisions.ts';

/** Who takes a claim along when it goes (claimOwnerMatchesSetAndPod). */
interface Owners {
  readonly set: boolean;
  readonly pod: boolean;
}

function wantedOwners(set: KubeObject, pod: KubeObject): Owners {
  const { persistentVolumeClaimRetentionPolicy: policy, replicas = 1 } = setOf(set).spec!;
  const ordinal = ordinalOf(set, pod)!;
  const beyond = ordinal < startOf(set) || ordinal >= startOf(set) + replicas;
  const goesWithPod = policy?.whenScaled === 'Delete' && beyond;
  return { pod: goesWithPod, set: policy?.whenDeleted === 'Delete' && !goesWithPod };
}

const uidsOf = (claim: KubeObject): readonly string[] => (claim.metadata.ownerReferences ?? []).map(({ uid }) => uid);

/** Somebody else controls the claim: then it is left alone (hasUnexpectedController). */
function isForeign(claim: KubeObject, set: KubeObject, pod: KubeObject): boolean {
  const controller = controllerOf(claim);
  return controller !== undefined && controller.uid !== set.metadata.uid && controller.uid !== pod.metadata.uid;
}

/** The claim with the owners that it should have; undefined where it has them. */
function withOwners(claim: KubeObject, set: KubeObject, pod: KubeObject): KubeObject | undefined {
  const wanted = wantedOwners(set, pod);
  const uids = uidsOf(claim);
  const has = ({ metadata }: KubeObject): boolean => uids.includes(metadata.uid ?? '');
  if ((has(set) === wanted.set && has(pod) === wanted.pod) || isForeign(claim, set, pod)) return undefined;
  const others = (claim.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
  const own = [...(wanted.set ? [set] : []), ...(wanted.pod ? [{ ...pod, apiVersion: 'v1', kind: 'Pod' }] : [])].map(controllerReference);
  return { ...claim, metadata: { ...claim.metadata, ownerReferences: [...others, ...own] } };
}

const knownClaims = (set: KubeObject, ordinal: number, { caches }: SyncContext): readonly KubeObject[] =>
  claimsOf(set, ordinal).flatMap(([, { metadata }]) => {
    const claim = lookUp(caches, 'persistentvolumeclaims', `${metadata.namespace ?? ''}/${metadata.name}`);
    return claim === undefined ? [] : [claim];
  });

/** pkg/controller/statefulset/stateful_pod_control.go, UpdatePodClaimForRetentionPolicy; a claim that is not seen yet is left to the next round. */
export function* retainClaims(set: KubeObject, pod: KubeObject, context: SyncContext): Calls<boolean> {
  for (const claim of knownClaims(set, ordinalOf(set, pod)!, context)) {
    const owned = withOwners(claim, set, pod);
    if (owned === undefined) continue;
    const { namespace, name } = claim.metadata;
    const answer = yield* call({ method: 'PUT', path: resourcePath(resources.persistentvolumeclaims, namespace, name), body: owned });
    if (!ok(answer)) return false;
  }
  return true;
}

/** PodClaimIsStale: a claim that goes with a pod of this name that is gone; a new pod waits for its end. */
export function hasStaleClaim(set: KubeObject, ordinal: number, context: SyncContext): boolean {
  if (setOf(set).spec?.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false;
  const name = `${set.metadata.name}-${ordinal}`;
  return knownClaims(set, ordinal, context).some((claim) =>
    claim.metadata.ownerReferences?.some((owner) => owner.kind === 'Pod' && owner.name === name),
  );
}

import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { DeploymentCondition } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import {
  call,
  done,
  lookUp,
  ok,
  retry,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncCall,
  type SyncContext,
} from '../../controller.ts';
import { ownerKey } from '../pods.ts';
import { proportionalSizes } from '../proportion.ts';
import { asDeployment, asSet, desiredKey, fenceposts, maxKey, replicasOf, revisionOf, setPath, withoutHash } from './objects.ts';
import { isOutcome, newReplicaSet, scale } from './sets.ts';
import { statusOf, sum } from './status.ts';

/** rolling.go: the new set grows within the surge, the old ones shrink as far as availability allows. Returns the sets after one step. */
function* roll(
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
  context: SyncContext,
): Generator<
  readonly SyncCall[],
  { readonly current: KubeObject; readonly old: readonly KubeObject[] } | undefined,
  readonly import('#protocol/rest.ts').HttpResponse[]
> {
  const wanted = asDeployment(deployment).spec?.replicas ?? 1;
  const { maxSurge, maxUnavailable } = fenceposts(asDeployment(deployment));
  const oldTotal = old.reduce((count, set) => count + replicasOf(set), 0);
  const room = wanted + maxSurge - (oldTotal + replicasOf(current));
  const target = replicasOf(current) > wanted ? wanted : replicasOf(current) + Math.max(0, Math.min(room, wanted - replicasOf(current)));
  if (target !== replicasOf(current)) {
    const next = yield* scale(deployment, current, target, context);
    return next === undefined ? undefined : { current: next, old };
  }
  if (oldTotal === 0) return { current, old };
  const minAvailable = wanted - maxUnavailable;
  const unavailableNew = replicasOf(current) - (asSet(current).status?.availableReplicas ?? 0);
  let removable = oldTotal + replicasOf(current) - minAvailable - unavailableNew;
  const after: KubeObject[] = [];
  const byAge = [...old].sort((a, b) => Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? ''));
  // First the pods of old sets that do not work anyway, then as many of the others as availability allows.
  for (const set of byAge) {
    const unhealthy = replicasOf(set) - (asSet(set).status?.availableReplicas ?? 0);
    const drop = Math.max(0, Math.min(removable, unhealthy));
    const next = drop > 0 ? yield* scale(deployment, set, replicasOf(set) - drop, context) : set;
    if (next === undefined) return undefined;
    removable -= drop;
    after.push(next);
  }
  let spare = sum([current, ...after], 'availableReplicas') - minAvailable;
  const result: KubeObject[] = [];
  for (const set of after) {
    const drop = Math.max(0, Math.min(spare, replicasOf(set)));
    const next = drop > 0 ? yield* scale(deployment, set, replicasOf(set) - drop, context) : set;
    if (next === undefined) return undefined;
    spare -= drop;
    result.push(next);
  }
  return { current, old: result };
}

/** Old sets beyond the history limit go (cleanupDeployment). */
function* cleanUp(deployment: KubeObject, old: readonly KubeObject[]): Calls<void> {
  const limit = asDeployment(deployment).spec?.revisionHistoryLimit ?? 10;
  const idle = old.filter(
    (set) => replicasOf(set) === 0 && (asSet(set).status?.replicas ?? 0) === 0 && set.metadata.deletionTimestamp === undefined,
  );
  const surplus = idle.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, idle.length - limit));
  if (surplus.length > 0)
    yield surplus.map((set): SyncCall => ({ method: 'DELETE', path: setPath(set), body: { kind: 'DeleteOptions', apiVersion: 'v1' } }));
}

/** sync.go (scale): one active set takes the whole size; old ones beside a complete new one go; several share it. */
function* resize(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  existing: KubeObject | undefined,
  context: SyncContext,
): Calls<readonly KubeObject[] | undefined> {
  const { replicas: wanted = 1, strategy } = asDeployment(deployment).spec!;
  const active = sets.filter((set) => replicasOf(set) > 0);
  const sizes = new Map<string, number>();
  const saturated =
    existing !== undefined &&
    replicasOf(existing) === wanted &&
    Number(existing.metadata.annotations?.[desiredKey]) === wanted &&
    asSet(existing).status?.availableReplicas === wanted;
  if (active.length === 1) sizes.set(active[0]!.metadata.name, wanted);
  else if (saturated) for (const set of active) sizes.set(set.metadata.name, set === existing ? wanted : 0);
  else if (strategy?.type !== 'Recreate') {
    const portions = active.map((set) => ({
      name: set.metadata.name,
      replicas: replicasOf(set),
      created: Date.parse(set.metadata.creationTimestamp ?? ''),
      maxBefore: Number(set.metadata.annotations?.[maxKey] ?? 0) || (asDeployment(deployment).status?.replicas ?? 0),
    }));
    for (const [name, size] of proportionalSizes(portions, wanted, fenceposts(asDeployment(deployment)).maxSurge)) sizes.set(name, size);
  }
  const after: KubeObject[] = [];
  for (const set of sets) {
    const size = sizes.get(set.metadata.name);
    const next = size === undefined ? set : yield* scale(deployment, set, size, context);
    if (next === undefined) return undefined;
    after.push(next);
  }
  return after;
}

/** pkg/controller/deployment/deployment_controller.go (syncDeployment). */
function* sync(key: string, context: SyncContext): Sync {
  const deployment = lookUp(context.caches, 'deployments', key);
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return done;
  const { spec } = asDeployment(deployment);
  const sets = byIndex(context.caches['replicasets'], 'owner', deployment.metadata.uid ?? '');
  const existing = sets.find((set) => deepEqual(withoutHash(asSet(set).spec?.template), withoutHash(spec!.template)));
  const scaling = sets
    .filter((set) => replicasOf(set) > 0)
    .some(
      (set) =>
        set.metadata.annotations?.[desiredKey] !== undefined && Number(set.metadata.annotations[desiredKey]) !== (spec?.replicas ?? 1),
    );
  if (scaling) {
    const after = yield* resize(deployment, sets, existing, context);
    if (after === undefined) return retry;
    return yield* report(
      deployment,
      after,
      after.find((set) => set.metadata.uid === existing?.metadata.uid),
      context,
    );
  }
  if (spec?.paused === true) return yield* report(deployment, sets, existing, context);
  const current = yield* newReplicaSet(deployment, sets, context);
  if (isOutcome(current)) return current;
  const old = sets.filter((set) => set.metadata.uid !== current.metadata.uid);
  if (spec?.strategy?.type === 'Recreate') return yield* recreate(deployment, current, old, context);
  const rolled = yield* roll(deployment, current, old, context);
  if (rolled === undefined) return retry;
  if (
    asDeployment(deployment).status?.conditions?.some((item) => item.type === 'Progressing' && item.reason === 'NewReplicaSetAvailable') ===
    true
  )
    yield* cleanUp(deployment, rolled.old);
  return yield* report(deployment, [...rolled.old, rolled.current], rolled.current, context);
}

/** recreate.go: the old pods have to be gone before the first new one. */
function* recreate(deployment: KubeObject, current: KubeObject, old: readonly KubeObject[], context: SyncContext): Sync {
  const after: KubeObject[] = [];
  for (const set of old) after.push(replicasOf(set) > 0 ? ((yield* scale(deployment, set, 0, context)) ?? set) : set);
  const gone = old.every(
    (set) => (asSet(set).status?.replicas ?? 0) === 0 && byIndex(context.caches['pods'], 'owner', set.metadata.uid ?? '').length === 0,
  );
  const next = gone ? yield* scale(deployment, current, asDeployment(deployment).spec?.replicas ?? 1, context) : current;
  return yield* report(deployment, [...after, next ?? current], next ?? current, context);
}

function* report(deployment: KubeObject, all: readonly KubeObject[], current: KubeObject | undefined, context: SyncContext): Sync {
  const { status } = statusOf(deployment, all, current, context.now);
  const deadline = (asDeployment(deployment).spec?.progressDeadlineSeconds ?? 600) * 1000;
  const finished =
    (status as { readonly conditions?: readonly DeploymentCondition[] }).conditions?.some(
      (item) => item.type === 'Progressing' && item.reason === 'NewReplicaSetAvailable',
    ) === true;
  const later = finished ? done : { againMs: deadline + 1000 };
  if (deepEqual(status, asDeployment(deployment).status ?? {})) return later;
  const answer = yield* call({
    method: 'PUT',
    path: resourcePath(resources.deployments, deployment.metadata.namespace, deployment.metadata.name, 'status'),
    body: { ...deployment, status },
  });
  return ok(answer) || answer.status === 404 ? later : retry;
}

export const deployment: ControllerDefinition = {
  name: 'deployment-controller',
  workers: 5,
  eventSource: 'deployment-controller',
  handlers: {
    deployments: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
    replicasets: ({ object }) => ownerKey(object, 'Deployment'),
    pods: (change, caches) => {
      // Only Recreate waits for pods to be gone.
      if (change.type !== 'delete') return [];
      const [setKey] = ownerKey(change.object, 'ReplicaSet');
      const set = setKey === undefined ? undefined : lookUp(caches, 'replicasets', setKey);
      return set === undefined
        ? []
        : ownerKey(set, 'Deployment').filter(
            (owner) => asDeployment(lookUp(caches, 'deployments', owner) ?? set).spec?.strategy?.type === 'Recreate',
          );
    },
  },
  sync,
};

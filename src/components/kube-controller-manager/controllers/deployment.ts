import { deepEqual } from '#base/json.ts';
import { hashObject } from '#api/names.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Deployment, DeploymentCondition, PodTemplateSpec, ReplicaSet } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncCall, type SyncContext } from '../controller.ts';
import { ownerKey } from './pods.ts';
import { proportionalSizes } from './proportion.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
const desiredKey = 'deployment.kubernetes.io/desired-replicas';
const maxKey = 'deployment.kubernetes.io/max-replicas';
const historyKey = 'deployment.kubernetes.io/revision-history';
/** Annotations of a Deployment that its ReplicaSets do not take over. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  historyKey,
  desiredKey,
  maxKey,
  'deprecated.deployment.rollback.to',
]);
const hashLabel = 'pod-template-hash';

const asDeployment = (object: KubeObject): Deployment => object as unknown as Deployment;
const asSet = (object: KubeObject): ReplicaSet => object as unknown as ReplicaSet;
const replicasOf = (set: KubeObject): number => asSet(set).spec?.replicas ?? 0;
const setPath = (set: KubeObject): string => resourcePath(resources.replicasets, set.metadata.namespace, set.metadata.name);
const revisionOf = (object: KubeObject): number => Number(object.metadata.annotations?.[revisionKey] ?? 0);

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

function share(value: string | number | undefined, total: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const percent = Number((value ?? '25%').replace('%', ''));
  return up ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

/** How many more and how many fewer pods than wanted there may be (ResolveFenceposts). */
function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { strategy, replicas = 1 } = deployment.spec!;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas };
  const maxSurge = share(strategy?.rollingUpdate?.maxSurge, replicas, true);
  const maxUnavailable = share(strategy?.rollingUpdate?.maxUnavailable, replicas, false);
  return { maxSurge, maxUnavailable: Math.min(replicas, maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable) };
}

function scaleAnnotations(deployment: KubeObject): Readonly<Record<string, string>> {
  const wanted = asDeployment(deployment).spec?.replicas ?? 1;
  return { [desiredKey]: String(wanted), [maxKey]: String(wanted + fenceposts(asDeployment(deployment)).maxSurge) };
}

function newSetFor(deployment: KubeObject, revision: number, replicas: number): { readonly name: string; readonly body: object } {
  const { spec } = asDeployment(deployment);
  const template = spec!.template;
  const hash = hashObject(template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const name = `${deployment.metadata.name}-${hash}`;
  const copied = Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)));
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: { ...copied, ...scaleAnnotations(deployment), [revisionKey]: String(revision) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      ...(spec!.minReadySeconds === undefined ? {} : { minReadySeconds: spec!.minReadySeconds }),
      replicas,
      selector: { ...spec!.selector, matchLabels: { ...spec!.selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  return { name, body };
}

function condition(type: string, status: string, reason: string, message: string, now: number): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

/** SetDeploymentCondition: the same status and reason leave it, the same status keeps its transition time. */
function withCondition(list: readonly DeploymentCondition[], next: DeploymentCondition): readonly DeploymentCondition[] {
  const before = list.find((item) => item.type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return list;
  const kept = before?.status === next.status ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  return [...list.filter((item) => item.type !== next.type), kept];
}

const sum = (sets: readonly KubeObject[], field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas'): number =>
  sets.reduce((total, set) => total + (asSet(set).status?.[field] ?? 0), 0);

/** pkg/controller/deployment/sync.go (calculateStatus) and progress.go (syncRolloutStatus). */
function statusOf(
  deployment: KubeObject,
  all: readonly KubeObject[],
  current: KubeObject | undefined,
  now: number,
): { readonly status: object } {
  const { spec, status } = asDeployment(deployment);
  const wanted = spec?.replicas ?? 1;
  const available = sum(all, 'availableReplicas');
  const updated = current === undefined ? 0 : (asSet(current).status?.replicas ?? 0);
  const total = sum(all, 'replicas');
  let conditions: readonly DeploymentCondition[] = status?.conditions ?? [];
  const enough = available >= wanted - fenceposts(asDeployment(deployment)).maxUnavailable;
  conditions = withCondition(
    conditions,
    enough
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now),
  );
  const complete =
    updated === wanted &&
    total === wanted &&
    available === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const progressing = conditions.find((item) => item.type === 'Progressing');
  const moved =
    updated > (status?.updatedReplicas ?? 0) ||
    sum(all, 'readyReplicas') > (status?.readyReplicas ?? 0) ||
    available > (status?.availableReplicas ?? 0) ||
    total - updated < (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  const finishedBefore = total === updated && progressing?.reason === 'NewReplicaSetAvailable';
  if (!finishedBefore || !complete) {
    if (complete)
      conditions = withCondition(
        conditions,
        condition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now),
      );
    else if (moved && !finishedBefore)
      conditions = progressed(conditions, condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now));
    else if (timedOut(asDeployment(deployment), progressing, now))
      conditions = withCondition(
        conditions,
        condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now),
      );
  }
  const counts = {
    replicas: total,
    updatedReplicas: updated,
    readyReplicas: sum(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available),
  };
  return {
    status: {
      observedGeneration: deployment.metadata.generation,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      terminatingReplicas: sum(all, 'terminatingReplicas'),
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    },
  };
}

/** Progress renews the condition even with the same reason (progress.go). */
function progressed(list: readonly DeploymentCondition[], next: DeploymentCondition): readonly DeploymentCondition[] {
  const before = list.find((item) => item.type === next.type);
  const kept = before?.status === next.status ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  return [...list.filter((item) => item.type !== next.type), kept];
}

function timedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): boolean {
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000 < now;
}

function* scale(
  deployment: KubeObject,
  set: KubeObject,
  replicas: number,
  context: SyncContext,
): Generator<readonly SyncCall[], KubeObject | undefined, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const annotations = { ...set.metadata.annotations, ...scaleAnnotations(deployment) };
  if (replicas === replicasOf(set) && deepEqual(annotations, set.metadata.annotations)) return set;
  const answer = yield* call({
    method: 'PUT',
    path: setPath(set),
    body: { ...set, metadata: { ...set.metadata, annotations }, spec: { ...(set['spec'] as object), replicas } },
  });
  if (!ok(answer)) return undefined;
  if (replicas !== replicasOf(set)) {
    const direction = replicas > replicasOf(set) ? 'up' : 'down';
    yield [
      context.event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled ${direction} replica set ${set.metadata.name} from ${replicasOf(set)} to ${replicas}`,
      ),
    ];
  }
  return answer.body as unknown as KubeObject;
}

/** The set of the present template: found (and given its revision) or created (getNewReplicaSet). */
function* newReplicaSet(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  context: SyncContext,
): Generator<readonly SyncCall[], KubeObject | undefined, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const template = asDeployment(deployment).spec!.template;
  const wanted = withoutHash(template);
  const found = [...sets]
    .sort((a, b) => Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? ''))
    .find((set) => deepEqual(withoutHash(asSet(set).spec?.template), wanted));
  const others = sets.filter((set) => set !== found);
  const revision = Math.max(0, ...others.map(revisionOf)) + 1;
  if (found !== undefined) {
    let current = found;
    if (revisionOf(found) < revision) {
      const history = found.metadata.annotations?.[historyKey];
      const before = String(revisionOf(found));
      const annotations = {
        ...found.metadata.annotations,
        ...scaleAnnotations(deployment),
        [revisionKey]: String(revision),
        [historyKey]: history === undefined ? before : `${history},${before}`,
      };
      const answer = yield* call({ method: 'PUT', path: setPath(found), body: { ...found, metadata: { ...found.metadata, annotations } } });
      if (!ok(answer)) return undefined;
      current = answer.body as unknown as KubeObject;
    }
    const known = asDeployment(deployment).status?.conditions?.some((item) => item.type === 'Progressing') === true;
    yield* announce(
      deployment,
      current,
      known
        ? undefined
        : condition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${found.metadata.name}"`, context.now),
    );
    return current;
  }
  const { maxSurge } = fenceposts(asDeployment(deployment));
  const { replicas: total = 1, strategy } = asDeployment(deployment).spec!;
  const existing = others.reduce((count, set) => count + replicasOf(set), 0);
  const replicas = strategy?.type === 'Recreate' ? (existing > 0 ? 0 : total) : Math.min(total, Math.max(0, total + maxSurge - existing));
  const { name, body } = newSetFor(deployment, revision, replicas);
  const answer = yield* call({ method: 'POST', path: resourcePath(resources.replicasets, deployment.metadata.namespace), body });
  if (!ok(answer)) return undefined;
  if (replicas > 0) yield [context.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`)];
  const created = answer.body as unknown as KubeObject;
  yield* announce(
    deployment,
    created,
    condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, context.now),
  );
  return created;
}

/** The Deployment says which revision it is at. */
function* announce(
  deployment: KubeObject,
  set: KubeObject,
  progressing: DeploymentCondition | undefined,
): Generator<readonly SyncCall[], void, readonly import('#protocol/rest.ts').HttpResponse[]> {
  const revision = set.metadata.annotations?.[revisionKey] ?? '1';
  if (progressing === undefined && deployment.metadata.annotations?.[revisionKey] === revision) return;
  const { status } = asDeployment(deployment);
  const conditions = progressing === undefined ? status?.conditions : progressed(status?.conditions ?? [], progressing);
  const annotations = { ...deployment.metadata.annotations, [revisionKey]: revision };
  yield* call({
    method: 'PUT',
    path: resourcePath(resources.deployments, deployment.metadata.namespace, deployment.metadata.name, 'status'),
    body: {
      ...deployment,
      metadata: { ...deployment.metadata, annotations },
      status: { ...status, ...(conditions === undefined ? {} : { conditions }) },
    },
  });
}

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
function* cleanUp(
  deployment: KubeObject,
  old: readonly KubeObject[],
): Generator<readonly SyncCall[], void, readonly import('#protocol/rest.ts').HttpResponse[]> {
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
): Generator<readonly SyncCall[], readonly KubeObject[] | undefined, readonly import('#protocol/rest.ts').HttpResponse[]> {
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
  if (current === undefined) return retry;
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

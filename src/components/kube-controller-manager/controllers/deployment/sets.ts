import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import type { DeploymentCondition } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { call, done, isTerminating, messageOf, ok, retry, type Calls, type SyncContext, type SyncResult } from '../../controller.ts';
import {
  asDeployment,
  asSet,
  fenceposts,
  historyKey,
  newSetFor,
  replicasOf,
  revisionKey,
  revisionOf,
  scaleAnnotations,
  setPath,
  withoutHash,
} from './objects.ts';
import { condition, progressed, withCondition } from './status.ts';

export function* scale(deployment: KubeObject, set: KubeObject, replicas: number, context: SyncContext): Calls<KubeObject | undefined> {
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

/** Whether there is no set, only what is to be done about that. */
export const isOutcome = (found: KubeObject | SyncResult): found is SyncResult => !('metadata' in found);

/** The set of the present template: found (and given its revision) or created (getNewReplicaSet). */
export function* newReplicaSet(deployment: KubeObject, sets: readonly KubeObject[], context: SyncContext): Calls<KubeObject | SyncResult> {
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
      if (!ok(answer)) return retry;
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
  if (!ok(answer)) return yield* notCreated(deployment, name, answer, context);
  if (replicas > 0) yield [context.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`)];
  const created = answer.body as unknown as KubeObject;
  yield* announce(
    deployment,
    created,
    condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, context.now),
  );
  return created;
}

/** A refusal is told of, except in a namespace that goes, where trying again is no use. */
function* notCreated(deployment: KubeObject, name: string, answer: HttpResponse, context: SyncContext): Calls<SyncResult> {
  if (isTerminating(answer)) return done;
  if (answer.status === 409) return retry;
  const message = `Failed to create new replica set "${name}": ${messageOf(answer)}`;
  const { status } = asDeployment(deployment);
  const conditions = withCondition(
    status?.conditions ?? [],
    condition('Progressing', 'False', 'ReplicaSetCreateError', message, context.now),
  );
  const path = resourcePath(resources.deployments, deployment.metadata.namespace, deployment.metadata.name, 'status');
  yield* call({ method: 'PUT', path, body: { ...deployment, status: { ...status, conditions } } });
  yield [context.event(deployment, 'Warning', 'ReplicaSetCreateError', message)];
  return retry;
}

/** The Deployment says which revision it is at. */
function* announce(deployment: KubeObject, set: KubeObject, progressing: DeploymentCondition | undefined): Calls<void> {
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

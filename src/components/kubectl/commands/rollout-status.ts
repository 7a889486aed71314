import type { DaemonSet, Deployment, StatefulSet } from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import type { Context } from '../context.ts';
import { CommandError, quote } from '../errors.ts';
import { type Command } from '../operations.ts';
import { fetchTargets, targetsOf } from '../resource-builder.ts';
import { watchUntil, type Observation } from '../watch-object.ts';
import { throwAll } from '../errors.ts';

/** `kubectl rollout status`: says how far a roll-out is until it is done (kubectl/pkg/polymorphichelpers/rollout_status.go). */
export function* rolloutStatus(context: Context): Command<void> {
  const targets = yield* targetsOf(context, context.args);
  const { found, errors } = yield* fetchTargets(context, targets);
  throwAll(errors);
  const timeoutMs = context.flags.duration('timeout') || undefined;
  for (const { target, object } of found) {
    viewer(object);
    const once = !context.flags.boolean('watch');
    const met = yield* watchUntil(target, timeoutMs, (current, deleted) => {
      if (deleted || current === undefined) return { error: new CommandError('object has been deleted') };
      const observation = viewer(current);
      return once ? { ...observation, done: true } : observation;
    });
    if (!met) throw new CommandError('timed out waiting for the condition');
  }
}

function viewer(object: KubeObject): Observation {
  switch (object.kind) {
    case 'Deployment':
      return deploymentStatus(object);
    case 'DaemonSet':
      return daemonSetStatus(object);
    case 'StatefulSet':
      return statefulSetStatus(object);
    default:
      throw new CommandError(`no status viewer has been implemented for ${object.kind}`);
  }
}

/** The state of a deployment's roll-out. */
function deploymentStatus({ metadata, spec, status = {} }: Deployment & KubeObject): Observation {
  const name = quote(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return { print: 'Waiting for deployment spec update to be observed...\n' };
  const progressing = status.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { error: new CommandError(`deployment ${name} exceeded its progress deadline`) };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const wanted = spec?.replicas ?? 0;
  const waiting = `Waiting for deployment ${name} rollout to finish:`;
  if (updatedReplicas < wanted) return { print: `${waiting} ${updatedReplicas} out of ${wanted} new replicas have been updated...\n` };
  if (replicas > updatedReplicas) return { print: `${waiting} ${replicas - updatedReplicas} old replicas are pending termination...\n` };
  if (availableReplicas < updatedReplicas)
    return { print: `${waiting} ${availableReplicas} of ${updatedReplicas} updated replicas are available...\n` };
  return { print: `deployment ${name} successfully rolled out\n`, done: true };
}

function daemonSetStatus({ metadata, spec, status }: DaemonSet & KubeObject): Observation {
  if (spec?.updateStrategy?.type !== 'RollingUpdate')
    return { error: new CommandError('rollout status is only available for RollingUpdate strategy type') };
  const name = quote(metadata.name);
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0))
    return { print: 'Waiting for daemon set spec update to be observed...\n' };
  const { updatedNumberScheduled: updated = 0, desiredNumberScheduled: desired = 0, numberAvailable: available = 0 } = status ?? {};
  const waiting = `Waiting for daemon set ${name} rollout to finish:`;
  if (updated < desired) return { print: `${waiting} ${updated} out of ${desired} new pods have been updated...\n` };
  if (available < desired) return { print: `${waiting} ${available} of ${desired} updated pods are available...\n` };
  return { print: `daemon set ${name} successfully rolled out\n`, done: true };
}

function statefulSetStatus({ metadata, spec, status }: StatefulSet & KubeObject): Observation {
  if (spec?.updateStrategy?.type !== 'RollingUpdate')
    return { error: new CommandError('rollout status is only available for RollingUpdate strategy type') };
  const observed = status?.observedGeneration ?? 0;
  if (observed === 0 || (metadata.generation ?? 0) > observed) return { print: 'Waiting for statefulset spec update to be observed...\n' };
  const { readyReplicas = 0, updatedReplicas = 0, updateRevision = '', currentRevision = '' } = status ?? {};
  const wanted = spec.replicas ?? 0;
  if (readyReplicas < wanted) return { print: `Waiting for ${wanted - readyReplicas} pods to be ready...\n` };
  const partition = spec.updateStrategy.rollingUpdate?.partition;
  if (partition !== undefined) {
    if (updatedReplicas < wanted - partition)
      return {
        print: `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${wanted - partition} new pods have been updated...\n`,
      };
    return { print: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...\n`, done: true };
  }
  if (updateRevision !== currentRevision)
    return { print: `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...\n` };
  return {
    print: `statefulset rolling update complete ${status?.currentReplicas ?? 0} pods at revision ${currentRevision}...\n`,
    done: true,
  };
}

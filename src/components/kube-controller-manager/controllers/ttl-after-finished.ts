import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, done, lookUp, ok, retry, splitKey, type ControllerDefinition, type Sync, type SyncContext } from '../controller.ts';
import { finishedBy, jobOf } from './job/objects.ts';

const name = 'ttl-after-finished-controller';

/** When a job is to be deleted (timeLeft); undefined where it has no such time, has not ended, or is going already. */
function expiryOf(object: KubeObject): number | undefined {
  const seconds = jobOf(object).spec?.ttlSecondsAfterFinished;
  const finish = finishedBy(jobOf(object));
  if (seconds === undefined || finish === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  return Date.parse(finish.lastTransitionTime ?? '') + seconds * 1000;
}

/** processJob: what the cache says is due is asked for once more, since its time may have been changed. */
function* sync(key: string, { caches, now }: SyncContext): Sync {
  const cached = lookUp(caches, 'jobs', key);
  const expiry = cached === undefined ? undefined : expiryOf(cached);
  if (expiry === undefined) return done;
  if (expiry > now) return { againMs: expiry - now };
  const { namespace, name: job } = splitKey(key);
  const path = resourcePath(resources.jobs, namespace, job);
  const live = yield* call({ method: 'GET', path });
  if (!ok(live)) return live.status === 404 ? done : retry;
  const fresh = live.body as unknown as KubeObject;
  const then = expiryOf(fresh);
  if (then === undefined) return done;
  if (then > now) return { againMs: then - now };
  const preconditions = { uid: fresh.metadata.uid };
  const body = { kind: 'DeleteOptions', apiVersion: 'batch/v1', preconditions, propagationPolicy: 'Foreground' };
  const answer = yield* call({ method: 'DELETE', path, body });
  return ok(answer) || answer.status === 404 ? done : retry;
}

/** pkg/controller/ttlafterfinished: jobs that ended are deleted after a while, if they say so. */
export const ttlAfterFinished: ControllerDefinition = {
  name,
  workers: 5,
  eventSource: name,
  handlers: {
    jobs: ({ type, object }) =>
      type === 'delete' || expiryOf(object) === undefined ? [] : [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
  },
  sync,
};

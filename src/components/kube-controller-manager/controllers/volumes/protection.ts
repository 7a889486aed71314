import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { Change } from '#machinery/informer.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncContext } from '../../controller.ts';
import { podOf } from '../pods.ts';
import { update, type Calls } from './calls.ts';
import { claimsOf, usersOf, volumeOf } from './objects.ts';

type InUse = (object: KubeObject, context: SyncContext) => Calls<boolean>;

/** Adds the finalizer to what lacks it; takes it away from what is to go and is not used any more. */
const protection = (plural: string, finalizer: string, inUse: InUse) =>
  function* (key: string, context: SyncContext): Sync {
    const object = lookUp(context.caches, plural, key);
    if (object === undefined) return done;
    const present = object.metadata.finalizers ?? [];
    const leaving = object.metadata.deletionTimestamp !== undefined;
    if (leaving !== present.includes(finalizer) || (leaving && (yield* inUse(object, context)))) return done;
    const { finalizers: _before, ...metadata } = object.metadata;
    const finalizers = leaving ? present.filter((name) => name !== finalizer) : [...present, finalizer];
    const written = yield* update(object, { ...object, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers } });
    return written === undefined ? retry : done;
  };

const keyOf = ({ object }: Change): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
const hasNode = (pod: KubeObject): boolean => (podOf(pod).spec?.nodeName ?? '') !== '';

/** Asks the cache, and before it says no the server (pvc_protection_controller.go, isBeingUsed). */
function* claimInUse(claim: KubeObject, { caches }: SyncContext): Calls<boolean> {
  if (usersOf(caches, claim).some(hasNode)) return true;
  const answer = yield* call({ method: 'GET', path: resourcePath(resources.pods, claim.metadata.namespace) });
  if (!ok(answer)) return true;
  const { items } = answer.body as unknown as { readonly items: readonly KubeObject[] };
  return items.some((pod) => hasNode(pod) && claimsOf(pod).includes(`${claim.metadata.namespace ?? ''}/${claim.metadata.name}`));
}

/** pkg/controller/volume/pvcprotection. */
export const claimProtection: ControllerDefinition = {
  name: 'pvc-protection-controller',
  workers: 1,
  eventSource: 'pvc-protection-controller',
  handlers: {
    persistentvolumeclaims: (change) => (change.type === 'delete' ? [] : [keyOf(change)]),
    pods: ({ type, object }) =>
      type === 'delete' || ['Succeeded', 'Failed'].includes(podOf(object).status?.phase ?? '') ? claimsOf(object) : [],
  },
  sync: protection('persistentvolumeclaims', 'kubernetes.io/pvc-protection', claimInUse),
};

/** pkg/controller/volume/pvprotection. */
export const volumeProtection: ControllerDefinition = {
  name: 'pv-protection-controller',
  workers: 1,
  eventSource: 'pv-protection-controller',
  handlers: { persistentvolumes: ({ type, object }) => (type === 'delete' ? [] : [object.metadata.name]) },
  sync: protection('persistentvolumes', 'kubernetes.io/pv-protection', function* (volume) {
    return volumeOf(volume).status?.phase === 'Bound';
  }),
};

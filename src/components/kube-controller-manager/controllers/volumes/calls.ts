import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { call, ok, type SyncCall } from '../../controller.ts';

export type Calls<Result> = Generator<readonly SyncCall[], Result, readonly HttpResponse[]>;

const pluralOf = (object: KubeObject): 'persistentvolumes' | 'persistentvolumeclaims' =>
  object.kind === 'PersistentVolume' ? 'persistentvolumes' : 'persistentvolumeclaims';

export const pathTo = (object: KubeObject, subresource = ''): string =>
  resourcePath(resources[pluralOf(object)], object.metadata.namespace, object.metadata.name, subresource);

/** Writes an object back where it changed; undefined where that failed. */
export function* update(before: KubeObject, after: KubeObject, subresource = ''): Calls<KubeObject | undefined> {
  if (deepEqual(before, after)) return before;
  const answer = yield* call({ method: 'PUT', path: pathTo(after, subresource), body: after });
  return ok(answer) ? (answer.body as unknown as KubeObject) : undefined;
}

/** Sets fields of the status, where they are not so already (updateVolumePhase, updateClaimStatus). */
export function* setStatus(object: KubeObject, status: object): Calls<KubeObject | undefined> {
  return yield* update(object, { ...object, status: { ...(object['status'] as object | undefined), ...status } }, 'status');
}

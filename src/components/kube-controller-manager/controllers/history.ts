import type { KubeObject } from '#api/object.ts';
import type { ControllerRevision, PodTemplateSpec } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { ok, type Caches, type Calls, type SyncCall } from '../controller.ts';

/** ControllerRevisions, in which sets keep the templates they had (pkg/controller/history/controller_history.go). */
export const revisionLabel = 'controller-revision-hash';
export const revisionOf = (object: KubeObject): ControllerRevision => object as unknown as ControllerRevision;
export const revisionPath = (set: KubeObject, name = ''): string =>
  resourcePath(resources.controllerrevisions, set.metadata.namespace, name);

/** The patch that a revision holds (getPatch). */
export const patchOf = (template: PodTemplateSpec): object => ({ spec: { template: { ...template, $patch: 'replace' } } });

/** The revisions of a set, the oldest first. */
export function revisionsOf(set: KubeObject, caches: Caches): readonly KubeObject[] {
  const order = (object: KubeObject): number => revisionOf(object).revision;
  return byIndex(caches['controllerrevisions'], 'owner', set.metadata.uid ?? '').sort((a, b) => order(a) - order(b));
}

/** Deletes so many of those that nothing uses, the oldest first. */
export function* truncate(set: KubeObject, unused: readonly KubeObject[], count: number): Calls<boolean> {
  const surplus = unused.slice(0, Math.max(0, count));
  if (surplus.length === 0) return true;
  const answers = yield surplus.map((object): SyncCall => ({
    method: 'DELETE',
    path: revisionPath(set, object.metadata.name),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
  }));
  return answers.every((answer) => ok(answer) || answer.status === 404);
}

import { deepEqual } from '#base/json.ts';
import { hashObject } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import type { ControllerRevision, PodTemplateSpec, StatefulSet } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { byIndex } from '#machinery/informer.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { call, ok, type Caches, type SyncCall, type SyncContext, type Calls } from '../../controller.ts';

export const setOf = (object: KubeObject): StatefulSet => object as unknown as StatefulSet;
export const revisionLabel = 'controller-revision-hash';

const revisionOf = (object: KubeObject): ControllerRevision => object as unknown as ControllerRevision;
const pathOf = (set: KubeObject, name = ''): string => resourcePath(resources.controllerrevisions, set.metadata.namespace, name);

/** What a set is to be and what it was: the names of its revisions, and the templates that they hold. */
export interface Revisions {
  readonly current: string;
  readonly update: string;
  readonly currentTemplate: PodTemplateSpec;
  readonly all: readonly KubeObject[];
}

/** The patch that a revision holds (getPatch). */
const dataOf = (set: KubeObject): object => ({ spec: { template: { ...setOf(set).spec!.template, $patch: 'replace' } } });

function templateOf(revision: KubeObject): PodTemplateSpec {
  const { $patch: _patch, ...template } = (
    revisionOf(revision).data as unknown as { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } }
  ).spec.template;
  return template;
}

/** newRevision. */
function newRevision(set: KubeObject, revision: number): KubeObject {
  const data = dataOf(set);
  const collisions = setOf(set).status?.collisionCount ?? 0;
  const hash = hashObject(collisions === 0 ? data : [data, collisions]);
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      labels: { ...setOf(set).spec!.template.metadata?.labels, 'controller.kubernetes.io/hash': hash },
      ...(set.metadata.annotations === undefined ? {} : { annotations: set.metadata.annotations }),
      ownerReferences: [controllerReference(set)],
    },
    data,
    revision,
  };
}

/** The revisions of a set, the oldest first. */
function listOf(set: KubeObject, caches: Caches): readonly KubeObject[] {
  const order = (object: KubeObject): number => revisionOf(object).revision;
  return byIndex(caches['controllerrevisions'], 'owner', set.metadata.uid ?? '').sort((a, b) => order(a) - order(b));
}

/**
 * pkg/controller/statefulset/stateful_set_control.go, getStatefulSetRevisions: makes a revision of a new template, or takes
 * up an old one that is the same and is then the newest again.
 */
export function* findRevisions(set: KubeObject, context: SyncContext): Calls<Revisions | undefined> {
  const all = listOf(set, context.caches);
  const next = (all.length === 0 ? 0 : revisionOf(all.at(-1)!).revision) + 1;
  const same = all.findLast((object) => deepEqual(revisionOf(object).data, dataOf(set)));
  let update = same;
  if (same === undefined) {
    const answer = yield* call({ method: 'POST', path: pathOf(set), body: newRevision(set, next) });
    if (!ok(answer)) return undefined;
    update = answer.body as unknown as KubeObject;
  } else if (same !== all.at(-1)) {
    const answer = yield* call({ method: 'PUT', path: pathOf(set, same.metadata.name), body: { ...same, revision: next } });
    if (!ok(answer)) return undefined;
  }
  const current = all.find((object) => object.metadata.name === setOf(set).status?.currentRevision) ?? update!;
  return { current: current.metadata.name, update: update!.metadata.name, currentTemplate: templateOf(current), all };
}

/** truncateHistory: the oldest of the revisions that nothing uses go. */
export function* truncateHistory(set: KubeObject, revisions: Revisions, pods: readonly KubeObject[]): Calls<boolean> {
  const live = new Set([revisions.current, revisions.update, ...pods.map((pod) => pod.metadata.labels?.[revisionLabel])]);
  const unused = revisions.all.filter((object) => !live.has(object.metadata.name));
  const surplus = unused.slice(0, Math.max(0, unused.length - (setOf(set).spec?.revisionHistoryLimit ?? 10)));
  if (surplus.length === 0) return true;
  const answers = yield surplus.map((object): SyncCall => ({
    method: 'DELETE',
    path: pathOf(set, object.metadata.name),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
  }));
  return answers.every((answer) => ok(answer) || answer.status === 404);
}

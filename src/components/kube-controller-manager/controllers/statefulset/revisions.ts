import { deepEqual } from '#base/json.ts';
import { hashObject } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import type { PodTemplateSpec, StatefulSet } from '#api/types.generated.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { call, ok, type SyncContext, type Calls } from '../../controller.ts';
import { patchOf, revisionLabel, revisionOf, revisionPath, revisionsOf, truncate } from '../history.ts';

export const setOf = (object: KubeObject): StatefulSet => object as unknown as StatefulSet;
const dataOf = (set: KubeObject): object => patchOf(setOf(set).spec!.template);

/** What a set is to be and what it was: the names of its revisions, and the templates that they hold. */
export interface Revisions {
  readonly current: string;
  readonly update: string;
  readonly currentTemplate: PodTemplateSpec;
  readonly all: readonly KubeObject[];
}

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

/**
 * pkg/controller/statefulset/stateful_set_control.go, getStatefulSetRevisions: makes a revision of a new template, or takes
 * up an old one that is the same and is then the newest again.
 */
export function* findRevisions(set: KubeObject, context: SyncContext): Calls<Revisions | undefined> {
  const all = revisionsOf(set, context.caches);
  const next = (all.length === 0 ? 0 : revisionOf(all.at(-1)!).revision) + 1;
  const same = all.findLast((object) => deepEqual(revisionOf(object).data, dataOf(set)));
  let update = same;
  if (same === undefined) {
    const answer = yield* call({ method: 'POST', path: revisionPath(set), body: newRevision(set, next) });
    if (!ok(answer)) return undefined;
    update = answer.body as unknown as KubeObject;
  } else if (same !== all.at(-1)) {
    const answer = yield* call({ method: 'PUT', path: revisionPath(set, same.metadata.name), body: { ...same, revision: next } });
    if (!ok(answer)) return undefined;
  }
  const current = all.find((object) => object.metadata.name === setOf(set).status?.currentRevision) ?? update!;
  return { current: current.metadata.name, update: update!.metadata.name, currentTemplate: templateOf(current), all };
}

/** truncateHistory: the oldest of the revisions that nothing uses go. */
export function* truncateHistory(set: KubeObject, revisions: Revisions, pods: readonly KubeObject[]): Calls<boolean> {
  const live = new Set([revisions.current, revisions.update, ...pods.map((pod) => pod.metadata.labels?.[revisionLabel])]);
  const unused = revisions.all.filter((object) => !live.has(object.metadata.name));
  return yield* truncate(set, unused, unused.length - (setOf(set).spec?.revisionHistoryLimit ?? 10));
}

import { deepEqual } from '#base/json.ts';
import { hashObject } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import { controllerReference } from '#machinery/owner-references.ts';
import { call, ok, type Calls, type SyncContext } from '../../controller.ts';
import { patchOf, revisionLabel, revisionOf, revisionPath, revisionsOf, truncate } from '../history.ts';
import { asSet } from './nodes.ts';

/** The revision that a set is at, and those that it was at. */
export interface History {
  readonly hash: string;
  readonly old: readonly KubeObject[];
}

const hashOf = (revision: KubeObject): string => revision.metadata.labels?.[revisionLabel] ?? '';

/** snapshot: a new revision of the present template. */
function newRevision(set: KubeObject, revision: number): object {
  const { template } = asSet(set).spec!;
  const collisions = asSet(set).status?.collisionCount ?? 0;
  const hash = hashObject(collisions === 0 ? template : [template, collisions]);
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, [revisionLabel]: hash },
      ...(set.metadata.annotations === undefined ? {} : { annotations: set.metadata.annotations }),
      ownerReferences: [controllerReference(set)],
    },
    data: patchOf(template),
    revision,
  };
}

/** daemon/update.go, constructHistory: the revision of the present template, made or taken up again; undefined where it cannot be written. */
export function* constructHistory(set: KubeObject, context: SyncContext): Calls<History | undefined> {
  const data = patchOf(asSet(set).spec!.template);
  const all = revisionsOf(set, context.caches);
  const current = all.findLast((object) => deepEqual(revisionOf(object).data, data));
  const old = all.filter((object) => object !== current);
  const number = Math.max(0, ...old.map((object) => revisionOf(object).revision)) + 1;
  if (current === undefined) {
    const answer = yield* call({ method: 'POST', path: revisionPath(set), body: newRevision(set, number) });
    return ok(answer) ? { hash: hashOf(answer.body as unknown as KubeObject), old } : undefined;
  }
  if (revisionOf(current).revision < number) {
    const answer = yield* call({ method: 'PUT', path: revisionPath(set, current.metadata.name), body: { ...current, revision: number } });
    if (!ok(answer)) return undefined;
  }
  return { hash: hashOf(current), old };
}

/** cleanupHistory: the oldest revisions that no pod is of go. */
export function* cleanUpHistory(set: KubeObject, { old }: History, pods: readonly KubeObject[]): Calls<boolean> {
  const live = new Set(pods.map((pod) => pod.metadata.labels?.[revisionLabel]));
  const unused = old.filter((object) => !live.has(hashOf(object)));
  return yield* truncate(set, unused, old.length - (asSet(set).spec?.revisionHistoryLimit ?? 10));
}

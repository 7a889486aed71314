import type { KubeObject } from '#api/object.ts';
import type { PodTemplateSpec } from '#api/types.generated.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { call, lookUp, ok, type SyncContext, type Calls } from '../../controller.ts';
import { podFromTemplate } from '../pods.ts';
import { revisionLabel } from '../history.ts';
import { setOf, type Revisions } from './revisions.ts';

const messageOf = (answer: HttpResponse): string => (answer.body as { readonly message?: string } | null)?.message ?? '';

/** The ordinal that a pod's name ends with, where the rest is the name of the set (getParentNameAndOrdinal). */
export function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name);
  return match?.[1] === set.metadata.name ? Number(match[2]) : undefined;
}

export const startOf = (set: KubeObject): number => setOf(set).spec?.ordinals?.start ?? 0;

/** getPersistentVolumeClaims: those of the pod with an ordinal, by the name of their template. */
export function claimsOf(set: KubeObject, ordinal: number): readonly (readonly [volume: string, claim: KubeObject])[] {
  const { volumeClaimTemplates = [], selector } = setOf(set).spec!;
  return volumeClaimTemplates.map((template) => {
    const volume = template.metadata?.name ?? '';
    const { name: _name, ...metadata } = template.metadata ?? {};
    const labels = { ...metadata.labels, ...selector.matchLabels };
    const claim = {
      ...template,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, labels, name: `${volume}-${set.metadata.name}-${ordinal}`, namespace: set.metadata.namespace },
    };
    return [volume, claim as unknown as KubeObject];
  });
}

/** newVersionedStatefulSetPod: below the partition of a rolling update a pod is of the current revision. */
function newPod(set: KubeObject, ordinal: number, revisions: Revisions): object {
  const { template, serviceName, updateStrategy } = setOf(set).spec!;
  const old = updateStrategy?.type !== 'OnDelete' && ordinal < startOf(set) + (updateStrategy?.rollingUpdate?.partition ?? 0);
  const chosen: PodTemplateSpec = old ? revisions.currentTemplate : template;
  const name = `${set.metadata.name}-${ordinal}`;
  const made = podFromTemplate(chosen, set) as { readonly metadata: { readonly labels?: object } };
  const claims = claimsOf(set, ordinal).map(([volume, claim]) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claim.metadata.name },
  }));
  const others = (chosen.spec?.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  const own = {
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: old ? revisions.current : revisions.update,
    'statefulset.kubernetes.io/pod-name': name,
  };
  return {
    ...made,
    metadata: { ...made.metadata, name, namespace: set.metadata.namespace, labels: { ...made.metadata.labels, ...own } },
    spec: {
      ...chosen.spec,
      hostname: name,
      ...(serviceName === undefined || serviceName === '' ? {} : { subdomain: serviceName }),
      ...(claims.length + others.length > 0 ? { volumes: [...claims, ...others] } : {}),
    },
  };
}

/** createPersistentVolumeClaims: the claims of a pod that are not there. */
export function* createClaims(set: KubeObject, ordinal: number, context: SyncContext): Calls<boolean> {
  const pod = `${set.metadata.name}-${ordinal}`;
  for (const [, claim] of claimsOf(set, ordinal)) {
    const { name } = claim.metadata;
    if (lookUp(context.caches, 'persistentvolumeclaims', `${set.metadata.namespace ?? ''}/${name}`) !== undefined) continue;
    const answer = yield* call({
      method: 'POST',
      path: resourcePath(resources.persistentvolumeclaims, set.metadata.namespace),
      body: claim,
    });
    if (answer.status === 409) continue;
    if (!ok(answer)) {
      yield [
        context.event(
          set,
          'Warning',
          'FailedCreate',
          `Create Claim ${name} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${messageOf(answer)}`,
        ),
      ];
      return false;
    }
    yield [context.event(set, 'Normal', 'SuccessfulCreate', `Create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`)];
  }
  return true;
}

/** recordPodEvent: what became of a pod; an answer that says it was so already is not told. */
function* tell(
  verb: 'Create' | 'Delete',
  set: KubeObject,
  pod: string,
  answer: HttpResponse,
  already: number,
  context: SyncContext,
): Calls<void> {
  const what = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  if (ok(answer)) yield [context.event(set, 'Normal', `Successful${verb}`, `${what} successful`)];
  else if (answer.status !== already) yield [context.event(set, 'Warning', `Failed${verb}`, `${what} failed error: ${messageOf(answer)}`)];
}

/** pkg/controller/statefulset/stateful_pod_control.go, CreateStatefulPod: its claims, then the pod. */
export function* createPod(set: KubeObject, ordinal: number, revisions: Revisions, context: SyncContext): Calls<KubeObject | undefined> {
  if (!(yield* createClaims(set, ordinal, context))) return undefined;
  const answer = yield* call({
    method: 'POST',
    path: resourcePath(resources.pods, set.metadata.namespace),
    body: newPod(set, ordinal, revisions),
  });
  yield* tell('Create', set, `${set.metadata.name}-${ordinal}`, answer, 409, context);
  return ok(answer) ? (answer.body as unknown as KubeObject) : undefined;
}

/** DeleteStatefulPod. */
export function* deletePod(set: KubeObject, pod: KubeObject, context: SyncContext): Calls<boolean> {
  const { namespace, name } = pod.metadata;
  const answer = yield* call({
    method: 'DELETE',
    path: resourcePath(resources.pods, namespace, name),
    body: { kind: 'DeleteOptions', apiVersion: 'v1' },
  });
  yield* tell('Delete', set, name, answer, 404, context);
  return ok(answer) || answer.status === 404;
}

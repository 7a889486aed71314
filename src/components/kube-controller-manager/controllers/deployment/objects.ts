import { scaledValue } from '#api/int-or-string.ts';
import { hashObject } from '#api/names.ts';
import type { KubeObject } from '#api/object.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { controllerReference } from '#machinery/owner-references.ts';

export const revisionKey = 'deployment.kubernetes.io/revision';
export const desiredKey = 'deployment.kubernetes.io/desired-replicas';
export const maxKey = 'deployment.kubernetes.io/max-replicas';
export const historyKey = 'deployment.kubernetes.io/revision-history';
/** Annotations of a Deployment that its ReplicaSets do not take over. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  historyKey,
  desiredKey,
  maxKey,
  'deprecated.deployment.rollback.to',
]);
const hashLabel = 'pod-template-hash';

export const asDeployment = (object: KubeObject): Deployment => object as unknown as Deployment;
export const asSet = (object: KubeObject): ReplicaSet => object as unknown as ReplicaSet;
export const replicasOf = (set: KubeObject): number => asSet(set).spec?.replicas ?? 0;
export const setPath = (set: KubeObject): string => resourcePath(resources.replicasets, set.metadata.namespace, set.metadata.name);
export const revisionOf = (object: KubeObject): number => Number(object.metadata.annotations?.[revisionKey] ?? 0);

export function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** How many more and how many fewer pods than wanted there may be (ResolveFenceposts). */
export function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { strategy, replicas = 1 } = deployment.spec!;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas };
  const maxSurge = scaledValue(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, true);
  const maxUnavailable = scaledValue(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, false);
  return { maxSurge, maxUnavailable: Math.min(replicas, maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable) };
}

export function scaleAnnotations(deployment: KubeObject): Readonly<Record<string, string>> {
  const wanted = asDeployment(deployment).spec?.replicas ?? 1;
  return { [desiredKey]: String(wanted), [maxKey]: String(wanted + fenceposts(asDeployment(deployment)).maxSurge) };
}

export function newSetFor(deployment: KubeObject, revision: number, replicas: number): { readonly name: string; readonly body: object } {
  const { spec } = asDeployment(deployment);
  const template = spec!.template;
  const hash = hashObject(template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const name = `${deployment.metadata.name}-${hash}`;
  const copied = Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)));
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: { ...copied, ...scaleAnnotations(deployment), [revisionKey]: String(revision) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      ...(spec!.minReadySeconds === undefined ? {} : { minReadySeconds: spec!.minReadySeconds }),
      replicas,
      selector: { ...spec!.selector, matchLabels: { ...spec!.selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  return { name, body };
}

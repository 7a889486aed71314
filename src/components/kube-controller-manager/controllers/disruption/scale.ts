import type { Budget } from '#api/disruption.ts';
import { scaledValue } from '#api/int-or-string.ts';
import { parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { OwnerReference } from '#api/types.generated.ts';
import { resourcePath } from '#machinery/client.ts';
import { controllerOf } from '#machinery/owner-references.ts';
import { call, lookUp, messageOf, ok, type Caches, type Calls } from '../../controller.ts';

/** What a budget expects, and what could not be counted for it. */
export interface Expected {
  readonly expected: number;
  readonly desired: number;
  /** Names of pods that no controller keeps. */
  readonly unmanaged: readonly string[];
  /** Why nothing can be said. */
  readonly error?: string | undefined;
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}
interface Sized {
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
}

/** The kinds whose size the shared informers know (finders). */
const known: Readonly<Record<string, string>> = {
  'apps/ReplicaSet': 'replicasets',
  'apps/Deployment': 'deployments',
  'apps/StatefulSet': 'statefulsets',
  '/ReplicationController': 'replicationcontrollers',
};

const sizeOf = (object: KubeObject): Scale => ({ uid: object.metadata.uid ?? '', replicas: (object as Sized).spec?.replicas ?? 0 });

/** The size of a controller from the caches; a ReplicaSet of a Deployment counts as its Deployment. */
function cachedScale(owner: OwnerReference, namespace: string, caches: Caches): Scale | undefined {
  const plural = known[`${parseApiVersion(owner.apiVersion).group}/${owner.kind}`];
  const object = plural === undefined ? undefined : lookUp(caches, plural, `${namespace}/${owner.name}`);
  if (object === undefined || object.metadata.uid !== owner.uid) return undefined;
  const above = owner.kind === 'ReplicaSet' ? controllerOf(object) : undefined;
  return above?.kind === 'Deployment' ? cachedScale(above, namespace, caches) : sizeOf(object);
}

/** The resource of a kind, whether it is built in or was discovered. */
function resourceOf(owner: OwnerReference, caches: Caches) {
  const gv = parseApiVersion(owner.apiVersion);
  const found = Object.values(caches).find(({ spec }) => spec.discovered?.kind === owner.kind && spec.resource.group === gv.group);
  return builtInResources.findByKind({ ...gv, kind: owner.kind }) ?? found?.spec.resource;
}

/** getScaleController: the size of anything else is asked for, if it has one. Text: why there is none. */
function* askedScale(owner: OwnerReference, namespace: string, caches: Caches): Calls<Scale | string | undefined> {
  const resource = resourceOf(owner, caches);
  if (resource === undefined) return undefined;
  const answer = yield* call({ method: 'GET', path: resourcePath(resource, namespace, owner.name, 'scale') });
  if (ok(answer)) {
    const scale = answer.body as unknown as KubeObject;
    return scale.metadata.uid === owner.uid ? sizeOf(scale) : undefined;
  }
  if (answer.status !== 404) return messageOf(answer);
  const scalable = 'scale' in resource ? resource.scale !== undefined : true;
  return scalable
    ? undefined
    : `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`} does not implement the scale subresource`;
}

/** getExpectedScale: how large all the controllers of the pods together want to be. */
function* expectedScale(pods: readonly KubeObject[], caches: Caches): Calls<Pick<Expected, 'expected' | 'unmanaged' | 'error'>> {
  const sizes = new Map<string, number>();
  const asked = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) unmanaged.push(pod.metadata.name);
    if (owner === undefined || asked.has(owner.uid)) continue;
    asked.add(owner.uid);
    const namespace = pod.metadata.namespace ?? '';
    const scale = cachedScale(owner, namespace, caches) ?? (yield* askedScale(owner, namespace, caches));
    if (typeof scale === 'string') return { expected: 0, unmanaged, error: scale };
    if (scale === undefined) return { expected: 0, unmanaged, error: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` };
    sizes.set(scale.uid, scale.replicas);
  }
  return { expected: [...sizes.values()].reduce((sum, size) => sum + size, 0), unmanaged };
}

/** pkg/controller/disruption/disruption.go, getExpectedPodCount: how many pods there should be, and how many must be healthy. */
export function* expectedPods({ spec }: Budget, pods: readonly KubeObject[], caches: Caches): Calls<Expected> {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { expected: pods.length, desired: minAvailable, unmanaged: [] };
  if (maxUnavailable === undefined && minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: [] };
  const scale = yield* expectedScale(pods, caches);
  const desired =
    maxUnavailable === undefined
      ? scaledValue(minAvailable!, scale.expected, true)
      : Math.max(0, scale.expected - scaledValue(maxUnavailable, scale.expected, true));
  return { ...scale, desired };
}

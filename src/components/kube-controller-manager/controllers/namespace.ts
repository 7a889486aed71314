import { deepEqual } from '#base/json.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Namespace, NamespaceCondition, Pod } from '#api/types.generated.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import { discoveryCalls, preferred, readDiscovery, type ApiResource } from '#machinery/discovery.ts';
import { call, done, lookUp, ok, retry, type ControllerDefinition, type Sync, type SyncCall, type SyncContext } from '../controller.ts';

const isPods = ({ group, plural }: ApiResource): boolean => group === '' && plural === 'pods';

/** The kinds that live in namespaces and can be deleted together, each in one version; undefined where the server does not say. */
function* discoverDeletable(): Calls<readonly ApiResource[] | undefined> {
  const found: ApiResource[] = [];
  for (const asked of discoveryCalls) {
    const answer = yield* call(asked);
    const resources = ok(answer) ? readDiscovery(answer.body) : undefined;
    if (resources === undefined) return undefined;
    found.push(...resources);
  }
  return preferred(found).filter(({ namespaced, verbs }) => namespaced && verbs.includes('deletecollection'));
}

/** Clients may go on for this long before anything is deleted or looked at again (namespaceDeletionGracePeriod). */
const graceMs = 5_000;

/** What of a kind is still there. */
interface Left {
  readonly resource: string;
  readonly count: number;
  readonly finalizers: readonly string[];
}

function conditions(now: number, left: readonly Left[]): readonly NamespaceCondition[] {
  const condition = (type: NamespaceCondition['type'], status: string, reason: string, message: string): NamespaceCondition => ({
    type,
    status,
    lastTransitionTime: formatTime(now),
    reason,
    message,
  });
  const remaining = left.map(({ resource, count }) => `${resource} has ${count} resource instances`).join(', ');
  const finalizers = new Map<string, number>();
  for (const name of left.flatMap((item) => item.finalizers)) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  const held = [...finalizers]
    .map(([name, count]) => `${name} in ${count} resource instances`)
    .sort()
    .join(', ');
  return [
    condition('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition('NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    condition(
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    remaining === ''
      ? condition('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
      : condition('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${remaining}`),
    held === ''
      ? condition('NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : condition(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held}`,
        ),
  ];
}

type Calls<Result> = Generator<readonly SyncCall[], Result, readonly HttpResponse[]>;
const itemsOf = (answer: HttpResponse): readonly KubeObject[] =>
  (answer.body as unknown as { readonly items?: readonly KubeObject[] } | null)?.items ?? [];

/** Deletes all of a kind and looks what is left (deleteAllContentForGroupVersionResource). */
function* empty(resource: ApiResource, namespace: string): Calls<Left | undefined> {
  const path = resourcePath(resource, namespace);
  const deleted = yield* call({ method: 'DELETE', path });
  if (!ok(deleted)) return undefined;
  const items = itemsOf(yield* call({ method: 'GET', path }));
  return {
    resource: `${resource.plural}.${resource.group}`,
    count: items.length,
    finalizers: items.flatMap((item) => item.metadata.finalizers ?? []),
  };
}

/** Writes the conditions where they say something new. */
function* tell(live: KubeObject, left: readonly Left[], now: number): Calls<KubeObject | undefined> {
  const before = (live as unknown as Namespace).status?.conditions ?? [];
  const merged = conditions(now, left).map((item) => {
    const known = before.find((other) => other.type === item.type);
    return known?.status === item.status ? { ...item, lastTransitionTime: known.lastTransitionTime } : item;
  });
  if (deepEqual(before, merged)) return live;
  const answer = yield* call({
    method: 'PUT',
    path: resourcePath(resources.namespaces, '', live.metadata.name, 'status'),
    body: { ...live, status: { ...(live['status'] as object), conditions: merged } },
  });
  return ok(answer) ? (answer.body as unknown as KubeObject) : undefined;
}

/** When the namespace may be looked at: a while after it was marked, and after its conditions last changed. */
function notBefore(namespace: KubeObject): number {
  const times = (namespace as unknown as Namespace).status?.conditions?.map((item) => Date.parse(item.lastTransitionTime ?? '')) ?? [];
  return Math.max(Date.parse(namespace.metadata.deletionTimestamp ?? ''), ...times) + graceMs;
}

/** How long the pods that run may still take (estimateGracefulTerminationForPods). */
function graceOf(pods: readonly KubeObject[]): number {
  const running = pods
    .map((pod) => pod as unknown as Pod)
    .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed');
  return Math.max(0, ...running.map((pod) => pod.spec?.terminationGracePeriodSeconds ?? 0));
}

/** pkg/controller/namespace/deletion: empties a namespace that is to go, its pods first, then lets it go. */
function* sync(key: string, context: SyncContext): Sync {
  const namespace = lookUp(context.caches, 'namespaces', key);
  if (namespace?.metadata.deletionTimestamp === undefined) return done;
  const waitMs = notBefore(namespace) - context.now;
  if (waitMs > 0) return { againMs: waitMs };
  const current = yield* call({ method: 'GET', path: resourcePath(resources.namespaces, '', key) });
  if (!ok(current)) return done;
  const live = current.body as unknown as KubeObject;
  const deletable = yield* discoverDeletable();
  const podResource = deletable?.find(isPods);
  if (deletable === undefined || podResource === undefined) return retry;
  const pods = itemsOf(yield* call({ method: 'GET', path: resourcePath(podResource, key) }));
  const leftPods = yield* empty(podResource, key);
  if (leftPods === undefined) return retry;
  if (graceOf(pods) > 0 || leftPods.count > 0) {
    const told = yield* tell(live, leftPods.count === 0 ? [] : [leftPods], context.now);
    return told === undefined ? retry : { againMs: graceMs };
  }
  const left: Left[] = [];
  // Upstream takes them as a map gives them; here the last comes first, so that sets go before the Deployments that want them.
  for (const resource of deletable.filter((item) => !isPods(item)).reverse()) {
    const rest = yield* empty(resource, key);
    if (rest === undefined) return retry;
    if (rest.count > 0) left.push(rest);
  }
  const told = yield* tell(live, left, context.now);
  if (told === undefined) return retry;
  if (left.length > 0) return { againMs: graceMs };
  const finalized = yield* call({
    method: 'PUT',
    path: resourcePath(resources.namespaces, '', key, 'finalize'),
    body: { ...told, spec: { finalizers: [] } },
  });
  return ok(finalized) || finalized.status === 404 ? done : retry;
}

export const namespace: ControllerDefinition = {
  name: 'namespace-controller',
  workers: 10,
  eventSource: 'namespace-controller',
  handlers: { namespaces: ({ object }) => (object.metadata.deletionTimestamp === undefined ? [] : [object.metadata.name]) },
  sync,
};

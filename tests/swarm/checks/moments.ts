import { labelSelectorFromObject, matchesLabels } from '#api/selectors.ts';
import type { KubeObject } from '#api/object.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { Container, Pod, PodDisruptionBudget } from '#api/types.generated.ts';
import type { JournalEntry } from '#kernel/types.ts';
import type { Model, Write } from '../model.ts';
import { limited } from '../plan.ts';

type StoredPod = Pod & KubeObject;

const asPod = (object: KubeObject | undefined): StoredPod | undefined => object as StoredPod | undefined;
const isOver = (pod: StoredPod): boolean => ['Failed', 'Succeeded'].includes(pod.status?.phase ?? '');
const isHealthy = (pod: StoredPod | undefined): boolean =>
  pod !== undefined &&
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
const isEvicted = (pod: StoredPod | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, reason }) => type === 'DisruptionTarget' && reason === 'EvictionByEvictionAPI') === true;

/** Should have been gone by now: quotas do not count it (core/pods.go, QuotaV1Pod). */
const isLost = ({ metadata }: StoredPod, now: number): boolean =>
  metadata.deletionTimestamp !== undefined &&
  now > Date.parse(metadata.deletionTimestamp) + (metadata.deletionGracePeriodSeconds ?? 0) * 1000;

/** A pod that has a node keeps it. */
function boundTwice({ old, object, key }: Write): string | undefined {
  const [before, after] = [asPod(old), asPod(object)];
  if (before?.spec?.nodeName === undefined || after === undefined || before.metadata.uid !== after.metadata.uid) return undefined;
  return before.spec.nodeName === after.spec?.nodeName
    ? undefined
    : `${key} was bound to ${before.spec.nodeName}, then to ${after.spec?.nodeName}`;
}

const cpuOf = (containers: readonly Container[] = []): number =>
  containers.reduce((sum, { resources }) => sum + Number(parseQuantity(String(resources?.requests?.['cpu'] ?? '0'))), 0);

/** A new pod or job stays within what the namespace's quota allows. */
function overQuota({ old, object, key, at }: Write, model: Model): string | undefined {
  if (old !== undefined || object?.metadata.namespace !== limited.namespace) return undefined;
  if (model.get(`/registry/resourcequotas/${limited.namespace}/quota`) === undefined) return undefined;
  const pods = model.list<Pod>(`/registry/pods/${limited.namespace}/`).filter((pod) => !isOver(pod) && !isLost(pod, at));
  const cpu = pods.reduce((sum, pod) => sum + cpuOf(pod.spec?.containers), 0);
  const jobs = model.list(`/registry/jobs/${limited.namespace}/`).length;
  const used = { pods: pods.length, 'requests.cpu': cpu, 'count/jobs.batch': jobs };
  for (const [name, hard] of Object.entries(limited.hard)) {
    const amount = used[name as keyof typeof used];
    if (amount > Number(parseQuantity(hard)) + 1e-9) return `${key} goes beyond the quota: ${name} is ${amount}, allowed are ${hard}`;
  }
  return undefined;
}

/** What a budget knows of its pods may be as old as its controller needs to look at them. */
const staleMs = 5000;

/** Budgets against evictions: what they take away is never more than the budget leaves. */
class Disruptions {
  /** When a pod of an app last became unhealthy by itself. */
  private readonly lost = new Map<string, number>();

  check(write: Write, model: Model): string | undefined {
    const [before, after] = [asPod(write.old), asPod(write.object)];
    const app = `${before?.metadata.namespace ?? ''}/${before?.metadata.labels?.['app'] ?? ''}`;
    if (isHealthy(before) && !isHealthy(after) && !isEvicted(after ?? before)) this.lost.set(app, write.at);
    const evicted = isHealthy(before) && after?.metadata.deletionTimestamp !== undefined && isEvicted(after);
    if (!evicted || write.at - (this.lost.get(app) ?? 0) < staleMs) return undefined;
    for (const budget of model.list<PodDisruptionBudget>(`/registry/poddisruptionbudgets/${before!.metadata.namespace ?? ''}/`)) {
      const { status, metadata } = budget;
      const selector = labelSelectorFromObject(budget.spec?.selector);
      if (!matchesLabels(selector, before!.metadata.labels) || (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) continue;
      const healthy = model
        .list<Pod>(`/registry/pods/${metadata.namespace ?? ''}/`)
        .filter((pod) => matchesLabels(selector, pod.metadata.labels) && isHealthy(pod)).length;
      if (healthy < (status?.desiredHealthy ?? 0))
        return `${write.key} was evicted: ${healthy} are left of the ${status?.desiredHealthy ?? 0} that ${metadata.name} wants`;
    }
    return undefined;
  }
}

/** What must hold at every moment, as a function of each event of the journal. */
export function watchMoments(model: Model): (entry: JournalEntry) => readonly string[] {
  const disruptions = new Disruptions();
  return (entry) => {
    const found: (string | undefined)[] = [];
    for (const { topic, data } of entry.notes)
      if (topic === 'crash')
        found.push(`${entry.process} panicked on ${entry.message.type}: ${(data as { readonly message: string }).message}`);
    for (const write of model.follow(entry)) {
      const isPod = write.key.startsWith('/registry/pods/');
      if (isPod) found.push(boundTwice(write), disruptions.check(write, model));
      if (isPod || write.key.startsWith('/registry/jobs/')) found.push(overQuota(write, model));
    }
    return found.filter((text) => text !== undefined);
  };
}

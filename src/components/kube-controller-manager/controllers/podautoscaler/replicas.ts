import type { KubeObject } from '#api/object.ts';
import { parseQuantity } from '#api/quantity.ts';
import { podOf } from '../pods.ts';

/** How a pod's CPU use is not trusted while it starts (--horizontal-pod-autoscaler-cpu-initialization-period, -initial-readiness-delay). */
const initializationMs = 300_000;
const readinessDelayMs = 30_000;

/** What was measured of one pod: an amount in thousandths of the resource's unit. */
export interface PodMetric {
  readonly value: number;
  readonly timestamp: number;
  readonly windowMs: number;
}
export type PodMetrics = ReadonlyMap<string, PodMetric>;

/** By how much the use may be off before anything is scaled. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

interface Groups {
  readonly ready: number;
  readonly unready: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
}

/** Whether what a pod uses says nothing yet of its load. */
function isUnready(pod: KubeObject, metric: PodMetric, now: number): boolean {
  const { status } = podOf(pod);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || status?.startTime === undefined) return true;
  const [started, changed] = [Date.parse(status.startTime), Date.parse(ready.lastTransitionTime ?? '')];
  if (started + initializationMs > now) return ready.status === 'False' || metric.timestamp < changed + metric.windowMs;
  return ready.status === 'False' && started + readinessDelayMs > changed;
}

/** replica_calculator.go, groupPods. */
export function groupPods(pods: readonly KubeObject[], metrics: PodMetrics, resource: string, now: number): Groups {
  let ready = 0;
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const phase = podOf(pod).status?.phase ?? 'Pending';
    const metric = metrics.get(name);
    if (deletionTimestamp !== undefined || phase === 'Failed') ignored.add(name);
    else if (phase === 'Pending') unready.add(name);
    else if (metric === undefined) missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, metric, now)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** What the pods use together, in relation to what they should. */
export interface Usage {
  readonly ratio: number;
  /** Percent of the requests, where the target is one. */
  readonly utilization?: number | undefined;
  readonly average: number;
}
/** What a target makes of measurements: a share of the requests, or an amount for each pod. */
export interface Target {
  usageOf(metrics: PodMetrics): Usage | { readonly error: string };
  /** What is assumed of a pod that was not measured when pods are taken away. */
  fallback(pod: string): number;
}

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

/** metrics/utilization.go, GetResourceUtilizationRatio. */
export const utilizationTarget = (requests: ReadonlyMap<string, number>, percent: number): Target => ({
  usageOf(metrics) {
    const known = [...metrics].filter(([pod]) => requests.has(pod));
    const requested = total(known.map(([pod]) => requests.get(pod)!));
    if (requested === 0) return { error: 'no metrics returned matched known pods' };
    const used = total(known.map(([, { value }]) => value));
    const utilization = Math.trunc((used * 100) / requested);
    return { ratio: utilization / percent, utilization, average: Math.trunc(used / known.length) };
  },
  fallback: (pod) => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, percent)) / 100),
});

/** metrics/utilization.go, GetMetricUsageRatio. */
export const valueTarget = (amount: number): Target => ({
  usageOf(metrics) {
    const average = Math.trunc(total([...metrics.values()].map(({ value }) => value)) / metrics.size);
    return { ratio: average / amount, average };
  },
  fallback: () => amount,
});

/** calculatePodRequests: what the containers of each pod ask for. */
export function requestsOf(pods: readonly KubeObject[], resource: string): ReadonlyMap<string, number> | { readonly error: string } {
  const requests = new Map<string, number>();
  for (const pod of pods) {
    const { spec } = podOf(pod);
    const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    let sum = 0;
    for (const { name, resources } of [...(spec?.containers ?? []), ...sidecars]) {
      const request = resources?.requests?.[resource];
      if (request === undefined) return { error: `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}` };
      sum += milli(request);
    }
    requests.set(pod.metadata.name, sum);
  }
  return requests;
}

export const milli = (quantity: string | number): number => Math.round(parseQuantity(quantity) * 1000);

export type Proposal = { readonly replicas: number; readonly usage: Usage } | { readonly error: string };

/** replica_calculator.go, GetResourceReplicas and calcPlainMetricReplicas: how many pods would use what they should. */
export function proposeReplicas(current: number, measured: PodMetrics, groups: Groups, target: Target, tolerances: Tolerances): Proposal {
  const metrics = new Map([...measured].filter(([pod]) => !groups.ignored.has(pod) && !groups.unready.has(pod)));
  if (metrics.size === 0) return { error: 'did not receive metrics for targeted pods (pods might be unready)' };
  const usage = target.usageOf(metrics);
  if ('error' in usage) return usage;
  const within = (ratio: number): boolean => ratio >= 1 - tolerances.down && ratio <= 1 + tolerances.up;
  const { ratio } = usage;
  const unreadyCount = groups.unready.size > 0 && ratio > 1;
  if (!unreadyCount && groups.missing.size === 0) return { usage, replicas: within(ratio) ? current : Math.ceil(ratio * groups.ready) };
  const assumed = (value: number): PodMetric => ({ value, timestamp: 0, windowMs: 0 });
  if (ratio !== 1) for (const pod of groups.missing) metrics.set(pod, assumed(ratio < 1 ? target.fallback(pod) : 0));
  if (unreadyCount) for (const pod of groups.unready) metrics.set(pod, assumed(0));
  const again = target.usageOf(metrics);
  if ('error' in again) return again;
  if (within(again.ratio) || (ratio < 1 && again.ratio > 1) || (ratio > 1 && again.ratio < 1)) return { usage, replicas: current };
  const replicas = Math.ceil(again.ratio * metrics.size);
  const against = (again.ratio < 1 && replicas > current) || (again.ratio > 1 && replicas < current);
  return { usage, replicas: against ? current : replicas };
}

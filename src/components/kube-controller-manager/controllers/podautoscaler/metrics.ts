import { formatQuantity } from '#api/quantity.ts';
import { matchesLabels, parseLabelSelector } from '#api/selectors.ts';
import type { MetricSpec, MetricStatus } from '#api/types.generated.ts';
import { byIndex } from '#machinery/informer.ts';
import { resourcePath } from '#machinery/client.ts';
import { call, messageOf, ok, type Calls, type SyncCall, type SyncContext } from '../../controller.ts';
import type { Autoscaler, Finding } from './conditions.ts';
import {
  groupPods,
  milli,
  proposeReplicas,
  requestsOf,
  utilizationTarget,
  valueTarget,
  type PodMetrics,
  type Proposal,
  type Tolerances,
} from './replicas.ts';

const podMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'pods' };

interface MeasuredPod {
  readonly metadata: { readonly name: string };
  readonly timestamp: string;
  readonly window: string;
  readonly containers: readonly { readonly usage: Readonly<Record<string, string>> }[];
}

/** What client-go says of an answer that explains nothing itself (NewGenericServerResponse). */
const generic: Readonly<Record<number, string>> = {
  404: 'the server could not find the requested resource',
  503: 'the server is currently unable to handle the request',
};

/** metrics/client.go, GetResourceMetric. */
function* measure(resource: string, namespace: string, selector: string): Calls<PodMetrics | { readonly error: string }> {
  const answer = yield* call({ method: 'GET', path: resourcePath(podMetrics, namespace), query: { labelSelector: selector } });
  if (!ok(answer)) {
    const said = generic[answer.status];
    const why = said === undefined ? messageOf(answer) : `${said} (get pods.metrics.k8s.io)`;
    return { error: `unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: ${why}` };
  }
  const { items = [] } = answer.body as unknown as { readonly items?: readonly MeasuredPod[] };
  if (items.length === 0) return { error: `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API` };
  const whole = items.filter(({ containers }) => containers.every(({ usage }) => usage[resource] !== undefined));
  return new Map(
    whole.map(({ metadata, timestamp, window, containers }) => [
      metadata.name,
      {
        value: containers.reduce((sum, { usage }) => sum + milli(usage[resource]!), 0),
        timestamp: Date.parse(timestamp),
        windowMs: Number.parseFloat(window) * 1000,
      },
    ]),
  );
}

/** One target of the autoscaler: the proposal, or what is wrong. */
interface Computed {
  readonly proposal: Proposal;
  readonly name: string;
  readonly status: MetricStatus;
}
const unknownStatus: MetricStatus = { type: '' };

function* ofResource(
  spec: NonNullable<MetricSpec['resource']>,
  scale: Scaled,
  tolerances: Tolerances,
  context: SyncContext,
): Calls<Computed> {
  const { name, target } = spec;
  const byValue = target.averageValue !== undefined;
  const what = byValue ? 'usage' : 'utilization';
  const failed = (error: string): Computed => ({ proposal: { error }, name, status: unknownStatus });
  if (!byValue && target.averageUtilization === undefined)
    return failed('invalid resource metric source: neither an average utilization nor an average value (usage) target was set');
  const metrics = yield* measure(name, scale.namespace, scale.selector);
  if ('error' in metrics) return failed(`failed to get ${name} ${what}: ${metrics.error}`);
  const selector = parseLabelSelector(scale.selector);
  const pods = byIndex(context.caches['pods'], 'namespace', scale.namespace).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  if (pods.length === 0) return failed(`failed to get ${name} ${what}: no pods returned by selector while calculating replica count`);
  const requests = byValue ? new Map<string, number>() : requestsOf(pods, name);
  if ('error' in requests) return failed(`failed to get ${name} ${what}: ${requests.error}`);
  const goal = byValue ? valueTarget(milli(target.averageValue!)) : utilizationTarget(requests, target.averageUtilization!);
  const proposal = proposeReplicas(scale.replicas, metrics, groupPods(pods, metrics, name, context.now), goal, tolerances);
  if ('error' in proposal) return failed(`failed to get ${name} ${what}: ${proposal.error}`);
  const { utilization, average } = proposal.usage;
  const current = {
    ...(utilization === undefined ? {} : { averageUtilization: utilization }),
    averageValue: formatQuantity(average / 1000),
  };
  return {
    proposal,
    name: byValue ? `${name} resource` : `${name} resource utilization (percentage of request)`,
    status: { type: 'Resource', resource: { name, current } } as unknown as MetricStatus,
  };
}

interface Source {
  readonly reason: string;
  /** What the source of metrics says where there is none of this kind. */
  readonly missing: string;
  readonly value: string;
}
const custom = 'unable to fetch metrics from custom metrics API: no known available metric versions found';
/** Metrics that an adapter would have to serve: nobody does here. */
const adapters: Readonly<Record<string, Source>> = {
  Pods: { reason: 'FailedGetPodsMetric', missing: custom, value: 'pods' },
  Object: { reason: 'FailedGetObjectMetric', missing: custom, value: 'object' },
  External: {
    reason: 'FailedGetExternalMetric',
    missing: 'unable to fetch metrics from external metrics API: no known available metric versions found',
    value: 'external',
  },
};

interface One {
  readonly computed: Computed;
  /** The reason of its event, where it fails. */
  readonly reason: string;
  readonly wrapped: string;
}

/** computeReplicasForMetric. */
function* computeOne(spec: MetricSpec, scale: Scaled, tolerances: Tolerances, context: SyncContext): Calls<One> {
  if (spec.resource !== undefined) {
    const computed = yield* ofResource(spec.resource, scale, tolerances, context);
    return { computed, reason: 'FailedGetResourceMetric', wrapped: `failed to get ${spec.resource.name} resource metric value` };
  }
  const source = adapters[spec.type];
  const name = (spec.pods ?? spec.object ?? spec.external)?.metric.name ?? '';
  const error =
    source === undefined ? `unknown metric source type ${JSON.stringify(spec.type)}` : `unable to get metric ${name}: ${source.missing}`;
  return {
    computed: { proposal: { error }, name, status: unknownStatus },
    reason: source?.reason ?? 'InvalidMetricSourceType',
    wrapped: `failed to get ${source?.value ?? spec.type} metric value`,
  };
}

/** The scale of a target, as an autoscaler needs it. */
export interface Scaled {
  readonly namespace: string;
  readonly replicas: number;
  readonly selector: string;
}
/** What all metrics together say. */
export interface Computation {
  readonly replicas: number;
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
  readonly finding: Finding;
  readonly events: readonly SyncCall[];
  readonly error?: string | undefined;
}

const active = (status: 'True' | 'False', reason: string, message: string): Finding => ({ type: 'ScalingActive', status, reason, message });
const unable = (reason: string, error: string): Finding =>
  active('False', reason, `the HPA was unable to compute the replica count: ${error}`);

const tolerancesOf = ({ spec }: Autoscaler): Tolerances => ({
  up: milli(spec.behavior?.scaleUp?.tolerance ?? '100m') / 1000,
  down: milli(spec.behavior?.scaleDown?.tolerance ?? '100m') / 1000,
});

/** horizontal.go, computeReplicasForMetrics: the largest proposal; nothing where a metric fails and the others would scale down. */
export function* computeReplicas(autoscaler: Autoscaler, scale: Scaled, context: SyncContext): Calls<Computation> {
  const event = (reason: string, message: string): SyncCall => context.event(autoscaler, 'Warning', reason, message);
  if (scale.selector === '') {
    const error = 'selector is required';
    const finding = active('False', 'InvalidSelector', "the HPA target's scale is missing a selector");
    return { replicas: -1, metric: '', statuses: [], finding, events: [event('SelectorRequired', error)], error };
  }
  const specs = autoscaler.spec.metrics ?? [];
  const events: SyncCall[] = [];
  const statuses: MetricStatus[] = [];
  const problems: { readonly finding: Finding; readonly error: string }[] = [];
  let [replicas, metric] = [0, ''];
  for (const spec of specs) {
    const { computed, reason, wrapped } = yield* computeOne(spec, scale, tolerancesOf(autoscaler), context);
    statuses.push(computed.status);
    if ('error' in computed.proposal) {
      events.push(event(reason, computed.proposal.error));
      problems.push({ finding: unable(reason, computed.proposal.error), error: `${wrapped}: ${computed.proposal.error}` });
    } else if (computed.proposal.replicas > replicas) [replicas, metric] = [computed.proposal.replicas, computed.name];
  }
  const [first] = problems;
  const error = first && `invalid metrics (${problems.length} invalid out of ${specs.length}), first error is: ${first.error}`;
  if (first !== undefined && (problems.length >= specs.length || replicas < scale.replicas))
    return { replicas: -1, metric: '', statuses, finding: first.finding, events, error };
  const found = active('True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${metric}`);
  return { replicas, metric, statuses, finding: found, events, error };
}

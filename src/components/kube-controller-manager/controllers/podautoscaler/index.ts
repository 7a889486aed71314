import { deepEqual } from '#base/json.ts';
import { formatTime, parseApiVersion, type KubeObject } from '#api/object.ts';
import { builtInResources } from '#api/resources/catalog.ts';
import type { MetricStatus } from '#api/types.generated.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import {
  call,
  done,
  lookUp,
  messageOf,
  ok,
  type Caches,
  type Calls,
  type ControllerDefinition,
  type Sync,
  type SyncContext,
} from '../../controller.ts';
import { withFindings, type Autoscaler, type AutoscalerStatus, type Finding } from './conditions.ts';
import { noHistory, normalize, withScaleEvent, type History } from './limits.ts';
import { computeReplicas } from './metrics.ts';

const name = 'horizontal-pod-autoscaler';
/** --horizontal-pod-autoscaler-sync-period: an autoscaler is looked at this often, and no sooner after a change. */
const periodMs = 15_000;

/** What a round came to. `failed`: nothing is said of the desired size. */
interface Round {
  readonly findings: readonly Finding[];
  readonly current: number;
  readonly desired?: number | undefined;
  readonly metrics: readonly MetricStatus[];
  readonly rescaled: boolean;
  readonly history: History;
}
interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
  readonly status?: { readonly selector?: string | undefined } | undefined;
}

const able = (status: 'True' | 'False', reason: string, message: string): Finding => ({ type: 'AbleToScale', status, reason, message });

/** Where the scale of the target is, or why that cannot be said. */
function scalePath({ metadata, spec }: Autoscaler, caches: Caches): string | { readonly error: string } {
  const { apiVersion = 'v1', kind, name: target } = spec.scaleTargetRef;
  const gv = parseApiVersion(apiVersion);
  const found = Object.values(caches).find(({ spec: cache }) => cache.discovered?.kind === kind && cache.resource.group === gv.group);
  const resource = builtInResources.findByKind({ ...gv, kind }) ?? found?.spec.resource;
  return resource === undefined
    ? { error: `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(gv.group)}` }
    : resourcePath(resource, metadata.namespace, target, 'scale');
}

/** What a size should be, before the target is asked to have it. */
interface Decision {
  readonly desired: number | undefined;
  readonly reason: string;
  readonly metrics: readonly MetricStatus[];
  readonly findings: readonly Finding[];
  readonly history: History;
}

/** The size that metrics and bounds ask for; undefined where nothing can be said. */
function* decide(autoscaler: Autoscaler, scale: Scale, history: History, context: SyncContext): Calls<Decision> {
  const { minReplicas: min = 1, maxReplicas: max, behavior } = autoscaler.spec;
  const current = scale.spec?.replicas ?? 0;
  const plain = { metrics: [], findings: [], history };
  if (current === 0 && min !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    return { ...plain, desired: 0, reason: '', findings: [{ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message }] };
  }
  if (current > max) return { ...plain, desired: max, reason: 'Current number of replicas above Spec.MaxReplicas' };
  if (current < min) return { ...plain, desired: min, reason: 'Current number of replicas below Spec.MinReplicas' };
  const target = { namespace: autoscaler.metadata.namespace ?? '', replicas: current, selector: scale.status?.selector ?? '' };
  const computed = yield* computeReplicas(autoscaler, target, context);
  yield computed.events;
  if (computed.replicas < 0) {
    yield [context.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', computed.error ?? '')];
    return { ...plain, desired: undefined, reason: '', metrics: computed.statuses, findings: [computed.finding] };
  }
  const { replicas: wanted, metric } = computed;
  const size = normalize({ current, desired: wanted, min, max, behavior, history, now: context.now });
  const ready = able('True', size.ready.reason, size.ready.message);
  const reason = wanted > current ? `${metric} above target` : 'All metrics below target';
  const findings: readonly Finding[] = [computed.finding, ready, { type: 'ScalingLimited', ...size.limit }];
  return { desired: size.desired, reason, metrics: computed.statuses, findings, history: size.history };
}

/** Asks for the size, and asks the target to have it. */
function* act(autoscaler: Autoscaler, before: History, context: SyncContext): Calls<Round> {
  const path = scalePath(autoscaler, context.caches);
  const answer = typeof path === 'string' ? yield* call({ method: 'GET', path }) : undefined;
  if (typeof path !== 'string' || answer === undefined || !ok(answer)) {
    const error = typeof path === 'string' ? messageOf(answer!) : path.error;
    yield [context.event(autoscaler, 'Warning', 'FailedGetScale', error)];
    const finding = able('False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${error}`);
    const { currentReplicas: current = 0, currentMetrics } = autoscaler.status ?? {};
    return { findings: [finding], current, metrics: currentMetrics ?? [], rescaled: false, history: before };
  }
  const scale = answer.body as unknown as Scale;
  const current = scale.spec?.replicas ?? 0;
  const initial = before.recommendations.length > 0 ? before : { ...before, recommendations: [{ replicas: current, at: context.now }] };
  const got = able('True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  const { desired, reason, metrics, findings, history } = yield* decide(autoscaler, scale, initial, context);
  const round = { current, metrics, rescaled: false, history, desired, findings: [got, ...findings] };
  if (desired === undefined || desired === current) return round;
  const put = yield* call({ method: 'PUT', path, body: { ...scale, spec: { ...scale.spec, replicas: desired } } });
  if (!ok(put)) {
    const error = messageOf(put);
    yield [context.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${error}`)];
    const failed = able('False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${error}`);
    return { ...round, desired: undefined, findings: [...round.findings, failed] };
  }
  yield [context.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)];
  const scaled = able('True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
  const counted = autoscaler.spec.behavior === undefined ? history : withScaleEvent(history, current, desired, context.now);
  return { ...round, rescaled: true, history: counted, findings: [...round.findings, scaled] };
}

/** pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler; it comes round again whatever happens. */
function* sync(key: string, context: SyncContext): Sync {
  const autoscaler = lookUp(context.caches, 'horizontalpodautoscalers', key) as Autoscaler | undefined;
  if (autoscaler === undefined) return done;
  const before = autoscaler.status ?? {};
  const round = yield* act(autoscaler, (context.memory as History | undefined) ?? noHistory, context);
  const lastScaleTime = round.rescaled ? formatTime(context.now) : before.lastScaleTime;
  const desiredReplicas = round.desired ?? before.desiredReplicas ?? 0;
  const status: AutoscalerStatus = {
    ...(round.current > 0 ? { currentReplicas: round.current } : {}),
    desiredReplicas,
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    currentMetrics: round.metrics.length === 0 ? null : round.metrics,
    conditions: withFindings(before.conditions ?? [], round.findings, context.now),
  };
  if (!deepEqual(status, before)) {
    const { namespace, name: own } = autoscaler.metadata;
    yield* call({
      method: 'PUT',
      path: resourcePath(resources.horizontalpodautoscalers, namespace, own, 'status'),
      body: { ...autoscaler, status },
    });
  }
  return { againMs: periodMs, remember: round.history };
}

/** pkg/controller/podautoscaler. */
export const podAutoscaler: ControllerDefinition = {
  name,
  workers: 5,
  eventSource: name,
  batchMs: () => periodMs,
  handlers: {
    horizontalpodautoscalers: ({ object }) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`],
    pods: () => [],
  },
  sync,
};

import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import { answerOf, drive, type Driven } from '../../testing/drive.ts';
import { podAutoscaler } from './index.ts';
import { noHistory, normalize, withScaleEvent, type History, type Wish } from './limits.ts';

const hour = 3_600_000;
const time = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
const autoscaler = (spec: object = {}, status: object = {}): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'team' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    ...spec,
  },
  status: { desiredReplicas: 0, currentMetrics: null, ...status },
});
const pod = (name: string, request: string | undefined = '100m'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'team', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', resources: request === '' ? {} : { requests: { cpu: request } } }] },
  status: { phase: 'Running', startTime: time(0), conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time(0) }] },
});

interface Load {
  readonly replicas: number;
  /** CPU of the pods by name; undefined: nobody serves metrics. */
  readonly cpu?: Readonly<Record<string, string>>;
  readonly pods?: readonly KubeObject[];
  readonly object?: KubeObject;
  readonly memory?: unknown;
}
function run({ replicas, cpu, object = autoscaler(), memory, pods = Object.keys(cpu ?? {}).map((name) => pod(name)) }: Load): Driven {
  return drive(podAutoscaler, 'team/web', {
    now: hour,
    memory,
    objects: { horizontalpodautoscalers: [object], pods },
    respond: ({ method, path }) => {
      if (method === 'GET' && path.endsWith('/scale'))
        return answerOf(200, { kind: 'Scale', metadata: { name: 'web' }, spec: { replicas }, status: { replicas, selector: 'app=web' } });
      if (!path.startsWith('/apis/metrics.k8s.io')) return undefined;
      const items = Object.entries(cpu ?? {}).map(([name, amount]) => ({
        metadata: { name },
        timestamp: time(hour - 5000),
        window: '15s',
        containers: [{ name: 'c', usage: { cpu: amount } }],
      }));
      return cpu === undefined ? answerOf(404, '404 page not found') : answerOf(200, { items });
    },
  });
}
const conditions = (seen: Driven): readonly string[] =>
  ((seen.status ?? {})['conditions'] as readonly { type: string; status: string; reason: string }[]).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  );

describe('an autoscaler', () => {
  it('scales up to what brings the use to its target, and says so', () => {
    const seen = run({ replicas: 2, cpu: { a: '100m', b: '80m' } });
    expect(seen.asked).toEqual(['GET scale', 'GET pods', 'PUT scale', 'PUT web/status']);
    expect(seen.calls[2]!.body).toMatchObject({ spec: { replicas: 4 } });
    expect(seen.events).toEqual(['SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target']);
    expect(seen.status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      lastScaleTime: time(hour),
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } }],
    });
    expect(conditions(seen)).toEqual([
      'AbleToScale=True SucceededRescale',
      'ScalingActive=True ValidMetricFound',
      'ScalingLimited=False DesiredWithinRange',
    ]);
    expect(seen.result.againMs).toBe(15_000);
  });

  it('leaves a small difference alone', () => {
    const seen = run({ replicas: 2, cpu: { a: '54m', b: '55m' } });
    expect(seen.asked).not.toContain('PUT scale');
    expect(seen.status).toMatchObject({ desiredReplicas: 2 });
  });

  it('scales down only when five minutes agree', () => {
    const first = run({ replicas: 4, cpu: { a: '10m', b: '10m', c: '10m', d: '10m' } });
    expect(first.asked).not.toContain('PUT scale');
    expect(conditions(first)).toContain('AbleToScale=True ScaleDownStabilized');
    const later: History = { ...noHistory, recommendations: [{ replicas: 4, at: hour - 301_000 }] };
    const seen = run({ replicas: 4, cpu: { a: '10m', b: '10m', c: '10m', d: '10m' }, memory: later });
    expect(seen.events).toEqual(['SuccessfulRescale: New size: 1; reason: All metrics below target']);
  });

  it('takes a pod that was not measured for idle when it would grow, and for busy when it would shrink', () => {
    const pods = ['a', 'b', 'c'].map((name) => pod(name));
    expect(run({ replicas: 3, pods, cpu: { a: '100m', b: '100m' } }).status).toMatchObject({ desiredReplicas: 4 });
    expect(run({ replicas: 3, pods, cpu: { a: '10m', b: '10m' } }).status).toMatchObject({ desiredReplicas: 3 });
  });

  it('keeps its bounds whatever is measured', () => {
    const spec = { minReplicas: 3, maxReplicas: 5 };
    expect(run({ replicas: 1, object: autoscaler(spec) }).events[0]).toContain(
      'New size: 3; reason: Current number of replicas below Spec.MinReplicas',
    );
    expect(run({ replicas: 9, object: autoscaler(spec) }).events[0]).toContain(
      'New size: 5; reason: Current number of replicas above Spec.MaxReplicas',
    );
    const off = run({ replicas: 0, object: autoscaler(spec) });
    expect(conditions(off)).toContain('ScalingActive=False ScalingDisabled');
    expect(off.asked).not.toContain('PUT scale');
  });
});

describe('an autoscaler that cannot measure', () => {
  it('says that nobody serves metrics, and leaves the size as it is', () => {
    const why =
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
    const seen = run({ replicas: 2 });
    expect(seen.events).toEqual([
      `FailedGetResourceMetric: ${why}`,
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    ]);
    expect(conditions(seen)).toEqual(['AbleToScale=True SucceededGetScale', 'ScalingActive=False FailedGetResourceMetric']);
    expect(seen.status).toMatchObject({ currentReplicas: 2, desiredReplicas: 0, currentMetrics: [{ type: '' }] });
  });

  it('says which pod asks for nothing', () => {
    expect(run({ replicas: 1, pods: [pod('a', '')], cpu: { a: '10m' } }).events[0]).toBe(
      'FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container c of Pod a',
    );
  });
});

describe('the rules of a behaviour', () => {
  const wish = (more: Partial<Wish>): Wish => ({
    current: 4,
    desired: 4,
    min: 1,
    max: 100,
    behavior: {},
    history: noHistory,
    now: hour,
    ...more,
  });
  const up = (rules: object) => ({ scaleUp: { stabilizationWindowSeconds: 0, ...rules }, scaleDown: { stabilizationWindowSeconds: 0 } });

  it('let a size go up by so many pods in a while, counting what was added already', () => {
    const behavior = up({ policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] });
    const first = normalize(wish({ desired: 20, behavior }));
    expect(first).toMatchObject({ desired: 8, limit: { status: 'True', reason: 'ScaleUpLimit' } });
    const history = withScaleEvent(noHistory, 4, 8, hour - 30_000);
    expect(normalize(wish({ current: 8, desired: 20, behavior, history })).desired).toBe(8);
    expect(normalize(wish({ current: 8, desired: 20, behavior, history, now: hour + 31_000 })).desired).toBe(12);
  });

  it('forbid a direction, or choose the smaller change', () => {
    const pods = { type: 'Pods', value: 4, periodSeconds: 60 };
    const percent = { type: 'Percent', value: 50, periodSeconds: 60 };
    expect(normalize(wish({ desired: 20, behavior: up({ selectPolicy: 'Disabled', policies: [pods] }) })).desired).toBe(4);
    expect(normalize(wish({ desired: 20, behavior: up({ selectPolicy: 'Min', policies: [pods, percent] }) })).desired).toBe(6);
    const down = { scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 25, periodSeconds: 60 }] } };
    expect(normalize(wish({ current: 8, desired: 1, behavior: down }))).toMatchObject({ desired: 6, limit: { reason: 'ScaleDownLimit' } });
  });

  it('wait with growing until the window agrees', () => {
    const history = { ...noHistory, recommendations: [{ replicas: 5, at: hour - 10_000 }] };
    const slow = { scaleUp: { stabilizationWindowSeconds: 60, policies: [{ type: 'Pods', value: 50, periodSeconds: 60 }] } };
    expect(normalize(wish({ desired: 20, behavior: slow, history }))).toMatchObject({ desired: 5, ready: { reason: 'ScaleUpStabilized' } });
  });
});

import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
} from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';
import { longTime } from './format.ts';
import { head } from './others.ts';

/** autoscaling/v2, of which the generated type is that of an older version. */
interface Autoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: CrossVersionObjectReference;
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly MetricSpec[];
    readonly behavior?: HorizontalPodAutoscalerBehavior;
  };
  readonly status?: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?: readonly MetricStatus[] | null;
    readonly conditions?: readonly HorizontalPodAutoscalerCondition[];
  };
}

function metricLine({ type, resource }: MetricSpec, status: MetricStatus | undefined): string {
  if (resource === undefined) return `<unknown metric type ${JSON.stringify(type)}>\n`;
  const current = status?.resource?.current;
  const { averageValue, averageUtilization } = resource.target;
  const what = `  resource ${resource.name} on pods`;
  if (averageValue !== undefined) return `${what}:\t${current?.averageValue ?? '<unknown>'} / ${averageValue}\n`;
  const used = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}% (${current.averageValue ?? ''})`;
  return `${what}  (as a percentage of request):\t${used} / ${averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`}\n`;
}

/** describe.go, printDirectionBehavior. */
function rulesText(direction: string, rules: HPAScalingRules | undefined): string {
  if (rules === undefined) return '';
  const { stabilizationWindowSeconds: window, policies = [], selectPolicy = 'Max' } = rules;
  const lines = policies.map((policy) => `      - Type: ${policy.type}\tValue: ${policy.value}\tPeriod: ${policy.periodSeconds} seconds\n`);
  return [
    `  ${direction}:\n`,
    window === undefined ? '' : `    Stabilization Window: ${window} seconds\n`,
    policies.length === 0 ? '' : `    Select Policy: ${selectPolicy}\n    Policies:\n${lines.join('')}`,
  ].join('');
}

/** describe.go, describeHorizontalPodAutoscalerV2. */
export function describeAutoscaler(object: Autoscaler): string {
  const { metadata, spec, status } = object;
  const { kind, name } = spec.scaleTargetRef;
  const { behavior, metrics = [] } = spec;
  const conditions = status?.conditions ?? [];
  return [
    `${head(object)}CreationTimestamp:\t${longTime(metadata.creationTimestamp)}\nReference:\t${kind}/${name}\n`,
    `Metrics:\t( current / target )\n${metrics.map((metric, index) => metricLine(metric, status?.currentMetrics?.[index])).join('')}`,
    `Min replicas:\t${spec.minReplicas ?? '<unset>'}\nMax replicas:\t${spec.maxReplicas}\n`,
    behavior === undefined ? '' : `Behavior:\n${rulesText('Scale Up', behavior.scaleUp)}${rulesText('Scale Down', behavior.scaleDown)}`,
    `${kind} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired\n`,
    conditions.length === 0
      ? ''
      : `Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------\n${conditions.map((item) => `  ${item.type}\t${item.status}\t${item.reason ?? ''}\t${item.message ?? ''}\n`).join('')}`,
  ].join('');
}

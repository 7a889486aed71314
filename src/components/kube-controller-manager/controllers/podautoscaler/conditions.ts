import { formatTime } from '#api/object.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from '#api/types.generated.ts';
import type { KubeObject } from '#api/object.ts';

/** autoscaling/v2; the generated type of this name is that of an older version. */
export interface Autoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: CrossVersionObjectReference;
    readonly minReplicas?: number | undefined;
    readonly maxReplicas: number;
    readonly metrics?: readonly MetricSpec[] | undefined;
    readonly behavior?: HorizontalPodAutoscalerBehavior | undefined;
  };
  readonly status?: AutoscalerStatus | undefined;
}
export interface AutoscalerStatus {
  readonly currentReplicas?: number | undefined;
  readonly desiredReplicas?: number | undefined;
  readonly lastScaleTime?: string | undefined;
  readonly currentMetrics?: readonly MetricStatus[] | null | undefined;
  readonly conditions?: readonly HorizontalPodAutoscalerCondition[] | undefined;
}

/** One condition as a round finds it. */
export interface Finding {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** horizontal.go, setConditionInList: a condition keeps its time while its status stays. */
export function withFindings(
  conditions: readonly HorizontalPodAutoscalerCondition[],
  findings: readonly Finding[],
  now: number,
): readonly HorizontalPodAutoscalerCondition[] {
  return findings.reduce((all, finding) => {
    const before = all.find(({ type }) => type === finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : formatTime(now);
    const next = { ...finding, lastTransitionTime };
    return before === undefined ? [...all, next] : all.map((item) => (item === before ? next : item));
  }, conditions);
}

import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '#api/types.generated.ts';

/** What an autoscaler remembers between its rounds. */
export interface History {
  readonly recommendations: readonly { readonly replicas: number; readonly at: number }[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}
interface ScaleEvent {
  readonly change: number;
  readonly at: number;
}
export const noHistory: History = { recommendations: [], ups: [], downs: [] };

const downscaleSeconds = 300;
const keptMs = 3_600_000;

export interface Wish {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly behavior: HorizontalPodAutoscalerBehavior | undefined;
  readonly history: History;
  readonly now: number;
}
interface Said {
  readonly reason: string;
  readonly message: string;
}
/** A size, and what is said about it: `ready` in AbleToScale, `limit` in ScalingLimited. */
export interface Normalized {
  readonly desired: number;
  readonly ready: Said;
  readonly limit: Said & { readonly status: 'True' | 'False' };
  readonly history: History;
}

const said = (reason: string, message: string): Said => ({ reason, message });
const readyForNew = said('ReadyForNewScale', 'recommended size matches current size');
const downStabilized = said(
  'ScaleDownStabilized',
  'recent recommendations were higher than current one, applying the highest recent recommendation',
);
const upStabilized = said(
  'ScaleUpStabilized',
  'recent recommendations were lower than current one, applying the lowest recent recommendation',
);
const inRange = said('DesiredWithinRange', 'the desired count is within the acceptable range');
const tooFew = said('TooFewReplicas', 'the desired replica count is less than the minimum replica count');
const tooMany = said('TooManyReplicas', 'the desired replica count is more than the maximum replica count');
const upLimit = said('ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate');
const downLimit = said('ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate');

/** stabilizeRecommendation, with and without behaviours: a size goes down, or up, only as far as all of the last minutes agree. */
function stabilize({ current, desired, behavior, history, now }: Wish): number {
  const within = (seconds: number): readonly number[] =>
    history.recommendations.filter(({ at }) => at > now - seconds * 1000).map(({ replicas }) => replicas);
  const highest = Math.max(desired, ...within(behavior?.scaleDown?.stabilizationWindowSeconds ?? downscaleSeconds));
  if (behavior === undefined) return highest;
  const lowest = Math.min(desired, ...within(behavior.scaleUp?.stabilizationWindowSeconds ?? 0));
  return Math.min(Math.max(current, lowest), highest);
}

const sumSince = (events: readonly ScaleEvent[], seconds: number, now: number): number =>
  events.filter(({ at }) => at > now - seconds * 1000).reduce((sum, { change }) => sum + change, 0);

/** calculateScaleUpLimitWithScalingRules and its counterpart: how far the rules let a size go now. */
function rateLimit({ current, history, now }: Wish, rules: HPAScalingRules | undefined, direction: 1 | -1): number {
  const { selectPolicy = 'Max', policies = [] } = rules ?? {};
  if (selectPolicy === 'Disabled') return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = current - sumSince(history.ups, periodSeconds, now) + sumSince(history.downs, periodSeconds, now);
    if (type === 'Pods') return start + direction * value;
    return direction > 0 ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100));
  });
  const far = (selectPolicy === 'Max') === direction > 0 ? Math.max(...proposals) : Math.min(...proposals);
  return direction > 0 ? Math.max(current, far) : Math.min(current, far);
}

/** convertDesiredReplicasWithBehaviorRate, and convertDesiredReplicasWithRules where no behaviour is given. */
function limited(wish: Wish, stabilized: number): readonly [number, Said] {
  const { current, min, max, behavior } = wish;
  if (behavior === undefined) {
    const rate = Math.max(2 * current, 4);
    if (stabilized < min) return [min, tooFew];
    return stabilized > Math.min(max, rate) ? [Math.min(max, rate), max > rate ? upLimit : tooMany] : [stabilized, inRange];
  }
  if (stabilized > current) {
    const rate = rateLimit(wish, behavior.scaleUp, 1);
    if (stabilized > Math.min(max, rate)) return [Math.min(max, rate), max > rate ? upLimit : tooMany];
  } else if (stabilized < current) {
    const rate = rateLimit(wish, behavior.scaleDown, -1);
    if (stabilized < Math.max(min, rate)) return [Math.max(min, rate), min < rate ? downLimit : tooFew];
  }
  return [stabilized, inRange];
}

/** pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas and normalizeDesiredReplicasWithBehaviors. */
export function normalize(wish: Wish): Normalized {
  const { current, desired, behavior, history, now } = wish;
  const stabilized = stabilize(wish);
  const stabilizedBy = behavior !== undefined && desired >= current ? upStabilized : downStabilized;
  const [size, limit] = limited(wish, stabilized);
  const recommendations = [...history.recommendations.filter(({ at }) => at > now - keptMs), { replicas: desired, at: now }];
  return {
    desired: size,
    ready: stabilized === desired ? readyForNew : stabilizedBy,
    limit: { ...limit, status: size === stabilized ? 'False' : 'True' },
    history: { ...history, recommendations },
  };
}

/** storeScaleEvent: what was done counts against the rates of a behaviour. */
export function withScaleEvent(history: History, from: number, to: number, now: number): History {
  const kept = (events: readonly ScaleEvent[]): readonly ScaleEvent[] => events.filter(({ at }) => at > now - keptMs);
  const event = { change: Math.abs(to - from), at: now };
  return to > from ? { ...history, ups: [...kept(history.ups), event] } : { ...history, downs: [...kept(history.downs), event] };
}

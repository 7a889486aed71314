import { objectKey, type KubeObject } from '#api/object.ts';
import type { Outcome as StepOutcome } from '#kernel/step.ts';
import type { Effect, Origin } from '#kernel/types.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { cachedPod, putBack } from './cache.ts';
import { binding, deletion, event, send } from './calls.ts';
import { emptyInfo, specOf, withoutPod } from './node-info.ts';
import { isBound } from './plugins/volumes.ts';
import { backoffMs } from './queue.ts';
import type { SchedulerState } from './state.ts';

type Result = StepOutcome<SchedulerState>;
interface Failure {
  readonly message?: string;
}

/** What comes back of the scheduler's own requests, by the first word of their id. */
const handlers: Readonly<
  Record<string, (state: SchedulerState, key: string, response: HttpResponse, now: number, origin: Origin) => Result>
> = { bind: bound, volume: volumeAnswer, disrupt: disrupted, evict: evicted };

export function answered(state: SchedulerState, response: HttpResponse, now: number, origin: Origin): Result {
  const space = response.id.indexOf(' ');
  return (
    handlers[response.id.slice(0, space)]?.(state, response.id.slice(space + 1), response, now, origin) ?? { context: state, effects: [] }
  );
}

/** The ids of the requests whose answers something waits for. */
export const openCalls = (state: SchedulerState): readonly string[] => [
  ...[...state.bindings].map(([key, { phase }]) => `${phase === 'volumes' ? 'volume' : 'bind'} ${key}`),
  ...[...state.evictions.keys()].map((key) => `evict ${key}`),
];

const textOf = (response: HttpResponse): string => (response.body as Failure | null)?.message ?? 'the API server did not answer';

/** The pod has its node now, or goes back to the queue with a back-off (bindingCycle). */
function bound(state: SchedulerState, key: string, response: HttpResponse, now: number, origin: Origin): Result {
  const pod = cachedPod(state)(key);
  const name = state.bindings.get(key)?.node ?? (pod === undefined ? '' : (specOf(pod).nodeName ?? ''));
  if (response.status >= 300) return bindingFailed(state, key, `binding rejected: ${textOf(response)}`, now, origin);
  if (pod === undefined) return { context: state, effects: [] };
  return event(
    { ...state, bound: state.bound + 1 },
    pod,
    { type: 'Normal', reason: 'Scheduled', action: 'Binding', note: `Successfully assigned ${key} to ${name}` },
    now,
    origin,
  );
}

export function bindingFailed(state: SchedulerState, key: string, note: string, now: number, origin: Origin): Result {
  const current = state.bindings.get(key);
  if (current === undefined) return { context: state, effects: [] };
  const info = withoutPod(state.infos.get(current.node) ?? emptyInfo(current.node), key);
  let { reserved } = state;
  for (const [volume, claim] of state.reserved) if (current.claims.includes(claim)) reserved = reserved.delete(volume);
  const context: SchedulerState = { ...state, reserved, infos: state.infos.set(current.node, info), bindings: state.bindings.delete(key) };
  const pod = cachedPod(state)(key);
  if (pod === undefined || (specOf(pod).nodeName ?? '') !== '') return { context, effects: [] };
  const queued = { ...current.queued, since: now, refusedBy: [] };
  const reported = event(
    { ...context, queues: putBack(context.queues, 'failed', queued) },
    pod,
    { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note },
    now,
    origin,
  );
  return {
    context: reported.context,
    effects: [
      ...reported.effects,
      { type: 'arm', timer: `backoff ${key}`, afterMs: backoffMs(queued), message: { type: 'scheduler.flush' }, because: origin },
    ],
  };
}

function volumeAnswer(state: SchedulerState, key: string, response: HttpResponse, now: number, origin: Origin): Result {
  return response.status < 300
    ? { context: state, effects: [] }
    : bindingFailed(state, key, `running PreBind plugin "VolumeBinding": ${textOf(response)}`, now, origin);
}

/** Pods whose volumes are all bound now are bound themselves. */
export function bindReady(state: SchedulerState): Result {
  let context = state;
  const effects: Effect[] = [];
  for (const [key, current] of state.bindings) {
    if (current.phase !== 'volumes') continue;
    const claims = current.claims.map((claim) => state.caches['persistentvolumeclaims']?.store.get(claim));
    const pod = cachedPod(state)(key);
    if (pod === undefined || !claims.every((claim) => claim !== undefined && isBound(claim))) continue;
    context = { ...context, bindings: context.bindings.set(key, { ...current, phase: 'binding' }) };
    effects.push(
      { type: 'disarm', timer: `volumes ${key}` },
      send(state, `bind ${key}`, binding(pod, current.node), current.queued.origin),
    );
  }
  return { context, effects };
}

/** The victim knows why: it is deleted. */
function disrupted(state: SchedulerState, key: string, response: HttpResponse): Result {
  const eviction = state.evictions.get(key);
  if (eviction === undefined) return { context: state, effects: [] };
  if (response.status < 300 || response.status === 404)
    return { context: state, effects: [send(state, `evict ${key}`, deletion(key), eviction.origin)] };
  return { context: { ...state, evictions: state.evictions.delete(key) }, effects: [] };
}

function evicted(state: SchedulerState, key: string, response: HttpResponse, now: number): Result {
  const eviction = state.evictions.get(key);
  if (eviction === undefined) return { context: state, effects: [] };
  const context = { ...state, evictions: state.evictions.delete(key) };
  const victim = response.body as unknown as KubeObject;
  if (response.status >= 300 || victim.kind !== 'Pod' || objectKey(victim) !== key) return { context, effects: [] };
  const note = `Preempted by pod ${eviction.preemptorUid} on node ${eviction.node}`;
  return event(context, victim, { type: 'Normal', reason: 'Preempted', action: 'Preempting', note }, now, eviction.origin);
}

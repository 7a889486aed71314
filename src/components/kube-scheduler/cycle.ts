import { objectKey, type KubeObject } from '#api/object.ts';
import type { Outcome as StepOutcome } from '#kernel/step.ts';
import type { Effect, Origin } from '#kernel/types.ts';
import { cachedPod, putBack } from './cache.ts';
import { binding, clearNomination, disruptionStatus, event, send, unschedulableStatus, volumeCall } from './calls.ts';
import type { Snapshot } from './framework.ts';
import { emptyInfo, podKey, priorityOf, specOf, withPod, type NodeInfo } from './node-info.ts';
import { planVolumes, type VolumePlan } from './plugins/volumes.ts';
import { preempt } from './preemption.ts';
import { pop } from './queue.ts';
import { fitError, schedule, type Outcome } from './schedule.ts';
import type { BindTimeout, Decision, QueuedPod, SchedulerState } from './state.ts';

type Result = StepOutcome<SchedulerState>;

const keptDecisions = 100;

/** The nodes as a list that is kept up to date while one pod after another is placed. */
class View {
  readonly nodes: NodeInfo[];
  private readonly positions: ReadonlyMap<string, number>;
  constructor(state: SchedulerState) {
    this.nodes = [...state.infos.values()].filter((info) => info.node !== undefined);
    this.positions = new Map(this.nodes.map((info, index) => [info.name, index]));
  }
  update(info: NodeInfo): void {
    const position = this.positions.get(info.name);
    if (position !== undefined) this.nodes[position] = info;
  }
}

const snapshotOf = (state: SchedulerState, view: View): Snapshot => ({
  nodes: view.nodes,
  caches: state.caches,
  reserved: new Map(state.reserved),
});

/** Pods for which room is being made, by node. */
function nominatedPods(state: SchedulerState): (node: string) => readonly KubeObject[] {
  if (state.nominated.size === 0) return () => [];
  const byNode = new Map<string, KubeObject[]>();
  for (const [key, node] of state.nominated) {
    const pod = cachedPod(state)(key);
    if (pod !== undefined) byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  return (node) => byNode.get(node) ?? [];
}

function remember(state: SchedulerState, decision: Decision, outcome: Outcome): SchedulerState {
  return {
    ...state,
    random: outcome.random,
    nextStart: outcome.nextStart,
    counter: state.counter + 1,
    decisions: [...state.decisions.slice(-keptDecisions + 1), decision],
  };
}

/** Takes pod after pod from the queue and gives each a node, until nobody is left (ScheduleOne). */
export function runCycles(state: SchedulerState, now: number): Result {
  let context = state;
  const effects: Effect[] = [];
  let view: View | undefined;
  for (;;) {
    const next = pop(context.queues, cachedPod(context));
    context = { ...context, queues: next.queues };
    if (next.queued === undefined) return { context, effects };
    const pod = cachedPod(context)(next.queued.key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || (specOf(pod).nodeName ?? '') !== '') continue;
    view ??= new View(context);
    const result = cycle(context, view, pod, { ...next.queued, attempts: next.queued.attempts + 1, since: now }, now);
    context = result.context;
    effects.push(...result.effects);
  }
}

function cycle(state: SchedulerState, view: View, pod: KubeObject, queued: QueuedPod, now: number): Result {
  const snapshot = snapshotOf(state, view);
  const nominatedOn = nominatedPods(state);
  const outcome = schedule(pod, snapshot, state.random, state.nextStart, nominatedOn);
  const decision: Decision = { pod: queued.key, at: now, node: outcome.node, nominated: '', message: '', verdicts: outcome.verdicts };
  if (outcome.node !== '') {
    const plans = planVolumes(pod, state.infos.get(outcome.node)!, snapshot) ?? [];
    return assume(remember(state, decision, outcome), view, pod, queued, outcome.node, plans);
  }
  const preemption =
    snapshot.nodes.length === 0 ? { message: '' } : preempt(pod, snapshot, outcome, state.nominated.get(queued.key), nominatedOn);
  const afterwards =
    'message' in preemption && preemption.message !== '' ? `no new claims to deallocate, preemption: ${preemption.message}` : '';
  const message = fitError(snapshot.nodes.length, outcome, afterwards);
  const nominated = 'node' in preemption ? preemption.node : '';
  const context = remember(state, { ...decision, nominated, message }, outcome);
  const refusedBy = [...new Set(outcome.refused.map(({ plugin }) => plugin))];
  const victims = 'victims' in preemption ? preemption.victims : [];
  return refused(context, pod, { ...queued, refusedBy }, message, nominated, victims, now);
}

/** The pod counts as placed from now on; its binding goes on beside the next pods (schedulingCycle, bindingCycle). */
function assume(state: SchedulerState, view: View, pod: KubeObject, queued: QueuedPod, node: string, plans: readonly VolumePlan[]): Result {
  const info = withPod(state.infos.get(node) ?? emptyInfo(node), queued.key, pod);
  view.update(info);
  let { reserved } = state;
  for (const { claim, volume } of plans) if (volume !== undefined) reserved = reserved.set(volume.metadata.name, objectKey(claim));
  const claims = plans.map(({ claim }) => objectKey(claim));
  const phase = claims.length === 0 ? 'binding' : 'volumes';
  const context: SchedulerState = {
    ...state,
    infos: state.infos.set(node, info),
    reserved,
    nominated: state.nominated.delete(queued.key),
    bindings: state.bindings.set(queued.key, { node, queued, claims, phase }),
  };
  if (claims.length === 0) return { context, effects: [send(state, `bind ${queued.key}`, binding(pod, node), queued.origin)] };
  const writes = plans.map(({ claim, volume }) => send(state, `volume ${queued.key}`, volumeCall(claim, volume, node), queued.origin));
  return {
    context,
    effects: [
      ...writes,
      {
        type: 'arm',
        timer: `volumes ${queued.key}`,
        afterMs: bindTimeoutMs,
        message: { type: 'scheduler.timeout', key: queued.key } as BindTimeout,
        because: queued.origin,
      },
    ],
  };
}

/** How long the volumes of a pod may take (VolumeBindingArgs.BindTimeoutSeconds). */
const bindTimeoutMs = 600_000;

/** No node will do: says so, and makes room where that helps (handleSchedulingFailure). */
function refused(
  state: SchedulerState,
  pod: KubeObject,
  queued: QueuedPod,
  message: string,
  nominated: string,
  victims: readonly KubeObject[],
  now: number,
): Result {
  const { key, origin } = queued;
  const reported = event(state, pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: message }, now, origin);
  const effects: Effect[] = [...reported.effects];
  let context: SchedulerState = { ...reported.context, queues: putBack(reported.context.queues, 'unschedulable', queued) };
  for (const victim of victims) {
    effects.push(send(context, `disrupt ${podKey(victim)}`, disruptionStatus(victim, now), origin));
    context = {
      ...context,
      evictions: context.evictions.set(podKey(victim), { preemptor: key, preemptorUid: pod.metadata.uid ?? '', node: nominated, origin }),
    };
  }
  const before = context.nominated.get(key);
  const status = unschedulableStatus(pod, message, nominated === '' && before === undefined ? undefined : nominated, now);
  if (status !== undefined) effects.push(send(context, 'status', status, origin));
  context = { ...context, nominated: nominated === '' ? context.nominated.delete(key) : context.nominated.set(key, nominated) };
  if (nominated !== '') {
    const cleared = clearLower(context, pod, nominated, origin);
    context = cleared.context;
    effects.push(...cleared.effects);
  }
  return { context, effects };
}

/** Pods of lower priority that were to come to the node have to look for another one (getLowerPriorityNominatedPods). */
function clearLower(state: SchedulerState, pod: KubeObject, node: string, origin: Origin): Result {
  let context = state;
  const effects: Effect[] = [];
  for (const [key, where] of state.nominated) {
    const other = cachedPod(state)(key);
    if (where !== node || other === undefined || priorityOf(other) >= priorityOf(pod)) continue;
    effects.push(send(context, 'status', clearNomination(other), origin));
    context = { ...context, nominated: context.nominated.delete(key) };
  }
  return { context, effects };
}

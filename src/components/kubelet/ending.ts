import type { Effect } from '#kernel/types.ts';
import type { ContainerStatus, CriResponse } from '#protocol/cri.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { asPod, isRunning, specOf, type Tracked } from './containers.ts';
import { api, cri, due, nothing, podPath, record, andThen } from './effects.ts';
import { report } from './reporting.ts';
import { hookOperation, hookProblem, type Kill } from './sync-pod.ts';
import { kubeletOf, type PodWorkerState, type WorkerEvent, type WorkerResult } from './worker-state.ts';

/** A container has at least this long after its hook (kuberuntime_container.go, minimumGracePeriodInSeconds). Seconds. */
const minimumGrace = 2;
/** How long volumes and cgroups of an ended pod take to go, before its object may. Milliseconds. */
const reclaimMs = 900;
const hollowReclaimMs = 400;

function graceOf(state: PodWorkerState): number {
  const { metadata } = state.pod!;
  return metadata.deletionGracePeriodSeconds ?? asPod(state.pod!).spec?.terminationGracePeriodSeconds ?? 30;
}

/** Stops containers: their hooks first, then SIGTERM, and SIGKILL when their time is over (killContainer). */
export function killContainers(state: PodWorkerState, event: WorkerEvent, orders: readonly Kill[]): WorkerResult {
  let result = nothing(state);
  for (const { name, message } of orders) {
    const item = state.containers.find((entry) => entry.name === name);
    if (item === undefined || !isRunning(item) || state.killing.has(name)) continue;
    result = andThen(result, (context) => record(context, event, { type: 'Normal', reason: 'Killing', message, container: name }));
    result = andThen(result, (context) => killOne(context, event, item));
  }
  return result;
}

function killOne(state: PodWorkerState, event: WorkerEvent, item: Tracked): WorkerResult {
  const hook = specOf(state.pod!, item.name).lifecycle?.preStop;
  const grace = graceOf(state);
  const killing = state.killing.set(item.name, event.now);
  const context: PodWorkerState = { ...state, killing };
  const operation = hook === undefined || grace === 0 ? undefined : hookOperation(item.status!.id, hook);
  if (operation !== undefined) {
    const timed = 'timeoutSeconds' in operation ? { ...operation, timeoutSeconds: grace } : operation;
    return { context, effects: [cri(event, `prestop ${item.name}`, timed)] };
  }
  const sleepMs = Math.min(hook?.sleep?.seconds ?? 0, grace) * 1000;
  return { context, effects: [stop(event, item, Math.max(grace - sleepMs / 1000, sleepMs > 0 ? minimumGrace : 0), sleepMs)] };
}

function stop(event: WorkerEvent, item: Tracked, timeoutSeconds: number, delayMs = 0): Effect {
  const effect = cri(event, `stop ${item.name}`, { op: 'StopContainer', container: item.status!.id, timeoutSeconds });
  return delayMs === 0 || effect.type !== 'send' ? effect : { ...effect, delayMs };
}

/** A hook has ended, or its time has: the container gets SIGTERM with what is left. */
export function preStopped(state: PodWorkerState, event: WorkerEvent, response: CriResponse, name: string): WorkerResult {
  const item = state.containers.find((entry) => entry.name === name);
  const since = state.killing.get(name);
  if (item === undefined || since === undefined || state.pod === undefined) return nothing(state);
  const left = Math.max(minimumGrace, graceOf(state) - Math.floor((event.now - since) / 1000));
  const hook = specOf(state.pod, name).lifecycle?.preStop;
  const problem = hook === undefined ? undefined : hookProblem(response, hook, 'PreStopHook');
  const said =
    problem === undefined
      ? nothing(state)
      : record(state, event, { type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed', container: name });
  return { context: said.context, effects: [...said.effects, stop(event, item, left)] };
}

/** Takes over what the runtime says of containers. */
export function observe(state: PodWorkerState, statuses: readonly ContainerStatus[]): PodWorkerState {
  let { killing } = state;
  const containers = state.containers.map((item) => {
    const status = statuses.find((entry) => entry.id === item.status?.id);
    if (status === undefined) return item;
    if (status.state === 'exited') killing = killing.delete(item.name);
    return { ...item, status, ...(status.state === 'exited' ? { started: false, ready: false, unhealthy: '' } : {}) };
  });
  return { ...state, containers, killing };
}

// ── the end of a pod ────────────────────────────────────────────────────────

/** The pod is to end: it is said how it is, and what runs is stopped (SyncTerminatingPod). */
export function startTermination(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const ending: PodWorkerState = { ...state, life: 'terminating', again: false };
  return andThen(report(ending, event), (context) => terminate(context, event));
}

/** The next step of the end: containers, then sidecars from the last to the first, then the sandbox. */
export function terminate(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (isStarting(state) || state.killing.size > 0) return nothing(state);
  const idle: PodWorkerState = { ...state, sync: undefined };
  const running = idle.containers.filter(isRunning);
  const first = running.filter((item) => item.kind !== 'sidecar');
  const next = first.length > 0 ? first : running.slice(-1);
  if (next.length > 0)
    return killContainers(
      idle,
      event,
      next.map(({ name }) => ({ name, message: `Stopping container ${name}` })),
    );
  if (idle.sandbox?.state === 'ready')
    return { context: idle, effects: [cri(event, 'stopped', { op: 'StopPodSandbox', sandbox: idle.sandbox.id })] };
  return terminated(idle, event);
}

/** A pass was interrupted while the runtime was starting something: its answer says what there is to be stopped. */
function isStarting(state: PodWorkerState): boolean {
  const ask = state.sync?.ask;
  return ask?.do === 'runtime' && ['RunPodSandbox', 'CreateContainer', 'StartContainer'].includes(ask.operation.op);
}

/** Nothing runs any more and nothing will (SyncTerminatedPod). */
export function terminated(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { sandbox } = state;
  const ended: PodWorkerState = {
    ...state,
    life: 'terminated',
    sandbox: sandbox === undefined ? undefined : { ...sandbox, state: 'not-ready' },
  };
  if (state.deleted) return remove(ended, event);
  return andThen(report(ended, event), (context) => reclaim(context, event));
}

/** A pod that is being deleted goes from the API server when nothing of it is left on the node. */
export function reclaim(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const gone = state.pod?.metadata.deletionTimestamp !== undefined;
  if (!gone || (state.static && state.mirror === undefined)) return nothing(state);
  return { context: state, effects: [due('reclaim', kubeletOf(event).input.hollow ? hollowReclaimMs : reclaimMs)] };
}

/** Its status has been told: the object is read for the last time, then deleted without grace. */
export function reclaimed(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.deleted) return nothing(state);
  if (state.reporting !== 'idle') return reclaim(state, event);
  return { context: state, effects: [api(event, 'confirm', { method: 'GET', path: podPath(state) })] };
}

export function confirmed(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { status } = event.message as HttpResponse;
  if (state.deleted || status === 404) return nothing(state);
  if (status !== 200) return reclaim(state, event);
  const uid = state.static ? state.mirror : state.pod?.metadata.uid;
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } };
  return { context: state, effects: [api(event, 'remove', { method: 'DELETE', path: podPath(state), body })] };
}

/** The object is gone: so is the sandbox with its dead containers, and this worker. */
export function remove(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const effects = state.sandbox === undefined ? [] : [cri(event, 'gone', { op: 'RemovePodSandbox', sandbox: state.sandbox.id })];
  return { context: { ...state, life: 'removed' }, effects };
}

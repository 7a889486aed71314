import { deepEqual } from '#base/json.ts';
import { createTwoWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import type { KubeObject } from '#api/object.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import { asPod } from './containers.ts';
import { api, due, nothing, podPath } from './effects.ts';
import { isTerminalPhase, mergeStatus, podStatus, type PodStatus } from './status.ts';
import { kubeletOf, type PodWorkerState, type WorkerEvent, type WorkerResult } from './worker-state.ts';

const statusSchema = schemaFor({ group: '', version: 'v1', kind: 'Pod' })?.field('status');
const retryMs = 10_000;

/** The status of the pod as things are now, with the phase that follows from its containers. */
export function currentStatus(state: PodWorkerState, event: WorkerEvent): PodStatus {
  const { input } = kubeletOf(event);
  return podStatus(state.pod!, {
    containers: state.containers,
    sandbox: state.sandbox,
    hostIp: input.hostIp,
    hollow: input.hollow,
    startedAt: state.startedAt,
    now: event.now,
    terminal: state.life === 'terminated',
    before: state.status,
  });
}

/**
 * Tells the API server how the pod is, where that has changed: read, then patch what differs
 * (pkg/kubelet/status/status_manager.go, SetPodStatus and syncPod). A pod does not become Succeeded or Failed before
 * nothing of it can run any more.
 */
export function report(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.pod === undefined) return nothing(state);
  const status = currentStatus(state, event);
  const early = isTerminalPhase(status['phase']) && state.life !== 'terminated';
  return publish({ ...state, status: early ? { ...status, phase: asPod(state.pod).status?.phase ?? 'Pending' } : status }, event);
}

/** The sandbox is ready: one condition changes, all else is told when the pod is looked at again (OnPodSandboxReady). */
export function reportSandbox(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.pod === undefined || state.status === undefined) return nothing(state);
  const { conditions } = currentStatus(state, event) as { readonly conditions: readonly { readonly type: string }[] };
  const ready = conditions.find((item) => item.type === 'PodReadyToStartContainers')!;
  const before = state.status['conditions'] as readonly { readonly type: string }[];
  const changed = before.map((item) => (item.type === ready.type ? ready : item));
  return publish({ ...state, status: { ...state.status, conditions: changed } }, event);
}

/** Sends the newest status, unless it is known or another one is on its way. */
export function publish(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if ((state.static && state.mirror === undefined) || state.deleted || state.status === undefined) return nothing(state);
  if (state.reporting !== 'idle' || isReported(state.status, state.reported)) return nothing(state);
  return {
    context: { ...state, reporting: 'reading' },
    effects: [api(event, 'read', { method: 'GET', path: podPath(state) })],
  };
}

/** Whether a status says what was last reported; when its conditions came about does not matter. */
function isReported(status: PodStatus, reported: PodStatus | undefined): boolean {
  if (status === reported) return true;
  if (reported === undefined) return false;
  const { conditions, ...rest } = status;
  const { conditions: before, ...others } = reported;
  const timeless = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((item: object) => ({ ...item, lastTransitionTime: undefined })) : list;
  return deepEqual(rest, others) && deepEqual(timeless(conditions), timeless(before));
}

const saysOf = (status: PodStatus): Readonly<Record<string, unknown>> => {
  const conditions = (status['conditions'] ?? []) as readonly { readonly type: string; readonly status: string }[];
  return Object.fromEntries([['phase', status['phase']], ...conditions.map((item) => [item.type, item.status] as const)]);
};

/**
 * Somebody else has changed what the API server has of the status (a node that was lost makes its pods not ready): it is told
 * again, when the statuses are next looked through (status_manager.go, needsReconcile).
 */
export function reconcile(state: PodWorkerState, pod: KubeObject): WorkerResult {
  if (state.static || state.status === undefined || state.reporting !== 'idle' || !isReported(state.status, state.reported))
    return nothing(state);
  const live = saysOf((pod['status'] ?? {}) as PodStatus);
  const differs = Object.entries(saysOf(state.status)).some(([what, said]) => live[what] !== said);
  return differs ? { context: { ...state, reported: undefined }, effects: [due('status', retryMs)] } : nothing(state);
}

/** The pod was read: what differs is sent. */
export function statusRead(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const response = event.message as HttpResponse;
  const idle: PodWorkerState = { ...state, reporting: 'idle' };
  const live = response.body as unknown as KubeObject;
  const uid = state.static ? state.mirror : state.pod?.metadata.uid;
  if (state.pod === undefined || state.status === undefined) return nothing(idle);
  // Gone, or not its own any more (forbidden): there is nobody to be told about.
  if (response.status === 404 || response.status === 403 || (response.status === 200 && live.metadata.uid !== uid)) return nothing(idle);
  if (response.status !== 200) return { context: idle, effects: [due('status', retryMs)] };
  const before = (live['status'] ?? {}) as PodStatus;
  const patch = createTwoWayMergePatch(before, mergeStatus(before, state.status), statusSchema);
  const known: PodWorkerState = { ...state, pod: { ...state.pod, status: before }, reported: state.status };
  if (Object.keys(patch).length === 0) return publish({ ...known, reporting: 'idle' }, event);
  const body = { metadata: { uid: live.metadata.uid }, status: patch };
  return {
    context: { ...known, reporting: 'patching' },
    effects: [api(event, 'patch', { method: 'PATCH', path: podPath(state, 'status'), contentType: mediaTypes.strategicMergePatch, body })],
  };
}

/** The patch was answered; what has changed meanwhile goes next. */
export function statusPatched(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const response = event.message as HttpResponse;
  const idle: PodWorkerState = { ...state, reporting: 'idle' };
  if (response.status === 404 || state.pod === undefined) return nothing(idle);
  if (response.status !== 200) return { context: { ...idle, reported: undefined }, effects: [due('status', retryMs)] };
  const live = response.body as unknown as KubeObject;
  return publish({ ...idle, pod: { ...state.pod, status: live['status'] } }, event);
}

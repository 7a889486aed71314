import { setup } from 'xstate';
import { SortedMap } from '#base/sorted-map.ts';
import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { emptyEventLog } from '#machinery/events.ts';
import { step } from '#kernel/step.ts';
import type { Effect, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { ContainerStatus, CriContainerEvent, CriRequest, CriResponse } from '#protocol/cri.ts';
import type { HttpRequest, HttpResponse } from '#protocol/rest.ts';
import { isRunning, trackContainers } from './containers.ts';
import { due, nothing, andThen } from './effects.ts';
import { confirmed, observe, preStopped, reclaim, reclaimed, remove, startTermination, terminate, terminated } from './ending.ts';
import { answerSync, mountAgain, referencesChanged, refreshVolumes, relist, requestSync, tokenAnswered, volumesLookedAt } from './pass.ts';
import { probe, probed, startProbes } from './probes.ts';
import { publish, reconcile, report, statusPatched, statusRead } from './reporting.ts';
import type { Due, MirrorUpdate, PodUpdate, PodWorkerInput, PodWorkerState, ProbeKind, WorkerEvent, WorkerResult } from './worker-state.ts';

/** How long a worker waits when nobody answers at the other end. Milliseconds. */
const unreachableMs = 2000;

function start(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { pod, static: isStatic, sandbox, containers } = (event.message as StartMessage<PodWorkerInput>).input;
  const context: PodWorkerState = {
    ...state,
    pod,
    static: isStatic,
    sandbox,
    containers: trackContainers(pod, containers).map((item) => ({ ...item, started: isRunning(item), ready: isRunning(item) })),
    mounted: sandbox !== undefined,
    startedAt: sandbox?.createdAt ?? event.now,
  };
  let result = nothing(context);
  for (const { name } of context.containers.filter(isRunning)) result = andThen(result, (next) => startProbes(next, name));
  if (pod.metadata.deletionTimestamp !== undefined) return andThen(result, (next) => startTermination(next, event));
  return andThen(result, (next) => requestSync(next, event));
}

/** Whether something changed that a kubelet looks at; its own status is not (pkg/kubelet/config, checkAndUpdatePod). */
function hasChanged(before: KubeObject, after: KubeObject): boolean {
  const { metadata: old } = before;
  const { metadata } = after;
  return !(
    deepEqual(before['spec'], after['spec']) &&
    deepEqual(old.labels, metadata.labels) &&
    deepEqual(old.annotations, metadata.annotations) &&
    old.deletionTimestamp === metadata.deletionTimestamp &&
    old.deletionGracePeriodSeconds === metadata.deletionGracePeriodSeconds
  );
}

function update(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { pod } = event.message as PodUpdate;
  if (pod === undefined) {
    const gone: PodWorkerState = { ...state, deleted: true };
    if (state.life === 'terminated') return remove(gone, event);
    return state.life === 'terminating' ? nothing(gone) : startTermination(gone, event);
  }
  const before = state.pod!;
  // Its own status may be newer here than what the API server has just told.
  const known: PodWorkerState = { ...state, pod: state.status === undefined ? pod : { ...pod, status: before['status'] } };
  return andThen(reconcile(known, pod), (context) => changed(context, event, before, pod));
}

function changed(context: PodWorkerState, event: WorkerEvent, before: KubeObject, pod: KubeObject): WorkerResult {
  if (!hasChanged(before, pod)) return nothing(context);
  if (pod.metadata.deletionTimestamp === undefined) return requestSync(context, event);
  if (context.life === 'syncing') return startTermination(context, event);
  return context.life === 'terminated' ? andThen(report(context, event), (next) => reclaim(next, event)) : nothing(context);
}

/** A mirror pod that was created anew knows nothing of its static pod yet. */
function mirrored(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { uid } = event.message as MirrorUpdate;
  if (uid === state.mirror) return nothing(state);
  const context: PodWorkerState = { ...state, mirror: uid, reported: undefined };
  return andThen(publish(context, event), (next) => (next.life === 'terminated' ? reclaim(next, event) : nothing(next)));
}

function isDue(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  switch ((event.message as Due).what) {
    case 'relist':
      return requestSync(observe({ ...state, unseen: [] }, state.unseen), event);
    case 'sync':
      return requestSync(state, event);
    case 'mount':
      return mountAgain(state, event);
    case 'volumes':
      return volumesLookedAt(state, event);
    case 'refresh':
      return refreshVolumes(state, event);
    case 'kill':
      return state.life === 'terminating' ? terminate(state, event) : nothing(state);
    case 'reclaim':
      return reclaimed(state, event);
    case 'status':
      return publish(state, event);
  }
}

/** The runtime tells that a container has ended: known at the next relist, or at once while it is being stopped. */
function exited(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { container } = event.message as CriContainerEvent;
  if (state.killing.has(container.name)) return stopped(state, event, container);
  return { context: { ...state, unseen: [...state.unseen, container] }, effects: [relist(state, event)] };
}

/** A container that was to be stopped has ended. */
function stopped(state: PodWorkerState, event: WorkerEvent, container: ContainerStatus): WorkerResult {
  const context = observe(state, [container]);
  if (context.life === 'terminating') return terminate(context, event);
  return context.sync?.ask.do === 'kill' && context.killing.size === 0 ? answerSync(context, event) : nothing(context);
}

/** The runtime's answers, by who asked. */
function criAnswered(state: PodWorkerState, event: WorkerEvent, response: CriResponse): WorkerResult {
  const [asked = '', name = '', container = ''] = response.id.split(' ');
  switch (asked) {
    case 'sync':
      return passAnswered(state, event, response, Number(name));
    case 'probe': {
      const result = probed(state, event, response, name as ProbeKind, container);
      return result.context.containers === state.containers ? result : andThen(result, (next) => requestSync(next, event));
    }
    case 'prestop':
      return preStopped(state, event, response, name);
    case 'stop':
      if ('result' in response)
        return response.result.op === 'StopContainer' ? stopped(state, event, response.result.container) : nothing(state);
      return { context: { ...state, killing: state.killing.delete(name) }, effects: [due('kill', unreachableMs)] };
    case 'stopped':
      return terminated(state, event);
    default:
      return nothing(state);
  }
}

function passAnswered(state: PodWorkerState, event: WorkerEvent, response: CriResponse, number: number): WorkerResult {
  if (state.sync?.answers.length !== number) return nothing(state);
  if (state.life === 'syncing') return answerSync(state, event, response);
  // The pod is to end: what has just been started has to be stopped with the rest.
  const { result } = 'result' in response ? response : { result: undefined };
  const idle: PodWorkerState = { ...state, sync: undefined };
  if (result?.op === 'RunPodSandbox') return terminate({ ...idle, sandbox: result.sandbox }, event);
  if (result?.op !== 'StartContainer') return terminate(idle, event);
  const containers = idle.containers.map((item) => (item.name === result.container.name ? { ...item, status: result.container } : item));
  return terminate({ ...idle, containers }, event);
}

function answered(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  switch ((event.message as HttpResponse).id) {
    case 'token':
      return tokenAnswered(state, event);
    case 'read':
      return statusRead(state, event);
    case 'patch':
      return statusPatched(state, event);
    case 'confirm':
      return confirmed(state, event);
    default:
      return nothing(state);
  }
}

/** Nobody listens there: the API server is down, or the runtime. */
function unreachable(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { message } = event.message as UndeliverableMessage;
  if (message.type === 'cri.request') {
    const { id } = message as CriRequest;
    const error = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing"';
    return criAnswered(state, event, { type: 'cri.response', id, error, code: 'Unknown' });
  }
  switch ((message as HttpRequest).id) {
    case 'read':
    case 'patch':
      return { context: { ...state, reporting: 'idle', reported: undefined }, effects: [due('status', unreachableMs)] };
    case 'token':
      return { context: state, effects: [due('mount', unreachableMs)] };
    case 'confirm':
    case 'remove':
      return { context: state, effects: [due('reclaim', unreachableMs)] };
    default:
      return nothing(state);
  }
}

/** The connection to the API server broke: what was asked and is not answered is asked again. */
function disconnected(state: PodWorkerState): WorkerResult {
  const reporting = state.reporting !== 'idle';
  const mounting = state.life === 'syncing' && state.sync?.ask.do === 'mount' && !state.mounted;
  const reclaiming = state.life === 'terminated' && !state.deleted && state.pod?.metadata.deletionTimestamp !== undefined;
  const missed = [
    ...(reporting ? (['status'] as const) : []),
    ...(mounting ? (['mount'] as const) : []),
    ...(reclaiming ? (['reclaim'] as const) : []),
  ];
  return {
    context: reporting ? { ...state, reporting: 'idle', reported: undefined } : state,
    effects: missed.map((what) => due(what, unreachableMs)),
  };
}

function handle(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  switch (event.message.type) {
    case 'process.start':
      return start(state, event);
    case 'pod.update':
      return update(state, event);
    case 'pod.mirror':
      return mirrored(state, event);
    case 'pod.references':
      return referencesChanged(state);
    case 'pod.disconnected':
      return disconnected(state);
    case 'pod.due':
      return isDue(state, event);
    case 'pod.probe':
      return probe(state, event);
    case 'cri.response':
      return criAnswered(state, event, event.message);
    case 'cri.event':
      return exited(state, event);
    case 'http.response':
      return answered(state, event);
    case 'message.undeliverable':
      return unreachable(state, event);
  }
}

const act = step<PodWorkerState, WorkerEvent>(handle);
const on = {
  'pod.update': { actions: act },
  'pod.mirror': { actions: act },
  'pod.references': { actions: act },
  'pod.disconnected': { actions: act },
  'pod.due': { actions: act },
  'pod.probe': { actions: act },
  'cri.response': { actions: act },
  'cri.event': { actions: act },
  'http.response': { actions: act },
  'message.undeliverable': { actions: act },
} as const;
const lives =
  (life: PodWorkerState['life']) =>
  ({ context }: { readonly context: PodWorkerState }): boolean =>
    context.life === life;
const ends = [
  { guard: lives('removed'), target: 'removed' },
  { guard: lives('terminated'), target: 'terminated' },
  { guard: lives('terminating'), target: 'terminating' },
] as const;
const allStarted = ({ context }: { readonly context: PodWorkerState }): boolean =>
  context.containers.every((item) => item.status !== undefined);

/** What a kubelet does for one pod, from its sandbox to its end. */
export const podWorkerMachine = setup({
  types: { context: {} as PodWorkerState, events: {} as WorkerEvent, emitted: {} as Effect },
}).createMachine({
  id: 'kubelet/pod-worker',
  context: {
    pod: undefined,
    static: false,
    mirror: undefined,
    sandbox: undefined,
    containers: [],
    unseen: [],
    startedAt: 0,
    sync: undefined,
    again: false,
    token: undefined,
    mountFailures: 0,
    mountAsked: 0,
    mounted: false,
    killing: SortedMap.empty<number>(),
    probes: SortedMap.empty(),
    status: undefined,
    reported: undefined,
    reporting: 'idle',
    events: emptyEventLog,
    recorded: 0,
    deleted: false,
    life: 'syncing',
  } as PodWorkerState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'starting', actions: act } } },
    starting: { on, always: [...ends, { guard: allStarted, target: 'running' }] },
    running: { on, always: [...ends, { guard: (input) => !allStarted(input), target: 'starting' }] },
    terminating: { on, always: [ends[0], ends[1]] },
    terminated: { on, always: ends[0] },
    removed: { type: 'final' },
  },
});

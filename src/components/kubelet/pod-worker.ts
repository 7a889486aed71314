import { setup } from 'xstate';
import { deepEqual } from '#base/json.ts';
import type { KubeObject } from '#api/object.ts';
import { createTwoWayMergePatch } from '#api/patch/index.ts';
import { schemaFor } from '#api/schema/index.ts';
import type { Container, Pod } from '#api/types.generated.ts';
import { createEvent, subjectOf } from '#machinery/events.ts';
import { resourcePath, resources, sendCall, type ApiCall } from '#machinery/client.ts';
import { step, type Outcome } from '#kernel/step.ts';
import type { Effect, EventOf, StartMessage, UndeliverableMessage } from '#kernel/types.ts';
import type { ContainerStatus, CriContainerEvent, CriOperation, CriRequest, CriResponse, SandboxStatus } from '#protocol/cri.ts';
import { mediaTypes, type HttpResponse } from '#protocol/rest.ts';
import type { KubeletState } from './state.ts';
import { podStatus, type Tracked } from './status.ts';

export interface PodWorkerInput {
  readonly pod: KubeObject;
  readonly static: boolean;
}
export interface PodUpdate {
  readonly type: 'pod.update';
  /** Undefined: the pod is gone from the API server. */
  readonly pod: KubeObject | undefined;
}
/** The mirror pod of a static pod, as the API server has it now. */
export interface MirrorUpdate {
  readonly type: 'pod.mirror';
  /** Undefined: there is none. */
  readonly uid: string | undefined;
}
interface Restart {
  readonly type: 'pod.restart';
  readonly container: string;
}
interface Sync {
  readonly type: 'pod.sync-status';
}

export interface PodWorkerState {
  readonly pod: KubeObject | undefined;
  readonly static: boolean;
  /** Uid of a static pod's mirror pod, to which its status is reported. */
  readonly mirror: string | undefined;
  readonly sandbox: SandboxStatus | undefined;
  readonly containers: readonly Tracked[];
  readonly startedAt: number;
  /** What was last reported, to be compared and patched. */
  readonly reported: unknown;
  readonly reporting: 'idle' | 'reading' | 'patching' | 'again';
  readonly events: number;
  readonly stopping: boolean;
  readonly deleted: boolean;
}

type Message =
  | StartMessage<PodWorkerInput>
  | PodUpdate
  | MirrorUpdate
  | Restart
  | Sync
  | CriResponse
  | CriContainerEvent
  | HttpResponse
  | UndeliverableMessage;
type WorkerEvent = EventOf<Message>;
type Result = Outcome<PodWorkerState>;

const firstBackoffMs = 10_000;
const maxBackoffMs = 300_000;
const podSchema = schemaFor({ group: '', version: 'v1', kind: 'Pod' });
const statusSchema = podSchema?.field('status');

const kubeletOf = (event: WorkerEvent): KubeletState => event.parent as KubeletState;
const asPod = (object: KubeObject): Pod => object as unknown as Pod;
const specOf = (state: PodWorkerState, name: string): Container => asPod(state.pod!).spec!.containers.find((item) => item.name === name)!;
const podPath = (state: PodWorkerState, subresource = ''): string =>
  resourcePath(resources.pods, state.pod!.metadata.namespace, state.pod!.metadata.name, subresource);
const hostOf = (event: WorkerEvent): string => event.self.slice(0, event.self.indexOf('/'));

function cri(event: WorkerEvent, id: string, operation: CriOperation): Effect {
  return { type: 'send', to: `${hostOf(event)}/container-runtime`, message: { type: 'cri.request', id, operation } as CriRequest };
}

function api(event: WorkerEvent, id: string, call: ApiCall): Effect {
  return sendCall(kubeletOf(event).input.client, id, call);
}

function record(
  state: PodWorkerState,
  event: WorkerEvent,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  container?: string,
): { readonly state: PodWorkerState; readonly effects: readonly Effect[] } {
  const { input } = kubeletOf(event);
  if (input.hollow || state.static) return { state, effects: [] };
  const subject = { ...subjectOf(state.pod!), ...(container === undefined ? {} : { fieldPath: `spec.containers{${container}}` }) };
  const call = createEvent(
    subject,
    type,
    reason,
    message,
    { component: 'kubelet', host: hostOf(event) },
    event.now,
    state.events * 104729 + reason.length,
  );
  return { state: { ...state, events: state.events + 1 }, effects: [api(event, 'event', call)] };
}

function start(state: PodWorkerState, event: WorkerEvent): Result {
  const { pod, static: isStatic } = (event.message as StartMessage<PodWorkerInput>).input;
  const containers = (asPod(pod).spec?.containers ?? []).map((item): Tracked => ({
    name: item.name,
    status: undefined,
    waiting: '',
    message: '',
    restarts: 0,
    last: undefined,
  }));
  const context: PodWorkerState = { ...state, pod, static: isStatic, containers, startedAt: event.now };
  const config = {
    podName: pod.metadata.name,
    podNamespace: pod.metadata.namespace ?? '',
    podUid: pod.metadata.uid ?? '',
    attempt: 0,
    hostNetwork: asPod(pod).spec?.hostNetwork === true,
  };
  const token = isStatic
    ? []
    : [
        api(event, 'token', {
          method: 'POST',
          path: resourcePath(resources.serviceaccounts, pod.metadata.namespace, asPod(pod).spec?.serviceAccountName ?? 'default', 'token'),
          body: {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenRequest',
            spec: {
              audiences: null,
              expirationSeconds: 3607,
              boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.metadata.name, uid: pod.metadata.uid },
            },
          },
        }),
      ];
  return report({ context, effects: [...token, cri(event, 'sandbox', { op: 'RunPodSandbox', config })] }, event);
}

/** Tells the API server how the pod is, where that has changed: read, then patch what differs. */
function report(result: Result, event: WorkerEvent): Result {
  const { context } = result;
  if ((context.static && context.mirror === undefined) || context.pod === undefined || context.deleted) return result;
  if (context.reporting !== 'idle')
    return { context: { ...context, reporting: context.reporting === 'reading' ? 'reading' : 'again' }, effects: result.effects };
  const facts = factsOf(context, event);
  if (isReported(facts, context.reported)) return result;
  return {
    context: { ...context, reporting: 'reading' },
    effects: [...result.effects, api(event, 'read', { method: 'GET', path: podPath(context) })],
  };
}

/** Whether a status says what was last reported; when its conditions came about does not matter. */
function isReported(facts: Readonly<Record<string, unknown>>, reported: unknown): boolean {
  if (reported === undefined) return false;
  const { conditions, ...rest } = facts;
  const { conditions: before, ...others } = reported as Record<string, unknown>;
  const timeless = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((item: object) => ({ ...item, lastTransitionTime: undefined })) : list;
  return deepEqual(rest, others) && deepEqual(timeless(conditions), timeless(before));
}

function factsOf(state: PodWorkerState, event: WorkerEvent): Record<string, unknown> {
  const { input } = kubeletOf(event);
  return podStatus(state.pod!, {
    containers: state.containers,
    ip: state.sandbox?.ip ?? '',
    hostIp: input.hostIp,
    hollow: input.hollow,
    startedAt: state.startedAt,
    now: event.now,
  });
}

function answered(state: PodWorkerState, event: WorkerEvent): Result {
  const response = event.message as HttpResponse;
  if (response.id === 'read') {
    if (response.status !== 200) return { context: { ...state, reporting: 'idle' }, effects: [] };
    const live = response.body as unknown as KubeObject;
    const current = { ...state, pod: { ...state.pod!, status: live['status'], metadata: live.metadata } };
    const status = factsOf(current, event);
    const patch = createTwoWayMergePatch(live['status'] ?? {}, { ...(live['status'] as object | undefined), ...status }, statusSchema);
    if (Object.keys(patch).length === 0) return { context: { ...current, reporting: 'idle', reported: status }, effects: [] };
    const body = { metadata: { uid: live.metadata.uid }, status: patch };
    return {
      context: { ...current, reporting: 'patching', reported: status },
      effects: [
        api(event, 'patch', { method: 'PATCH', path: podPath(current, 'status'), contentType: mediaTypes.strategicMergePatch, body }),
      ],
    };
  }
  if (response.id === 'patch') {
    const pod = response.status === 200 ? (response.body as unknown as KubeObject) : state.pod;
    const context: PodWorkerState = { ...state, pod, reporting: 'idle' };
    const stopped = context.stopping && context.containers.every((item) => item.status?.state !== 'running');
    if (stopped) return remove(context, event);
    return report({ context, effects: [] }, event);
  }
  if (response.id === 'remove')
    return {
      context: { ...state, deleted: true },
      effects: state.sandbox === undefined ? [] : [cri(event, 'gone', { op: 'RemovePodSandbox', sandbox: state.sandbox.id })],
    };
  return { context: state, effects: [] };
}

/** Everything has stopped: the pod's object goes. */
function remove(state: PodWorkerState, event: WorkerEvent): Result {
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    gracePeriodSeconds: 0,
    preconditions: { uid: state.static ? state.mirror : state.pod!.metadata.uid },
  };
  return { context: state, effects: [api(event, 'remove', { method: 'DELETE', path: podPath(state), body })] };
}

const track = (state: PodWorkerState, name: string, change: Partial<Tracked>): PodWorkerState => ({
  ...state,
  containers: state.containers.map((item) => (item.name === name ? { ...item, ...change } : item)),
});

/** The next container that has not been started. */
function launch(state: PodWorkerState, event: WorkerEvent): Result {
  const next = state.containers.find((item) => item.status === undefined && item.waiting === '');
  if (next === undefined || state.stopping) return { context: state, effects: [] };
  const { image = '', imagePullPolicy } = specOf(state, next.name);
  const id = imagePullPolicy === 'Always' && !kubeletOf(event).input.hollow ? `pull ${next.name}` : `image ${next.name}`;
  return { context: state, effects: [cri(event, id, id.startsWith('pull') ? { op: 'PullImage', image } : { op: 'ImageStatus', image })] };
}

function criAnswered(state: PodWorkerState, event: WorkerEvent): Result {
  const response = event.message as CriResponse;
  const [, name = ''] = response.id.split(' ');
  if ('error' in response) return pullFailed(state, event, name, response.error);
  const { result } = response;
  switch (result.op) {
    case 'RunPodSandbox':
      return launch({ ...state, sandbox: result.sandbox }, event);
    case 'ImageStatus': {
      const { image = '' } = specOf(state, name);
      if (!result.present) {
        const said = record(state, event, 'Normal', 'Pulling', `Pulling image "${image}"`, name);
        return { context: said.state, effects: [...said.effects, cri(event, `pull ${name}`, { op: 'PullImage', image })] };
      }
      const said = record(state, event, 'Normal', 'Pulled', `Container image "${image}" already present on machine`, name);
      const created = create(said.state, event, name);
      return { context: created.context, effects: [...said.effects, ...created.effects] };
    }
    case 'PullImage': {
      const { image = '' } = specOf(state, name);
      const said = record(
        state,
        event,
        'Normal',
        'Pulled',
        `Successfully pulled image "${image}" in 2s (2s including waiting). Image size: ${result.sizeBytes} bytes.`,
        name,
      );
      const created = create(said.state, event, name);
      return { context: created.context, effects: [...said.effects, ...created.effects] };
    }
    case 'CreateContainer': {
      const said = record(state, event, 'Normal', 'Created', `Container created`, name);
      return {
        context: said.state,
        effects: [...said.effects, cri(event, `start ${name}`, { op: 'StartContainer', container: result.container.id })],
      };
    }
    case 'StartContainer': {
      const said = record(
        track(state, name, { status: result.container, waiting: '', message: '' }),
        event,
        'Normal',
        'Started',
        `Container started`,
        name,
      );
      const more = launch(said.state, event);
      return report({ context: more.context, effects: [...said.effects, ...more.effects] }, event);
    }
    case 'StopContainer':
      return report({ context: track(state, result.container.name, { status: result.container }), effects: [] }, event);
    default:
      return { context: state, effects: [] };
  }
}

function create(state: PodWorkerState, event: WorkerEvent, name: string): Result {
  const spec = specOf(state, name);
  const tracked = state.containers.find((item) => item.name === name)!;
  const env = (spec.env ?? []).map((item) => [item.name, item.value ?? ''] as const);
  const config = { name, image: spec.image ?? '', command: spec.command, args: spec.args, env, attempt: tracked.restarts };
  return { context: state, effects: [cri(event, `create ${name}`, { op: 'CreateContainer', sandbox: state.sandbox!.id, config })] };
}

function pullFailed(state: PodWorkerState, event: WorkerEvent, name: string, error: string): Result {
  const { image = '' } = specOf(state, name);
  const first = record(state, event, 'Warning', 'Failed', `Failed to pull image "${image}": ${error}`, name);
  const second = record(first.state, event, 'Warning', 'Failed', 'Error: ErrImagePull', name);
  const context = track(second.state, name, { waiting: 'ErrImagePull', message: error });
  const wait: Effect = {
    type: 'arm',
    timer: `restart ${name}`,
    afterMs: firstBackoffMs,
    message: { type: 'pod.restart', container: name } as Restart,
  };
  return report({ context, effects: [...first.effects, ...second.effects, wait] }, event);
}

/** A container ended by itself: by its policy it stays so, or is started again after a back-off. */
function exited(state: PodWorkerState, event: WorkerEvent): Result {
  const { container } = event.message as CriContainerEvent;
  const tracked = state.containers.find((item) => item.name === container.name);
  if (tracked?.status?.id !== container.id) return { context: state, effects: [] };
  const context = track(state, container.name, { status: container });
  const policy = asPod(state.pod!).spec?.restartPolicy ?? 'Always';
  const again = !state.stopping && (policy === 'Always' || (policy === 'OnFailure' && container.exitCode !== 0));
  if (!again) return report({ context, effects: [] }, event);
  const lived = container.finishedAt - container.startedAt;
  const afterMs = tracked.restarts === 0 || lived > 600_000 ? 1_000 : Math.min(maxBackoffMs, firstBackoffMs * 2 ** (tracked.restarts - 1));
  const wait: Effect = {
    type: 'arm',
    timer: `restart ${container.name}`,
    afterMs,
    message: { type: 'pod.restart', container: container.name } as Restart,
  };
  const said =
    tracked.restarts > 0
      ? record(
          context,
          event,
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${container.name} in pod ${state.pod!.metadata.name}_${state.pod!.metadata.namespace ?? ''}(${state.pod!.metadata.uid ?? ''})`,
          container.name,
        )
      : { state: context, effects: [] };
  return report({ context: said.state, effects: [...said.effects, wait] }, event);
}

function restart(state: PodWorkerState, event: WorkerEvent): Result {
  const { container: name } = event.message as Restart;
  const tracked = state.containers.find((item) => item.name === name);
  if (state.stopping || tracked === undefined) return { context: state, effects: [] };
  const before: ContainerStatus | undefined = tracked.status;
  const context = track(state, name, {
    status: undefined,
    waiting: '',
    message: '',
    last: before ?? tracked.last,
    restarts: before === undefined ? tracked.restarts : tracked.restarts + 1,
  });
  return launch(context, event);
}

function update(state: PodWorkerState, event: WorkerEvent): Result {
  const { pod } = event.message as PodUpdate;
  if (pod === undefined) {
    const effects = state.sandbox === undefined ? [] : [cri(event, 'gone', { op: 'RemovePodSandbox', sandbox: state.sandbox.id })];
    return { context: { ...state, deleted: true }, effects };
  }
  const context = { ...state, pod };
  if (pod.metadata.deletionTimestamp === undefined || state.stopping) return { context, effects: [] };
  const running = context.containers.filter((item) => item.status?.state === 'running');
  const stopping: PodWorkerState = { ...context, stopping: true };
  if (running.length === 0) return remove(stopping, event);
  let current = stopping;
  const effects: Effect[] = [];
  for (const item of running) {
    const said = record(current, event, 'Normal', 'Killing', `Stopping container ${item.name}`, item.name);
    current = said.state;
    effects.push(
      ...said.effects,
      cri(event, `stop ${item.name}`, {
        op: 'StopContainer',
        container: item.status!.id,
        timeoutSeconds: pod.metadata.deletionGracePeriodSeconds ?? 30,
      }),
    );
  }
  return { context: current, effects };
}

/** A mirror pod that was created anew knows nothing of its static pod yet. */
function mirrored(state: PodWorkerState, event: WorkerEvent): Result {
  const { uid } = event.message as MirrorUpdate;
  if (uid === state.mirror) return { context: state, effects: [] };
  return report({ context: { ...state, mirror: uid, reported: undefined }, effects: [] }, event);
}

function handle(state: PodWorkerState, event: WorkerEvent): Result {
  switch (event.message.type) {
    case 'process.start':
      return start(state, event);
    case 'pod.update':
      return update(state, event);
    case 'pod.mirror':
      return mirrored(state, event);
    case 'pod.restart':
      return restart(state, event);
    case 'pod.sync-status':
      return report({ context: state, effects: [] }, event);
    case 'cri.response':
      return criAnswered(state, event);
    case 'cri.event':
      return exited(state, event);
    case 'http.response':
      return answered(state, event);
    case 'message.undeliverable':
      return {
        context: { ...state, reporting: 'idle', reported: undefined },
        effects: [{ type: 'arm', timer: 'status', afterMs: 2000, message: { type: 'pod.sync-status' } as Sync, chatter: true }],
      };
  }
}

const act = step<PodWorkerState, WorkerEvent>(handle);
const gone = ({ context }: { readonly context: PodWorkerState }): boolean => context.deleted;
const stopping = ({ context }: { readonly context: PodWorkerState }): boolean => context.stopping;
const on = {
  'pod.update': { actions: act },
  'pod.mirror': { actions: act },
  'pod.restart': { actions: act },
  'pod.sync-status': { actions: act },
  'cri.response': { actions: act },
  'cri.event': { actions: act },
  'http.response': { actions: act },
  'message.undeliverable': { actions: act },
} as const;

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
    startedAt: 0,
    reported: undefined,
    reporting: 'idle',
    events: 0,
    stopping: false,
    deleted: false,
  } as PodWorkerState,
  initial: 'created',
  states: {
    created: { on: { 'process.start': { target: 'starting', actions: act } } },
    starting: {
      on,
      always: [
        { guard: gone, target: 'terminated' },
        { guard: stopping, target: 'terminating' },
        { guard: ({ context }) => context.containers.every((item) => item.status !== undefined), target: 'running' },
      ],
    },
    running: {
      on,
      always: [
        { guard: gone, target: 'terminated' },
        { guard: stopping, target: 'terminating' },
        { guard: ({ context }) => context.containers.some((item) => item.status === undefined), target: 'starting' },
      ],
    },
    terminating: { on, always: { guard: gone, target: 'terminated' } },
    terminated: { type: 'final' },
  },
});

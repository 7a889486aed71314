import { begin, resume, type Progress } from '#base/routine.ts';
import { nextRandom, seedRandom } from '#base/random.ts';
import { resourcePath, resources } from '#machinery/client.ts';
import type { KubeObject } from '#api/object.ts';
import type { Effect } from '#kernel/types.ts';
import type { CriResponse } from '#protocol/cri.ts';
import type { HttpResponse } from '#protocol/rest.ts';
import { asPod, type Tracked } from './containers.ts';
import { api, cri, due, nothing, record, andThen } from './effects.ts';
import { ConfigError, environmentOf, type Surroundings } from './environment.ts';
import { killContainers, startTermination } from './ending.ts';
import { startProbes } from './probes.ts';
import { currentStatus, report, reportSandbox } from './reporting.ts';
import { findObject, servicesOf } from './state.ts';
import { isTerminalPhase } from './status.ts';
import { syncPod, type Ask, type Environment, type Reply, type SyncEnd, type SyncStart } from './sync-pod.ts';
import { mountsOf, needsToken, networkFiles, projectionsOf } from './volumes.ts';
import { kubeletOf, type PodWorkerState, type WorkerEvent, type WorkerResult } from './worker-state.ts';

/** A pass that failed is made again after this, and up to half as much more (pkg/kubelet/pod_workers.go). */
const retryMs = 10_000;
const jitter = 0.5;
/** What the runtime tells is looked at once a second (generic PLEG). */
const relistMs = 1000;
/** Volumes that cannot be set up are tried again ever later (goroutinemap/exponentialbackoff). */
const firstMountRetryMs = 500;
/** Two loops bring a volume to a pod, each once in this time: what is wanted, and what is done about it (volumemanager). */
const mountLoopMs = 100;
/** How often a pass looks whether its volumes are there (podAttachAndMountRetryInterval). */
const mountPollMs = 300;
const maxMountRetryMs = 122_000;
/** How long a changed ConfigMap or Secret takes to appear in a volume, at most about its cache's time to live. */
const refreshMs = 60_000;

/** Asks for a pass: at once, or after the one that is under way. */
export function requestSync(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.life !== 'syncing' || state.pod === undefined) return nothing(state);
  if (state.sync !== undefined) return nothing(state.again ? state : { ...state, again: true });
  const { pod, sandbox, containers, mounted } = state;
  const terminal = isTerminalPhase(currentStatus(state, event)['phase']);
  const start: SyncStart = { pod, sandbox, containers, mounted, hollow: kubeletOf(event).input.hollow, terminal, now: event.now };
  return drive(
    { ...state, again: false },
    event,
    start,
    begin(() => syncPod(start)),
  );
}

/** Does what a pass asks until it has to wait. */
function drive(state: PodWorkerState, event: WorkerEvent, start: SyncStart, first: Progress<Ask, Reply, SyncEnd>): WorkerResult {
  let result = nothing(state);
  let progress = first;
  while (!progress.done) {
    const { request, answers } = progress;
    result = andThen(result, (context) => perform({ ...context, sync: { start, ask: request, answers } }, event, request));
    if (waits(result.context, request)) return result;
    progress = resume(() => syncPod(start), answers, replyOf(result.context, event, request));
  }
  const { result: end } = progress;
  return andThen(result, (context) => finish({ ...context, sync: undefined }, event, start, end));
}

/** Whether an ask is answered by a later event. */
function waits(state: PodWorkerState, ask: Ask): boolean {
  if (ask.do === 'mount') return !state.mounted;
  return ask.do === 'runtime' || (ask.do === 'kill' && state.killing.size > 0);
}

function replyOf(state: PodWorkerState, event: WorkerEvent, ask: Ask, response?: CriResponse): Reply {
  const { containers } = state;
  if (ask.do === 'environment') return { now: event.now, containers, environment: environment(state, event, ask.container) };
  return { now: event.now, containers, ...(response === undefined ? {} : { response }) };
}

/** Goes on with the pass that waits: its answer is in. */
export function answerSync(state: PodWorkerState, event: WorkerEvent, response?: CriResponse): WorkerResult {
  if (state.sync === undefined) return nothing(state);
  const { start, ask, answers } = state.sync;
  return drive(
    state,
    event,
    start,
    resume(() => syncPod(start), answers, replyOf(state, event, ask, response)),
  );
}

function perform(state: PodWorkerState, event: WorkerEvent, ask: Ask): WorkerResult {
  switch (ask.do) {
    case 'runtime':
      return { context: state, effects: [cri(event, `sync ${state.sync!.answers.length}`, ask.operation)] };
    case 'kill':
      return killContainers(state, event, ask.containers);
    case 'mount':
      return askForVolumes(state, event);
    case 'environment':
      return nothing(state);
    case 'event':
      return record(state, event, ask);
    case 'track':
      return track(state, event, ask.container, ask.change);
    case 'sandbox': {
      const ready = reportSandbox({ ...state, sandbox: ask.sandbox }, event);
      return { context: ready.context, effects: [...ready.effects, relist(state, event)] };
    }
    case 'report':
      return report(state, event);
  }
}

function track(state: PodWorkerState, event: WorkerEvent, name: string, change: Partial<Tracked>): WorkerResult {
  const containers = state.containers.map((item) => (item.name === name ? { ...item, ...change } : item));
  const changed: PodWorkerState = { ...state, containers };
  if (change.status?.state !== 'running') return nothing(changed);
  // One dead container is kept for its log; the one before it goes (maxPerPodContainer).
  const old = state.containers.find((item) => item.name === name)?.last;
  const gone = old === undefined ? [] : [cri(event, 'dead', { op: 'RemoveContainer', container: old.id })];
  const probing = startProbes(changed, name);
  return { context: probing.context, effects: [...gone, ...probing.effects] };
}

/** The next time at which this kubelet lists what its runtime has. */
export function relist(_state: PodWorkerState, event: WorkerEvent): Effect {
  const phase = kubeletOf(event).startedAt % relistMs;
  return due('relist', relistMs - ((event.now - phase) % relistMs));
}

function finish(state: PodWorkerState, event: WorkerEvent, start: SyncStart, end: SyncEnd): WorkerResult {
  if (start.terminal) return startTermination(state, event);
  const changed =
    state.containers !== start.containers && state.containers.some((item, index) => item.status !== start.containers[index]?.status);
  // What this pass has started shows at once: the next pass says so.
  if (changed || state.again) {
    const next = requestSync({ ...state, unseen: [] }, event);
    return end.failed ? { context: next.context, effects: [...next.effects, retry(state, event, end)] } : next;
  }
  return end.failed ? { context: state, effects: [retry(state, event, end)] } : nothing(state);
}

function retry(state: PodWorkerState, event: WorkerEvent, end: SyncEnd): Effect {
  const [chance] = nextRandom(seedRandom(state.startedAt, `${event.self} ${state.recorded}`));
  const wait = end.retryAt > event.now ? end.retryAt - event.now : retryMs;
  return due('sync', wait * (1 + jitter * chance));
}

// ── configuration ───────────────────────────────────────────────────────────

function surroundings(state: PodWorkerState, event: WorkerEvent): Surroundings {
  const kubelet = kubeletOf(event);
  const pod = state.pod!;
  const { status } = kubelet.input.node as { readonly status: { readonly allocatable?: Readonly<Record<string, string>> } };
  return {
    pod,
    podIp: state.sandbox?.ip ?? '',
    hostIp: kubelet.input.hostIp,
    find: (kind, name) => findObject(kubelet, kind, pod.metadata.namespace ?? '', name),
    services: servicesOf(kubelet),
    allocatable: status.allocatable ?? {},
  };
}

function environment(state: PodWorkerState, event: WorkerEvent, container: string): Environment {
  if (kubeletOf(event).input.hollow) return { env: [], mounts: [], files: [] };
  const around = surroundings(state, event);
  try {
    return {
      env: environmentOf(around, container),
      mounts: mountsOf(around, container),
      files: networkFiles(around, kubeletOf(event).input.dns),
    };
  } catch (error) {
    if (error instanceof ConfigError) return { error: error.message };
    throw error;
  }
}

/** The volume manager is asked for the volumes of the pod; one without any need not wait (WaitForAttachAndMount). */
function askForVolumes(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if ((asPod(state.pod!).spec?.volumes ?? []).length === 0) return mount(state, event);
  const [chance] = nextRandom(seedRandom(state.startedAt, `${event.self} volumes`));
  return { context: { ...state, mountAsked: event.now }, effects: [due('mount', mountLoopMs * (1 + 0.9 * (2 * chance)))] };
}

/** The pass that waits goes on when it next looks. */
const nextLook = (state: PodWorkerState, event: WorkerEvent): Effect =>
  due('volumes', mountPollMs - ((event.now - state.mountAsked) % mountPollMs));

export function volumesLookedAt(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  return state.mounted && state.sync?.ask.do === 'mount' ? answerSync(state, event) : nothing(state);
}

/** Fetches the token of the pod's account, waits for what its volumes are made from, and writes them (volume manager). */
function mount(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (!state.static && state.token === undefined && needsToken({ pod: state.pod! })) return askToken(state, event);
  const { ready, problems } = projectionsOf(surroundings(state, event), state.token ?? '');
  if (problems.length > 0) {
    let result = nothing(state);
    for (const { message } of problems)
      result = andThen(result, (context) => record(context, event, { type: 'Warning', reason: 'FailedMount', message }));
    return andThen(result, mountFailed);
  }
  const uid = state.pod!.metadata.uid ?? '';
  const writes = kubeletOf(event).input.hollow
    ? []
    : ready.map(({ volume, files }) => cri(event, 'volume', { op: 'WriteVolume', podUid: uid, volume, files }));
  return { context: { ...state, mounted: true, mountFailures: 0 }, effects: writes };
}

function mountFailed(state: PodWorkerState): WorkerResult {
  const wait = Math.min(maxMountRetryMs, firstMountRetryMs * 2 ** state.mountFailures);
  return { context: { ...state, mountFailures: state.mountFailures + 1 }, effects: [due('mount', wait)] };
}

function askToken(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { metadata } = state.pod!;
  const account = asPod(state.pod!).spec?.serviceAccountName ?? 'default';
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: null,
      expirationSeconds: 3607,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: metadata.name, uid: metadata.uid },
    },
  };
  const path = resourcePath(resources.serviceaccounts, metadata.namespace, account, 'token');
  return { context: state, effects: [api(event, 'token', { method: 'POST', path, body })] };
}

/** The token came, or did not. */
export function tokenAnswered(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  const { status, body } = event.message as HttpResponse;
  if (state.pod === undefined || state.life !== 'syncing') return nothing(state);
  if (status === 201) {
    const { token = '' } = (body as unknown as KubeObject)['status'] as { readonly token?: string };
    return mountAgain({ ...state, token }, event);
  }
  const said = (body as { readonly message?: string } | undefined)?.message ?? String(status);
  const volume = (asPod(state.pod).spec?.volumes ?? []).find((item) => needsToken({ pod: withVolume(state.pod!, item) }))?.name ?? '';
  const message = `MountVolume.SetUp failed for volume "${volume}" : failed to fetch token: ${said}`;
  return andThen(record(state, event, { type: 'Warning', reason: 'FailedMount', message }), mountFailed);
}

const withVolume = (pod: KubeObject, volume: object): KubeObject => ({ ...pod, spec: { ...(pod['spec'] as object), volumes: [volume] } });

/** Tries to set up the volumes once more. */
export function mountAgain(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.pod === undefined || state.life !== 'syncing' || state.mounted) return nothing(state);
  const tried = mount(state, event);
  if (!tried.context.mounted || tried.context.sync?.ask.do !== 'mount') return tried;
  return { context: tried.context, effects: [...tried.effects, nextLook(tried.context, event)] };
}

/** Something that the pod names has changed: volumes follow after a while, a pass that waits for it may go on. */
export function referencesChanged(state: PodWorkerState): WorkerResult {
  return state.mounted && state.life === 'syncing' ? { context: state, effects: [due('refresh', refreshMs)] } : nothing(state);
}

/** Writes the volumes again with what the objects hold now. */
export function refreshVolumes(state: PodWorkerState, event: WorkerEvent): WorkerResult {
  if (state.pod === undefined || state.life !== 'syncing' || kubeletOf(event).input.hollow) return nothing(state);
  const uid = state.pod.metadata.uid ?? '';
  const { ready } = projectionsOf(surroundings(state, event), state.token ?? '');
  return {
    context: state,
    effects: ready.map(({ volume, files }) => cri(event, 'volume', { op: 'WriteVolume', podUid: uid, volume, files })),
  };
}

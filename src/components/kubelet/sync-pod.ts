import { parseQuantity } from '#api/quantity.ts';
import type { KubeObject } from '#api/object.ts';
import type { Container, LifecycleHandler } from '#api/types.generated.ts';
import type { CriOperation, CriResponse, CriResult, Dial, Mount, SandboxStatus, VolumeFile } from '#protocol/cri.ts';
import { asPod, hasExited, isRunning, shouldRestart, specOf, type BackOff, type StartError, type Tracked } from './containers.ts';
import { goDuration } from '#base/duration.ts';
import { linuxConfig, nonRootProblem } from './security.ts';

/** A container that is to be stopped, and what is said of it. */
export interface Kill {
  readonly name: string;
  readonly message: string;
}

/** What a pass over a pod wants done. Its driver does it, and answers with how things are then. */
export type Ask =
  | { readonly do: 'runtime'; readonly operation: CriOperation }
  | { readonly do: 'kill'; readonly containers: readonly Kill[] }
  /** Everything that the pod mounts: fetched, written into its volumes. Tried again until it is there. */
  | { readonly do: 'mount' }
  | { readonly do: 'environment'; readonly container: string }
  | {
      readonly do: 'event';
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      readonly container?: string | undefined;
    }
  | { readonly do: 'track'; readonly container: string; readonly change: Partial<Tracked> }
  | { readonly do: 'sandbox'; readonly sandbox: SandboxStatus }
  /** Says how the pod is. */
  | { readonly do: 'report' };

export type Environment =
  | {
      readonly env: readonly (readonly [string, string])[];
      readonly mounts: readonly Mount[];
      readonly files: readonly VolumeFile[];
    }
  | { readonly error: string };

/** How things are after an ask. */
export interface Reply {
  readonly now: number;
  readonly containers: readonly Tracked[];
  readonly response?: CriResponse | undefined;
  readonly environment?: Environment | undefined;
}

/** A pass, as it begins. */
export interface SyncStart {
  readonly pod: KubeObject;
  readonly sandbox: SandboxStatus | undefined;
  readonly containers: readonly Tracked[];
  readonly mounted: boolean;
  readonly hollow: boolean;
  /** Whether the status that this pass begins with is the last one: the pod has run its course. */
  readonly terminal: boolean;
  readonly now: number;
}

/** What a pass came to: whether something failed, and when it is worth the next try (milliseconds; 0: by the usual period). */
export interface SyncEnd {
  readonly failed: boolean;
  readonly retryAt: number;
}

type Pass<Result> = Generator<Ask, Result, Reply>;

const initialBackOffMs = 10_000;
const maxBackOffMs = 300_000;

/** client-go util/flowcontrol.Backoff: the next delay; it begins anew after twice the greatest one without a failure. */
function nextBackOff(image: string, before: BackOff | undefined, since: number, now: number): BackOff {
  const expired = before?.image !== image || since - before.since > 2 * maxBackOffMs;
  return { image, delayMs: expired ? initialBackOffMs : Math.min(maxBackOffMs, before.delayMs * 2), since: now };
}

function* runtime(operation: CriOperation): Pass<{ readonly result: CriResult } | { readonly error: string }> {
  const { response } = yield { do: 'runtime', operation };
  if (response === undefined) return { error: 'rpc error: code = Unavailable desc = connection error' };
  return 'error' in response ? { error: response.error } : { result: response.result };
}

/**
 * One pass of the kubelet over one pod: says how it is, and brings it one step nearer to what its manifest asks for
 * (pkg/kubelet/kubelet.go SyncPod, pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod and computePodActions).
 */
export function* syncPod(start: SyncStart): Pass<SyncEnd> {
  const { pod } = start;
  yield { do: 'report' };
  if (start.terminal) return { failed: false, retryAt: 0 };
  if (!start.mounted) yield { do: 'mount' };
  const restarted = yield* killChanged(start);
  const sandbox = start.sandbox?.state === 'ready' ? start.sandbox : yield* createSandbox(start);
  if (sandbox === undefined) return { failed: true, retryAt: 0 };
  const context: StartContext = { pod, sandbox, hollow: start.hollow };
  let end: SyncEnd = { failed: false, retryAt: 0 };
  for (const item of restarted.filter((entry) => entry.kind !== 'app')) {
    const initialized = restarted.some((entry) => entry.kind === 'app' && entry.status !== undefined);
    if (item.kind === 'init' && (initialized || (hasExited(item) && item.status!.exitCode === 0))) continue;
    if (isRunning(item)) {
      if (item.kind === 'sidecar' && item.started) continue;
      return end;
    }
    if (!shouldRestart(pod, item)) return end;
    const problem = yield* startContainer(context, item);
    if (problem !== undefined) return worse(end, problem);
    // The next one waits until this one has ended, or has started up.
    if (item.kind === 'init' || specOf(pod, item.name).startupProbe !== undefined) return end;
  }
  for (const item of restarted.filter((entry) => entry.kind === 'app')) {
    if (isRunning(item) || !shouldRestart(pod, item)) continue;
    const problem = yield* startContainer(context, item);
    if (problem !== undefined) end = worse(end, problem);
  }
  return end;
}

interface Problem extends StartError {
  readonly retryAt: number;
}

const worse = (end: SyncEnd, problem: Problem): SyncEnd => ({
  failed: true,
  retryAt: end.retryAt === 0 || problem.retryAt === 0 ? problem.retryAt : Math.min(end.retryAt, problem.retryAt),
});

/** Containers that are unwell, or that the manifest wants otherwise now, are stopped; they start again in the same pass. */
function* killChanged(start: SyncStart): Pass<readonly Tracked[]> {
  const wrong: Kill[] = [];
  for (const item of start.containers) {
    if (!isRunning(item)) continue;
    const changed = item.kind !== 'init' && specOf(start.pod, item.name).image !== item.status!.requested;
    if (item.unhealthy !== '')
      wrong.push({ name: item.name, message: `Container ${item.name} failed ${item.unhealthy} probe, will be restarted` });
    else if (changed) wrong.push({ name: item.name, message: `Container ${item.name} definition changed, will be restarted` });
  }
  if (wrong.length === 0) return start.containers;
  const { containers } = yield { do: 'kill', containers: wrong };
  return containers;
}

function* createSandbox(start: SyncStart): Pass<SandboxStatus | undefined> {
  const { pod } = start;
  const { name, namespace = '', uid = '' } = pod.metadata;
  const { hostNetwork, hostname } = asPod(pod).spec ?? {};
  const config = {
    podName: name,
    podNamespace: namespace,
    podUid: uid,
    attempt: start.sandbox === undefined ? 0 : start.sandbox.config.attempt + 1,
    hostNetwork: hostNetwork === true,
    hostname: hostname ?? name,
  };
  const answer = yield* runtime({ op: 'RunPodSandbox', config });
  if ('error' in answer) {
    yield { do: 'event', type: 'Warning', reason: 'FailedCreatePodSandBox', message: `Failed to create pod sandbox: ${answer.error}` };
    return undefined;
  }
  if (answer.result.op !== 'RunPodSandbox') return undefined;
  yield { do: 'sandbox', sandbox: answer.result.sandbox };
  return answer.result.sandbox;
}

interface StartContext {
  readonly pod: KubeObject;
  readonly sandbox: SandboxStatus;
  readonly hollow: boolean;
}

/** Starts one container; what goes wrong is kept as the reason for which it waits (startContainer, doBackOff). */
function* startContainer(context: StartContext, item: Tracked): Pass<Problem | undefined> {
  const held = yield* backOff(context, item);
  const problem = held ?? (yield* launch(context, item));
  if (problem === undefined) return undefined;
  const { reason, message } = problem;
  if (held === undefined) {
    const said = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'].includes(reason) ? reason : message;
    yield { do: 'event', type: 'Warning', reason: 'Failed', message: `Error: ${said}`, container: item.name };
  }
  yield { do: 'track', container: item.name, change: { error: { reason, message } } };
  return problem;
}

/** A container that keeps ending is started again ever later. */
function* backOff({ pod }: StartContext, item: Tracked): Pass<Problem | undefined> {
  if (!hasExited(item)) return undefined;
  const since = item.status!.finishedAt;
  const { image = '' } = specOf(pod, item.name);
  const before = item.restartBackOff?.image === image ? item.restartBackOff : undefined;
  const reply = yield { do: 'track', container: item.name, change: {} };
  if (before !== undefined && since - before.since <= 2 * maxBackOffMs && reply.now - since < before.delayMs) {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const message = `Back-off restarting failed container ${item.name} in pod ${name}_${namespace}(${uid})`;
    yield { do: 'event', type: 'Warning', reason: 'BackOff', message, container: item.name };
    return {
      reason: 'CrashLoopBackOff',
      message: `back-off ${goDuration(before.delayMs)} restarting failed container=${item.name} pod=${name}_${namespace}(${uid})`,
      retryAt: since + before.delayMs,
    };
  }
  yield { do: 'track', container: item.name, change: { restartBackOff: nextBackOff(image, before, since, reply.now) } };
  return undefined;
}

function* launch(context: StartContext, item: Tracked): Pass<Problem | undefined> {
  const { pod, sandbox } = context;
  const { name } = item;
  const spec = specOf(pod, name);
  const missing = yield* ensureImage(context, item, spec);
  if (missing !== undefined) return missing;
  const { environment } = yield { do: 'environment', container: name };
  if (environment === undefined || 'error' in environment)
    return { reason: 'CreateContainerConfigError', message: environment?.error ?? '', retryAt: 0 };
  const refused = nonRootProblem(pod, spec);
  if (refused !== undefined) return { reason: 'CreateContainerConfigError', message: refused, retryAt: 0 };
  const attempt = item.status === undefined ? item.restarts : item.status.attempt + 1;
  const { image = '', command, args, workingDir, stdin, stdinOnce, tty } = spec;
  const limit = spec.resources?.limits?.['cpu'];
  const cpuMillis = limit === undefined ? undefined : parseQuantity(limit) * 1000;
  const linux = linuxConfig(pod, spec);
  const config = { name, image, command, args, workingDir, attempt, cpuMillis, stdin, stdinOnce, tty, linux, ...environment };
  const created = yield* runtime({ op: 'CreateContainer', sandbox: sandbox.id, config });
  if ('error' in created) return { reason: 'CreateContainerError', message: created.error, retryAt: 0 };
  if (created.result.op !== 'CreateContainer') return undefined;
  yield { do: 'event', type: 'Normal', reason: 'Created', message: 'Container created', container: name };
  const { container } = created.result;
  const started = yield* runtime({ op: 'StartContainer', container: container.id });
  const last = item.status ?? item.last;
  if ('error' in started) {
    yield { do: 'track', container: name, change: { status: failedStart(container, started.error), last, restarts: attempt } };
    return { reason: 'RunContainerError', message: started.error, retryAt: 0 };
  }
  if (started.result.op !== 'StartContainer') return undefined;
  yield { do: 'event', type: 'Normal', reason: 'Started', message: 'Container started', container: name };
  const change = {
    status: started.result.container,
    last,
    restarts: attempt,
    error: undefined,
    unhealthy: '',
    started: spec.startupProbe === undefined,
    ready: spec.readinessProbe === undefined && spec.startupProbe === undefined,
  };
  yield { do: 'track', container: name, change };
  return yield* postStart(item, container.id, spec.lifecycle?.postStart);
}

/** A container that could not be started has ended as containerd says it. */
const failedStart = (container: NonNullable<Tracked['status']>, error: string): Tracked['status'] => ({
  ...container,
  state: 'exited',
  exitCode: 128,
  reason: 'StartError',
  message: error,
});

/** kuberuntime_container.go: a hook that fails takes its container with it. */
function* postStart(item: Tracked, container: string, hook: LifecycleHandler | undefined): Pass<Problem | undefined> {
  if (hook === undefined) return undefined;
  const operation = hookOperation(container, hook);
  if (operation === undefined) return undefined;
  const answer = yield* runtime(operation);
  const problem = hookProblem(answer, hook, 'PostStartHook');
  if (problem === undefined) return undefined;
  yield { do: 'event', type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed', container: item.name };
  yield { do: 'kill', containers: [{ name: item.name, message: 'FailedPostStartHook' }] };
  return { reason: 'PostStartHookError', message: problem, retryAt: 0 };
}

/** What a lifecycle hook asks of the runtime; undefined for one that only sleeps. */
export function hookOperation(container: string, hook: LifecycleHandler): CriOperation | undefined {
  if (hook.exec !== undefined) return { op: 'ExecSync', container, command: hook.exec.command ?? [], timeoutSeconds: 0 };
  if (hook.httpGet === undefined) return undefined;
  const { path = '/', port, host = '' } = hook.httpGet;
  const dial: Dial = { kind: 'httpGet', host, port: Number(port), path };
  return { op: 'Probe', container, dial, timeoutSeconds: 0 };
}

/** What a hook's answer means; undefined where it went well. */
export function hookProblem(
  answer: { readonly result: CriResult } | { readonly error: string },
  hook: LifecycleHandler,
  name: 'PostStartHook' | 'PreStopHook',
): string | undefined {
  if ('error' in answer) return answer.error;
  const { result } = answer;
  if (result.op === 'ExecSync' && result.exitCode !== 0) {
    const command = (hook.exec?.command ?? []).join(' ');
    return `Exec lifecycle hook ([${command}]) for ${name} failed - error: command '${command}' exited with ${result.exitCode}: ${result.stderr}`;
  }
  if (result.op === 'Probe' && result.outcome !== 'answered') return `Http lifecycle hook for ${name} failed: ${result.outcome}`;
  return undefined;
}

/** pkg/kubelet/images/image_manager.go (EnsureImageExists). */
function* ensureImage(context: StartContext, item: Tracked, spec: Container): Pass<Problem | undefined> {
  const { image = '', imagePullPolicy = 'IfNotPresent' } = spec;
  const { name } = item;
  const say = (type: 'Normal' | 'Warning', reason: string, message: string): Ask => ({
    do: 'event',
    type,
    reason,
    message,
    container: name,
  });
  const status = yield* runtime({ op: 'ImageStatus', image });
  if ('error' in status) {
    const message = `Failed to apply default image tag "${image}": ${status.error}`;
    yield say('Warning', 'InspectFailed', message);
    return { reason: 'InvalidImageName', message, retryAt: 0 };
  }
  const present = status.result.op === 'ImageStatus' && status.result.present;
  if (present && (imagePullPolicy !== 'Always' || context.hollow)) {
    yield say('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
    return undefined;
  }
  if (!present && imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    yield say('Warning', 'ErrImageNeverPull', message);
    return { reason: 'ErrImageNeverPull', message, retryAt: 0 };
  }
  return yield* pullImage(item, image, say);
}

function* pullImage(
  item: Tracked,
  image: string,
  say: (type: 'Normal' | 'Warning', reason: string, message: string) => Ask,
): Pass<Problem | undefined> {
  const { name } = item;
  const pullBackOff = item.pullBackOff?.image === image ? item.pullBackOff : undefined;
  const before = yield { do: 'track', container: name, change: {} };
  if (pullBackOff !== undefined && before.now - pullBackOff.since < pullBackOff.delayMs) {
    const message = `Back-off pulling image "${image}"`;
    yield say('Normal', 'BackOff', message);
    const error = item.error?.reason === 'ImagePullBackOff' ? item.error.message : `${message}: ErrImagePull: ${item.error?.message ?? ''}`;
    return { reason: 'ImagePullBackOff', message: error, retryAt: 0 };
  }
  const begun = yield say('Normal', 'Pulling', `Pulling image "${image}"`);
  const { response, now } = yield { do: 'runtime', operation: { op: 'PullImage', image } };
  if (response === undefined || 'error' in response) {
    const error = response?.error ?? '';
    yield say('Warning', 'Failed', `Failed to pull image "${image}": ${error}`);
    yield { do: 'track', container: name, change: { pullBackOff: nextBackOff(image, pullBackOff, now, now) } };
    return { reason: 'ErrImagePull', message: error, retryAt: 0 };
  }
  const took = goDuration(now - begun.now);
  const size = response.result.op === 'PullImage' ? response.result.sizeBytes : 0;
  yield say('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`);
  yield { do: 'track', container: name, change: { pullBackOff: undefined } };
  return undefined;
}

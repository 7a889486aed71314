import { addQuantities } from '#api/quantity.ts';
import { formatTime, type KubeObject } from '#api/object.ts';
import type { Container, Pod, PodCondition } from '#api/types.generated.ts';
import type { ContainerStatus, SandboxStatus } from '#protocol/cri.ts';
import { asPod, hasExited, isRunning, shouldRestart, specOf, type Tracked } from './containers.ts';
import { userOf } from './security.ts';

/** What a worker knows of its pod. */
export interface StatusFacts {
  readonly containers: readonly Tracked[];
  readonly sandbox: SandboxStatus | undefined;
  readonly hostIp: string;
  /** A hollow kubelet has no probes: everything counts as ready, nothing as started. */
  readonly hollow: boolean;
  readonly startedAt: number;
  readonly now: number;
  /** Nothing of the pod runs or will run. */
  readonly terminal: boolean;
  /** The status that was generated before this one. */
  readonly before: PodStatus | undefined;
}
export type PodStatus = Readonly<Record<string, unknown>>;

type ContainerState = 'waiting' | 'running' | 'terminated' | 'back-off';

/** How a container's status shows it. One that failed and cannot be started now is waiting, with a last state. */
function stateOf(pod: KubeObject, item: Tracked): ContainerState {
  if (isRunning(item)) return 'running';
  if (!hasExited(item)) return 'waiting';
  return item.error !== undefined && shouldRestart(pod, item) ? 'back-off' : 'terminated';
}

/** pkg/kubelet/kubelet_pods.go (getPhase). */
function phaseOf(object: KubeObject, containers: readonly Tracked[], terminal: boolean): string {
  const policy = asPod(object).spec?.restartPolicy ?? 'Always';
  const apps = containers.filter((item) => item.kind === 'app');
  const initial = containers.filter((item) => item.kind === 'init');
  const anyStarted = apps.some((item) => item.status !== undefined);
  const exitCode = (item: Tracked): number => item.status?.exitCode ?? 0;
  if (initial.some((item) => hasExited(item) && exitCode(item) !== 0) && policy === 'Never') return 'Failed';
  const initialized = anyStarted || initial.every((item) => hasExited(item) && exitCode(item) === 0);
  if (!initialized && !(terminal && containers.some(hasExited))) return 'Pending';
  const running = apps.filter(isRunning).length;
  const stopped = apps.filter(hasExited);
  const waiting = apps.length - running - stopped.length;
  if (waiting > 0 && !terminal) return apps.some((item) => item.restarts > 0) && running + stopped.length > 0 ? 'Running' : 'Pending';
  if (running > 0) return 'Running';
  if (stopped.length === 0) return terminal && containers.some(hasExited) ? 'Failed' : 'Pending';
  const succeeded = stopped.every((item) => exitCode(item) === 0) && waiting === 0;
  if (terminal) return succeeded ? 'Succeeded' : 'Failed';
  if (policy === 'Always') return 'Running';
  if (succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

export const isTerminalPhase = (phase: unknown): boolean => phase === 'Succeeded' || phase === 'Failed';

/** The condition types that a kubelet writes; others are left as they are. */
const ownConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

interface Verdict {
  readonly met: boolean;
  readonly reason?: string;
  readonly message?: string;
}

const namesOf = (items: readonly Tracked[]): string => `[${items.map((item) => item.name).join(' ')}]`;

/** pkg/kubelet/status/generate.go. */
function verdicts(object: KubeObject, facts: StatusFacts, phase: string): Readonly<Record<string, Verdict>> {
  const { containers, hollow, sandbox } = facts;
  const isReady = (item: Tracked): boolean => hollow || readyOf(item);
  const incomplete = containers.filter((item) => item.kind !== 'app' && !(item.kind === 'sidecar' ? item.started : isReady(item)));
  const unready = containers.filter((item) => item.kind !== 'init' && !isReady(item));
  const ended: Verdict | undefined =
    phase === 'Succeeded' ? { met: false, reason: 'PodCompleted' } : phase === 'Failed' ? { met: false, reason: 'PodFailed' } : undefined;
  const initialized: Verdict =
    phase === 'Succeeded'
      ? { met: true, reason: 'PodCompleted' }
      : incomplete.length === 0 || containers.some((item) => item.kind === 'app' && item.status !== undefined)
        ? { met: true }
        : { met: false, reason: 'ContainersNotInitialized', message: `containers with incomplete status: ${namesOf(incomplete)}` };
  const ready: Verdict =
    ended ??
    (unready.length === 0
      ? { met: true }
      : { met: false, reason: 'ContainersNotReady', message: `containers with unready status: ${namesOf(unready)}` });
  return {
    PodReadyToStartContainers: { met: sandbox?.state === 'ready' },
    Initialized: initialized,
    Ready: ready.met ? gatesOf(object) : ready,
    ContainersReady: ready,
  };
}

/** Conditions that others have to set before a pod counts as ready (spec.readinessGates). */
function gatesOf(object: KubeObject): Verdict {
  const { spec, status } = asPod(object);
  for (const { conditionType } of spec?.readinessGates ?? []) {
    const found = status?.conditions?.find((item) => item.type === conditionType);
    if (found === undefined)
      return {
        met: false,
        reason: 'ReadinessGatesNotReady',
        message: `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
      };
    if (found.status !== 'True')
      return {
        met: false,
        reason: 'ReadinessGatesNotReady',
        message: `the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`,
      };
  }
  return { met: true };
}

const readyOf = (item: Tracked): boolean =>
  item.kind === 'init' ? hasExited(item) && item.status!.exitCode === 0 : isRunning(item) && item.started && item.ready;

function conditionsOf(object: KubeObject, facts: StatusFacts, phase: string): readonly object[] {
  const generation = object.metadata.generation ?? 1;
  const before = (facts.before?.['conditions'] ?? asPod(object).status?.conditions ?? []) as readonly PodCondition[];
  const conditions = Object.entries(verdicts(object, facts, phase)).map(([type, { met, reason, message }]) => {
    const status = met ? 'True' : 'False';
    const old = before.find((item) => item.type === type);
    return {
      lastProbeTime: null,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : formatTime(facts.now),
      ...(message === undefined ? {} : { message }),
      observedGeneration: generation,
      ...(reason === undefined ? {} : { reason }),
      status,
      type,
    };
  });
  const scheduled = before.find((item) => item.type === 'PodScheduled') ?? {
    lastProbeTime: null,
    lastTransitionTime: formatTime(facts.startedAt),
    status: 'True',
    type: 'PodScheduled',
  };
  return [...conditions, { ...scheduled, observedGeneration: generation }];
}

/** Requests and limits of all containers together (component-helpers/resource/helpers.go). */
function resourcesOf(pod: Pod): { readonly allocatedResources?: object; readonly resources: object } {
  const total = (which: 'requests' | 'limits'): Readonly<Record<string, string>> => {
    const sums: Record<string, string> = {};
    for (const container of pod.spec?.containers ?? [])
      for (const [name, quantity] of Object.entries(container.resources?.[which] ?? {}))
        sums[name] = addQuantities(sums[name] ?? '0', quantity);
    return sums;
  };
  const [limits, requests] = [total('limits'), total('requests')];
  const some = (amounts: object): boolean => Object.keys(amounts).length > 0;
  return {
    ...(some(requests) ? { allocatedResources: requests } : {}),
    resources: { ...(some(limits) ? { limits } : {}), ...(some(requests) ? { requests } : {}) },
  };
}

/** The status of a pod as its kubelet reports it (pkg/kubelet/kubelet_pods.go, generateAPIPodStatus). */
export function podStatus(object: KubeObject, facts: StatusFacts): PodStatus {
  const pod = asPod(object);
  const { containers, sandbox, hostIp, terminal } = facts;
  const phase = phaseOf(object, containers, terminal);
  const statuses = (app: boolean): readonly object[] =>
    containers.filter((item) => (item.kind === 'app') === app).map((item) => containerStatus(object, item, facts));
  const initial = statuses(false);
  const ip = sandbox?.ip ?? '';
  return {
    phase,
    conditions: conditionsOf(object, facts, phase),
    ...(initial.length === 0 ? {} : { initContainerStatuses: initial }),
    containerStatuses: statuses(true),
    ...(hostIp === '' ? {} : { hostIP: hostIp, hostIPs: [{ ip: hostIp }] }),
    observedGeneration: object.metadata.generation ?? 1,
    ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }),
    ...resourcesOf(pod),
    startTime: formatTime(facts.startedAt),
  };
}

/** What the API server has of a pod's status, with what this kubelet knows better (pkg/kubelet/status, mergePodStatus). */
export function mergeStatus(live: PodStatus, own: PodStatus): PodStatus {
  const others = ((live['conditions'] ?? []) as readonly PodCondition[]).filter((item) => !ownConditions.includes(item.type));
  return { ...live, ...own, conditions: [...(own['conditions'] as readonly object[]), ...others] };
}

function containerStatus(object: KubeObject, item: Tracked, facts: StatusFacts): object {
  const { hollow } = facts;
  const spec = specOf(object, item.name);
  const scheme = hollow ? 'fakeRuntime://' : 'containerd://';
  const { status } = item;
  const state = stateOf(object, item);
  const initial = item.kind !== 'app';
  const waiting = {
    reason: item.error?.reason ?? (initial || hasInit(object) ? 'PodInitializing' : 'ContainerCreating'),
    ...(item.error === undefined ? {} : { message: item.error.message }),
  };
  const shown = {
    waiting: { waiting },
    'back-off': { waiting },
    running: { running: { startedAt: formatTime(status?.startedAt ?? 0) } },
    terminated: status === undefined ? {} : terminated(status, scheme),
  };
  const last = state === 'back-off' ? status : item.last;
  const exists = status !== undefined;
  return {
    ...(spec.resources?.requests === undefined ? {} : { allocatedResources: spec.resources.requests }),
    ...(exists ? { containerID: `${scheme}${status.id}` } : {}),
    image: exists ? status.image : (spec.image ?? ''),
    imageID: exists ? status.imageRef : '',
    lastState: last === undefined ? {} : terminated(last, scheme),
    name: item.name,
    ready: hollow || readyOf(item),
    ...(exists ? { resources: spec.resources ?? {} } : {}),
    restartCount: item.restarts,
    ...(hollow ? {} : { started: isRunning(item) && item.started }),
    state: shown[state],
    ...(exists && !hollow ? { user: { linux: userOf(object, spec) } } : {}),
    ...mountsOf(spec),
  };
}

const hasInit = (object: KubeObject): boolean => (asPod(object).spec?.initContainers ?? []).length > 0;

const terminated = (status: ContainerStatus, scheme: string): object => ({
  terminated: {
    containerID: `${scheme}${status.id}`,
    exitCode: status.exitCode,
    finishedAt: formatTime(status.finishedAt),
    ...(status.message === '' ? {} : { message: status.message }),
    ...(status.reason === '' ? {} : { reason: status.reason }),
    startedAt: formatTime(status.startedAt),
  },
});

function mountsOf(spec: Container): object {
  if (spec.volumeMounts === undefined) return {};
  return {
    volumeMounts: spec.volumeMounts.map((mount) => ({
      mountPath: mount.mountPath,
      name: mount.name,
      ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

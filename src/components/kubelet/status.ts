import { formatTime, type KubeObject } from '#api/object.ts';
import type { Pod } from '#api/types.generated.ts';
import type { ContainerStatus } from '#protocol/cri.ts';

/** One container as its pod worker knows it. */
export interface Tracked {
  readonly name: string;
  readonly status: ContainerStatus | undefined;
  readonly waiting: string;
  readonly message: string;
  readonly restarts: number;
  readonly last: ContainerStatus | undefined;
}

const asPod = (object: KubeObject): Pod => object as unknown as Pod;

function stateOf(item: Tracked, scheme: string): object {
  const { status } = item;
  if (status?.state === 'running') return { running: { startedAt: formatTime(status.startedAt) } };
  if (status?.state === 'exited' && item.waiting === '') return terminated(status, scheme);
  return {
    waiting: {
      reason: item.waiting === '' ? 'ContainerCreating' : item.waiting,
      ...(item.message === '' ? {} : { message: item.message }),
    },
  };
}

const terminated = (status: ContainerStatus, scheme: string): object => ({
  terminated: {
    containerID: `${scheme}${status.id}`,
    exitCode: status.exitCode,
    finishedAt: formatTime(status.finishedAt),
    reason: status.reason,
    startedAt: formatTime(status.startedAt),
  },
});

/** pkg/kubelet/kubelet_pods.go (getPhase). */
function phaseOf(pod: Pod, containers: readonly Tracked[]): string {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const ended = containers.filter((item) => item.status?.state === 'exited');
  if (containers.some((item) => item.status === undefined && item.restarts === 0)) return 'Pending';
  if (containers.length > 0 && ended.length === containers.length && policy !== 'Always') {
    if (ended.every((item) => item.status!.exitCode === 0)) return 'Succeeded';
    if (policy === 'Never') return 'Failed';
  }
  return 'Running';
}

export interface StatusFacts {
  readonly containers: readonly Tracked[];
  readonly ip: string;
  readonly hostIp: string;
  readonly hollow: boolean;
  readonly startedAt: number;
  readonly now: number;
}

/** The status of a pod as its kubelet reports it (generateAPIPodStatus). */
export function podStatus(object: KubeObject, facts: StatusFacts): Record<string, unknown> {
  const pod = asPod(object);
  const { containers, ip, hostIp, hollow, now } = facts;
  const scheme = hollow ? 'fakeRuntime://' : 'containerd://';
  const phase = phaseOf(pod, containers);
  const running = (item: Tracked): boolean => item.status?.state === 'running';
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const allReady = containers.every(running) && !finished;
  const generation = object.metadata.generation ?? 1;
  const before = pod.status?.conditions ?? [];
  const condition = (type: string, met: boolean, reason?: string, message?: string): object => {
    const status = met ? 'True' : 'False';
    const old = before.find((item) => item.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(now);
    return {
      lastProbeTime: null,
      lastTransitionTime,
      ...(met || message === undefined ? {} : { message }),
      observedGeneration: generation,
      ...(reason === undefined || (met && !finished) ? {} : { reason }),
      status,
      type,
    };
  };
  const names = containers.filter((item) => !running(item)).map((item) => item.name);
  const unready = `containers with unready status: [${names.join(' ')}]`;
  const [reason, message] = finished ? ['PodCompleted', undefined] : ['ContainersNotReady', unready];
  const scheduled = before.find((item) => item.type === 'PodScheduled');
  return {
    ...(phase === 'Pending' && hollow && ip === '' ? {} : { phase }),
    conditions: [
      condition('PodReadyToStartContainers', ip !== '' && !finished),
      condition('Initialized', true, finished ? reason : undefined),
      condition('Ready', allReady || (hollow && ip === ''), reason, message),
      condition('ContainersReady', allReady || (hollow && ip === ''), reason, message),
      {
        ...(scheduled ?? { lastProbeTime: null, lastTransitionTime: formatTime(facts.startedAt), status: 'True', type: 'PodScheduled' }),
        observedGeneration: generation,
      },
    ],
    containerStatuses: containers.map((item) => containerStatus(pod, item, scheme, hollow)),
    ...(hostIp === '' ? {} : { hostIP: hostIp, hostIPs: [{ ip: hostIp }] }),
    observedGeneration: generation,
    ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }),
    resources: {},
    startTime: formatTime(facts.startedAt),
  };
}

function containerStatus(pod: Pod, item: Tracked, scheme: string, hollow: boolean): object {
  const spec = pod.spec?.containers.find((container) => container.name === item.name);
  const running = item.status?.state === 'running';
  const ready = running || (hollow && item.status === undefined);
  return {
    ...(spec?.resources?.requests === undefined ? {} : { allocatedResources: spec.resources.requests }),
    ...(item.status === undefined ? {} : { containerID: `${scheme}${item.status.id}` }),
    image: spec?.image ?? '',
    imageID: item.status?.imageRef ?? '',
    lastState: item.last === undefined ? {} : terminated(item.last, scheme),
    name: item.name,
    ready,
    ...(item.status === undefined ? {} : { resources: spec?.resources ?? {} }),
    restartCount: item.restarts,
    ...(item.status === undefined && hollow ? {} : { started: running }),
    state: stateOf(item, scheme),
    ...(spec?.volumeMounts === undefined
      ? {}
      : {
          volumeMounts: spec.volumeMounts.map((mount) => ({
            mountPath: mount.mountPath,
            name: mount.name,
            ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
          })),
        }),
  };
}

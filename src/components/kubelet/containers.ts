import type { KubeObject } from '#api/object.ts';
import type { Container, Pod } from '#api/types.generated.ts';
import type { ContainerStatus } from '#protocol/cri.ts';

/** A delay that doubles, and when it was last set (client-go util/flowcontrol.Backoff). Milliseconds. */
export interface BackOff {
  /** The image that is started or pulled: another one begins anew. */
  readonly image: string;
  readonly delayMs: number;
  readonly since: number;
}

/** Why a container is not running, as its status says it (the kubelet's reason cache). */
export interface StartError {
  readonly reason: string;
  readonly message: string;
}

/** One container of a pod as its worker knows it. */
export interface Tracked {
  readonly name: string;
  /** An init container that restarts always is a sidecar. */
  readonly kind: 'init' | 'sidecar' | 'app';
  /** The newest container that the runtime has had for it. */
  readonly status: ContainerStatus | undefined;
  /** The one before. */
  readonly last: ContainerStatus | undefined;
  readonly restarts: number;
  readonly error: StartError | undefined;
  readonly restartBackOff: BackOff | undefined;
  readonly pullBackOff: BackOff | undefined;
  /** What probes say. Without a probe: started and ready as soon as it runs. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly unhealthy: string;
}

export const asPod = (object: KubeObject): Pod => object as unknown as Pod;

const fresh = (name: string, kind: Tracked['kind']): Tracked => ({
  name,
  kind,
  status: undefined,
  last: undefined,
  restarts: 0,
  error: undefined,
  restartBackOff: undefined,
  pullBackOff: undefined,
  started: false,
  ready: false,
  unhealthy: '',
});

/** The containers that a pod asks for, in the order in which they start; what the runtime has of them is taken over. */
export function trackContainers(object: KubeObject, found: readonly ContainerStatus[]): readonly Tracked[] {
  const { spec } = asPod(object);
  const listed = [
    ...(spec?.initContainers ?? []).map((item) => fresh(item.name, item.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...(spec?.containers ?? []).map((item) => fresh(item.name, 'app')),
  ];
  return listed.map((item) => {
    const own = found.filter((status) => status.name === item.name).sort((a, b) => b.attempt - a.attempt);
    const [status, last] = own;
    return status === undefined ? item : { ...item, status, last, restarts: status.attempt };
  });
}

/** What the manifest says of a container. */
export function specOf(object: KubeObject, name: string): Container {
  const { spec } = asPod(object);
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((item) => item.name === name)!;
}

export const isRunning = (item: Tracked): boolean => item.status?.state === 'running';
export const hasExited = (item: Tracked): boolean => item.status?.state === 'exited';

/** pkg/kubelet/container/helpers.go (ShouldContainerBeRestarted): by the policy of its pod, or by its own. */
export function shouldRestart(object: KubeObject, item: Tracked): boolean {
  if (item.status === undefined || item.status.state === 'created') return true;
  if (item.status.state === 'running') return false;
  const policy =
    item.kind === 'sidecar' ? 'Always' : (specOf(object, item.name).restartPolicy ?? asPod(object).spec?.restartPolicy ?? 'Always');
  return policy === 'Always' || (policy === 'OnFailure' && item.status.exitCode !== 0);
}

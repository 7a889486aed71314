import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import type { ContainerStatus, CriOperation, CriResult, SandboxStatus } from '#protocol/cri.ts';
import { trackContainers, type Tracked } from './containers.ts';
import { syncPod, type Ask, type SyncEnd } from './sync-pod.ts';

const sandbox = { id: 's', state: 'ready', ip: '10.244.0.2', createdAt: 0, config: { attempt: 0 } } as unknown as SandboxStatus;

/** Runs one pass against a runtime that is a table, and writes down what it asked. */
function pass(
  spec: object,
  options: { readonly now?: number; readonly tracked?: (item: Tracked) => Tracked; readonly fails?: readonly string[] } = {},
) {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app', namespace: 'default', uid: 'u' }, spec } as unknown as KubeObject;
  let containers = trackContainers(pod, []).map(options.tracked ?? ((item) => item));
  const now = options.now ?? 0;
  const asked: string[] = [];
  const routine = syncPod({ pod, sandbox: undefined, containers, mounted: false, hollow: false, terminal: false, now });
  let step = routine.next();
  while (step.done !== true) {
    const ask: Ask = step.value;
    let response;
    if (ask.do === 'runtime') {
      asked.push(ask.operation.op);
      const error = options.fails?.find((op) => op === ask.operation.op);
      response =
        error === undefined
          ? { type: 'cri.response' as const, id: '', result: resultOf(ask.operation) }
          : { type: 'cri.response' as const, id: '', error: 'no', code: 'Unknown' as const };
    } else if (ask.do === 'event') asked.push(`${ask.type} ${ask.reason}: ${ask.message}`);
    else if (ask.do === 'track') containers = containers.map((item) => (item.name === ask.container ? { ...item, ...ask.change } : item));
    step = routine.next({ now, containers, response, environment: { env: [], mounts: [], files: [] } });
  }
  const end: SyncEnd = step.value;
  return { asked, end, containers };
}

function resultOf(operation: CriOperation): CriResult {
  const container = { id: 'c', name: 'a', state: 'running', requested: 'nginx' } as unknown as ContainerStatus;
  switch (operation.op) {
    case 'RunPodSandbox':
      return { op: operation.op, sandbox };
    case 'ImageStatus':
      return { op: operation.op, present: operation.image !== 'far', sizeBytes: 0 };
    case 'PullImage':
      return { op: operation.op, imageRef: '', sizeBytes: 7 };
    default:
      return { op: operation.op, container } as CriResult;
  }
}

const exited =
  (exitCode: number, finishedAt: number) =>
  (item: Tracked): Tracked => ({
    ...item,
    status: {
      id: 'c',
      name: item.name,
      state: 'exited',
      exitCode,
      finishedAt,
      attempt: 0,
      requested: 'nginx',
    } as unknown as ContainerStatus,
  });

describe('a pass over a pod', () => {
  const one = { containers: [{ name: 'a', image: 'nginx' }] };

  it('goes from sandbox to image to container', () => {
    expect(pass(one).asked).toEqual([
      'RunPodSandbox',
      'ImageStatus',
      'Normal Pulled: Container image "nginx" already present on machine and can be accessed by the pod',
      'CreateContainer',
      'Normal Created: Container created',
      'StartContainer',
      'Normal Started: Container started',
    ]);
  });

  it('starts an init container and leaves the others for later', () => {
    const { asked, containers } = pass({ initContainers: [{ name: 'i', image: 'nginx' }], containers: [{ name: 'a', image: 'nginx' }] });
    expect(asked.filter((line) => line === 'StartContainer')).toHaveLength(1);
    expect(containers.map((item) => item.status !== undefined)).toEqual([true, false]);
  });

  it('starts a sidecar and goes on at once', () => {
    const { asked } = pass({
      initContainers: [{ name: 'i', image: 'nginx', restartPolicy: 'Always' }],
      containers: [{ name: 'a', image: 'nginx' }],
    });
    expect(asked.filter((line) => line === 'StartContainer')).toHaveLength(2);
  });

  it('keeps the runtime’s words as the reason for which a container waits', () => {
    const { containers, end } = pass({ containers: [{ name: 'a', image: 'far' }] }, { fails: ['PullImage'] });
    expect(containers[0]?.error).toEqual({ reason: 'ErrImagePull', message: 'no' });
    expect(containers[0]?.pullBackOff).toEqual({ image: 'far', delayMs: 10_000, since: 0 });
    expect(end.failed).toBe(true);
  });

  it('does not pull again before the back-off is over', () => {
    const held = (item: Tracked): Tracked => ({
      ...item,
      error: { reason: 'ErrImagePull', message: 'no' },
      pullBackOff: { image: 'far', delayMs: 10_000, since: 0 },
    });
    const early = pass({ containers: [{ name: 'a', image: 'far' }] }, { now: 5000, tracked: held });
    expect(early.asked).not.toContain('PullImage');
    expect(early.containers[0]?.error).toEqual({ reason: 'ImagePullBackOff', message: 'Back-off pulling image "far": ErrImagePull: no' });
    expect(pass({ containers: [{ name: 'a', image: 'far' }] }, { now: 10_000, tracked: held }).asked).toContain('PullImage');
  });

  it('never pulls where the policy says so', () => {
    const { containers } = pass({ containers: [{ name: 'a', image: 'far', imagePullPolicy: 'Never' }] });
    expect(containers[0]?.error?.reason).toBe('ErrImageNeverPull');
  });

  it('restarts at once after the first end, later after the next ones', () => {
    const first = pass(one, { now: 1000, tracked: exited(1, 900) });
    expect(first.asked).toContain('StartContainer');
    expect(first.containers[0]).toMatchObject({ restarts: 1, restartBackOff: { delayMs: 10_000 } });
    const again = (item: Tracked): Tracked => ({
      ...exited(1, 2000)(item),
      restartBackOff: { image: 'nginx', delayMs: 10_000, since: 1000 },
    });
    const second = pass(one, { now: 2500, tracked: again });
    expect(second.asked).not.toContain('StartContainer');
    expect(second.containers[0]?.error).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=a pod=app_default(u)',
    });
    expect(second.end).toEqual({ failed: true, retryAt: 12_000 });
    expect(pass(one, { now: 12_000, tracked: again }).containers[0]?.restartBackOff?.delayMs).toBe(20_000);
  });

  it('leaves a container alone that has ended as it should', () => {
    expect(pass({ ...one, restartPolicy: 'OnFailure' }, { tracked: exited(0, 0) }).asked).toEqual(['RunPodSandbox']);
  });
});

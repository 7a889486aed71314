import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/object.ts';
import type { ContainerStatus, SandboxStatus } from '#protocol/cri.ts';
import { trackContainers, type Tracked } from './containers.ts';
import { mergeStatus, podStatus, type StatusFacts } from './status.ts';

const pod = (spec: object): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', namespace: 'default', uid: 'u', generation: 2 },
    spec,
  }) as unknown as KubeObject;
const now = Date.UTC(2026, 0, 1);
const sandbox = { id: 's', state: 'ready', ip: '10.244.0.2', createdAt: now } as unknown as SandboxStatus;
const running = (name: string): Partial<Tracked> => ({ status: container(name, {}), started: true, ready: true });
const container = (name: string, change: Partial<ContainerStatus>): ContainerStatus => ({
  id: `id-${name}`,
  sandbox: 's',
  name,
  image: 'docker.io/library/nginx:latest',
  requested: 'nginx',
  imageRef: 'docker.io/library/nginx@sha256:0',
  attempt: 0,
  state: 'running',
  createdAt: now,
  startedAt: now,
  finishedAt: 0,
  exitCode: 0,
  reason: '',
  message: '',
  ...change,
});
const exited = (name: string, exitCode: number): Partial<Tracked> => ({
  status: container(name, { state: 'exited', exitCode, finishedAt: now, reason: exitCode === 0 ? 'Completed' : 'Error' }),
});

interface Shown {
  readonly phase: string;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
  readonly containerStatuses: readonly {
    readonly state: object;
    readonly lastState: object;
    readonly ready: boolean;
    readonly restartCount: number;
  }[];
}
function shown(spec: object, changes: Readonly<Record<string, Partial<Tracked>>>, more: Partial<StatusFacts> = {}): Shown {
  const object = pod(spec);
  const containers = trackContainers(object, []).map((item) => ({ ...item, ...changes[item.name] }));
  const facts: StatusFacts = {
    containers,
    sandbox,
    hostIp: '',
    hollow: false,
    startedAt: now,
    now,
    terminal: false,
    before: undefined,
    ...more,
  };
  return podStatus(object, facts) as unknown as Shown;
}
const condition = (status: Shown, type: string) => status.conditions.find((item) => item.type === type);

describe('the status of a pod', () => {
  const one = { containers: [{ name: 'a' }] };
  const withInit = { initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] };

  it.each([
    ['nothing started', one, {}, 'Pending'],
    ['running', one, { a: running('a') }, 'Running'],
    ['ended, to be started again', one, { a: exited('a', 1) }, 'Running'],
    ['ended well, never again', { ...one, restartPolicy: 'Never' }, { a: exited('a', 0) }, 'Succeeded'],
    ['ended badly, never again', { ...one, restartPolicy: 'Never' }, { a: exited('a', 3) }, 'Failed'],
    ['ended badly, to be tried again', { ...one, restartPolicy: 'OnFailure' }, { a: exited('a', 3) }, 'Running'],
    ['initialising', withInit, { i: running('i') }, 'Pending'],
    ['failed to initialise, never again', { ...withInit, restartPolicy: 'Never' }, { i: exited('i', 7) }, 'Failed'],
    [
      'one of two ended',
      { containers: [{ name: 'a' }, { name: 'b' }], restartPolicy: 'Never' },
      { a: exited('a', 0), b: running('b') },
      'Running',
    ],
  ])('%s', (_title, spec, changes, phase) => {
    expect(shown(spec, changes).phase).toBe(phase);
  });

  it('names what is not ready', () => {
    const status = shown({ containers: [{ name: 'a' }, { name: 'b' }] }, { a: running('a'), b: { ...running('b'), ready: false } });
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [b]',
    });
    expect(condition(shown(withInit, { i: running('i') }), 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [i]',
    });
  });

  it('shows a container that has to wait as waiting, with its end as the last state', () => {
    const error = { reason: 'CrashLoopBackOff', message: 'back-off 10s' };
    const [status] = shown(one, { a: { ...exited('a', 1), restarts: 2, error } }).containerStatuses;
    expect(status).toMatchObject({ state: { waiting: error }, lastState: { terminated: { exitCode: 1 } }, ready: false, restartCount: 2 });
    const [plain] = shown(one, { a: exited('a', 1) }).containerStatuses;
    expect(plain).toMatchObject({ state: { terminated: { exitCode: 1, reason: 'Error' } }, lastState: {} });
  });

  it('waits for readiness gates', () => {
    const gated = shown({ ...one, readinessGates: [{ conditionType: 'example.org/lb' }] }, { a: running('a') });
    expect(condition(gated, 'ContainersReady')?.status).toBe('True');
    expect(condition(gated, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
  });

  it('leaves the conditions of others alone', () => {
    const others = { type: 'DisruptionTarget', status: 'True' };
    const own = shown(one, { a: running('a') });
    const merged = mergeStatus({ qosClass: 'BestEffort', conditions: [others] }, own as unknown as Readonly<Record<string, unknown>>);
    expect(merged).toMatchObject({ qosClass: 'BestEffort', phase: 'Running' });
    expect(merged['conditions']).toContainEqual(others);
  });
});

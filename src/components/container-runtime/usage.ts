import type { ContainerStats } from '#protocol/cri.ts';
import { factsOf } from './images.ts';
import type { Container, CpuUse, RuntimeState } from './state.ts';
import type { ImageKind, Process } from './userland/index.ts';

/**
 * What containers use, as their control groups would count it: a program that never sleeps has a core, or as much of one
 * as its quota leaves it, and a request that is served costs a little. Memory is what programs of an image usually hold.
 */
export const idle: CpuUse = { usedMs: 0, busySince: undefined };
const requestMs = 2;
const mebibyte = 2 ** 20;
const memory: Readonly<Record<ImageKind, number>> = { busybox: 1, nginx: 6, redis: 8, httpd: 7, debian: 2, other: 24 };

/** The share of a core that one busy program gets. */
const shareOf = ({ config }: Container): number => Math.min(1, (config.cpuMillis ?? 1000) / 1000);

const soFar = (container: Container, now: number): number =>
  container.cpu.usedMs + (container.cpu.busySince === undefined ? 0 : (now - container.cpu.busySince) * shareOf(container));

/** The container after a turn of its program: from now on it is busy, or not. */
export function afterTurn(container: Container, process: Process, now: number): Container {
  const busySince = process.busy > 0 ? now : undefined;
  if (container.cpu.busySince === undefined && busySince === undefined) return container;
  return { ...container, cpu: { usedMs: soFar(container, now), busySince } };
}

export const afterRequest = (container: Container): Container => ({
  ...container,
  cpu: { ...container.cpu, usedMs: container.cpu.usedMs + requestMs },
});

/** cri-api ListContainerStats: of those that run. */
export function containerStats(state: RuntimeState, now: number): readonly ContainerStats[] {
  return [...state.containers.values()].flatMap((container) => {
    const sandbox = state.sandboxes.get(container.status.sandbox);
    if (sandbox === undefined || container.status.state !== 'running') return [];
    const { podNamespace: namespace, podName: pod } = sandbox.config;
    const kind = factsOf(container.config.image)?.kind ?? 'other';
    const cpuSeconds = soFar(container, now) / 1000;
    return [{ namespace, pod, container: container.config.name, cpuSeconds, memoryBytes: memory[kind] * mebibyte }];
  });
}

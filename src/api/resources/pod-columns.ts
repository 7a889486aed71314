import type { ContainerStatus, Pod } from '../types.generated.ts';
import { ageOf } from './duration.ts';

/** The cells of a pod. Models pkg/printers/internalversion/printers.go (printPod). */
export function podCells(pod: Pod, now: number): readonly (string | number)[] {
  const { status, reason } = { status: pod.status, reason: podReason(pod) };
  const containers = pod.spec?.containers ?? [];
  const statuses = status?.containerStatuses ?? [];
  const sidecars = sidecarStatuses(pod);
  const ready =
    statuses.filter((item) => item.ready && item.state?.running !== undefined).length +
    sidecars.filter((item) => item.started === true && item.ready).length;
  const sidecarCount = (pod.spec?.initContainers ?? []).filter((item) => item.restartPolicy === 'Always').length;
  return [
    pod.metadata?.name ?? '',
    `${ready}/${containers.length + sidecarCount}`,
    reason,
    restarts(pod, [...sidecars, ...statuses], now),
    ageOf(pod.metadata?.creationTimestamp, now),
    status?.podIPs?.[0]?.ip ?? '<none>',
    pod.spec?.nodeName || '<none>',
    status?.nominatedNodeName || '<none>',
    readinessGates(pod),
  ];
}

/** The statuses of init containers that restart always. */
function sidecarStatuses(pod: Pod): readonly ContainerStatus[] {
  return (pod.status?.initContainerStatuses ?? []).filter((_, index) => pod.spec?.initContainers?.[index]?.restartPolicy === 'Always');
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) =>
    pod.status?.conditions?.some((item) => item.type === gate.conditionType && item.status === 'True'),
  ).length;
  return `${met}/${gates.length}`;
}

function restarts(pod: Pod, statuses: readonly ContainerStatus[], now: number): string {
  const initializing =
    initReason(pod) !== undefined && pod.status?.conditions?.some((item) => item.type === 'Initialized' && item.status === 'True') !== true;
  const counted = initializing ? (pod.status?.initContainerStatuses ?? []) : statuses;
  const count = counted.reduce((sum, item) => sum + item.restartCount, 0);
  const last = counted
    .map((item) => item.lastState?.terminated?.finishedAt)
    .filter((time) => time !== undefined && time !== null)
    .sort()
    .at(-1);
  return count > 0 && last !== undefined ? `${count} (${ageOf(String(last), now)} ago)` : String(count);
}

/** The STATUS column: the most telling of phase, container states and deletion. */
function podReason(pod: Pod): string {
  const { status } = pod;
  let reason = status?.reason || status?.phase || '';
  if (pod.status?.conditions?.some((item) => item.type === 'PodScheduled' && item.reason === 'SchedulingGated')) reason = 'SchedulingGated';
  const init = initReason(pod);
  if (init !== undefined) reason = init;
  else reason = containersReason(pod, reason);
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') return 'Unknown';
    if (status?.phase !== 'Failed' && status?.phase !== 'Succeeded') return 'Terminating';
  }
  return reason;
}

function initReason(pod: Pod): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const total = pod.spec?.initContainers?.length ?? 0;
  for (const [index, item] of statuses.entries()) {
    const { terminated, waiting } = item.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (item.started === true && pod.spec?.initContainers?.[index]?.restartPolicy === 'Always') continue;
    if (terminated !== undefined) {
      if (terminated.reason !== undefined && terminated.reason !== '') return `Init:${terminated.reason}`;
      return terminated.signal !== undefined && terminated.signal !== 0
        ? `Init:Signal:${terminated.signal}`
        : `Init:ExitCode:${terminated.exitCode}`;
    }
    if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function containersReason(pod: Pod, initial: string): string {
  let reason = initial;
  let running = false;
  for (const item of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { terminated, waiting, running: runs } = item.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated?.reason !== undefined && terminated.reason !== '') reason = terminated.reason;
    else if (terminated !== undefined)
      reason =
        terminated.signal !== undefined && terminated.signal !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
    else if (item.ready && runs !== undefined) running = true;
  }
  if (reason === 'Completed' && running) {
    return pod.status?.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') === true ? 'Running' : 'NotReady';
  }
  return reason;
}

import { backoffMs } from './queue.ts';
import type { Decision, QueuedPod, SchedulerState } from './state.ts';

/** A pod in one of the queues, as a table shows it. */
export interface WaitingPod {
  readonly key: string;
  readonly state: string;
  /** When it comes back, where it waits for a time. */
  readonly due: number | undefined;
  readonly failures: number;
  readonly detail: string;
  readonly because: number | undefined;
}

/** The pods that the scheduler has still to place, queue by queue. */
export function schedulerQueue({ queues, bindings }: SchedulerState): readonly WaitingPod[] {
  const item = (state: string, queued: QueuedPod, due?: number, detail = queued.refusedBy.join(', ')): WaitingPod => ({
    key: queued.key,
    state,
    due,
    failures: queued.attempts,
    detail,
    because: queued.origin.seq,
  });
  const all = (state: string, pods: Iterable<QueuedPod>): readonly WaitingPod[] => [...pods].map((queued) => item(state, queued));
  const later = (pods: Iterable<QueuedPod>): readonly WaitingPod[] =>
    [...pods].map((queued) => item('backoff', queued, queued.since + backoffMs(queued)));
  return [
    ...all('active', queues.active.values()),
    ...later(queues.backoff.values()),
    ...later(queues.failed.values()),
    ...all('unschedulable', queues.unschedulable.values()),
    ...all('gated', queues.gated.values()),
    ...[...bindings.values()].map(({ queued, node }) => item('binding', queued, undefined, node)),
  ];
}

/** What was decided last, oldest first. */
export const schedulerDecisions = ({ decisions }: SchedulerState): readonly Decision[] => decisions;

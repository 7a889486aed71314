import type { World } from '#kernel/world.ts';
import type { ProcessView } from '#kernel/types.ts';
import { controllerQueue } from '#components/kube-controller-manager/waiting.ts';
import { schedulerDecisions, schedulerQueue } from '#components/kube-scheduler/waiting.ts';
import type { QueueItem, ScheduleDecision } from '../view-port.ts';

const readers: Readonly<Record<string, (context: never) => readonly Omit<QueueItem, 'process'>[]>> = {
  'kube-controller-manager/controller': controllerQueue,
  'kube-scheduler': schedulerQueue,
};

const itemsOf = ({ address, definition, context }: ProcessView): readonly QueueItem[] =>
  (readers[definition]?.(context as never) ?? []).map((item) => ({ process: address, ...item }));

/** What waits in the work queues, process by process. */
export const queues = (world: World): readonly QueueItem[] => [...world.processes()].flatMap(itemsOf);

/** The last decisions of the scheduler that leads, newest first. */
export function schedule(world: World): readonly ScheduleDecision[] {
  return [...world.processes()].flatMap(({ definition, context }) =>
    definition === 'kube-scheduler' ? [...schedulerDecisions(context as never)].reverse() : [],
  );
}

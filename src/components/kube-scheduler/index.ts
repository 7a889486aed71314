import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { schedulerMachine } from './machine.ts';
import type { PluginVerdict, SchedulerState } from './state.ts';

export type { SchedulerInput } from './state.ts';

function inspect(state: SchedulerState): Inspection {
  const rows = (name: string, keys: Iterable<{ readonly key: string; readonly attempts: number }>): string[][] => [...keys].map((queued) => [queued.key, name, String(queued.attempts)]);
  return {
    summary: state.election.leading ? `${state.bound} bound${state.unschedulable.size > 0 ? ` · ${state.unschedulable.size} waiting` : ''}` : 'waiting for the lease',
    health: state.unschedulable.size > 0 ? 'waiting' : 'good',
    sections: [
      { type: 'table', title: 'Queues', columns: ['pod', 'queue', 'attempts'], rows: [...rows('active', state.active.values()), ...rows('backoff', state.backoff.values()), ...rows('unschedulable', state.unschedulable.values())] },
      { type: 'table', title: 'Decisions', columns: ['pod', 'node'], rows: [...state.decisions].reverse().map((decision) => [decision.pod, decision.node === '' ? '—' : decision.node]) },
    ],
  };
}

/** The scheduler. */
export const kubeScheduler: ProcessDefinition = { name: 'kube-scheduler', machine: schedulerMachine, inspect };

/** What each plugin said of each node when a pod (`namespace/name`) was last looked at. */
export function decisionsOf(context: SchedulerState, pod: string): readonly PluginVerdict[] {
  return [...context.decisions].reverse().find((decision) => decision.pod === pod)?.verdicts ?? [];
}

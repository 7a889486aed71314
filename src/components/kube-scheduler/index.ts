import type { ProcessDefinition } from '#kernel/types.ts';
import { inspectScheduler } from './inspect.ts';
import { schedulerMachine } from './machine.ts';

export type { SchedulerInput } from './state.ts';

/** The scheduler. */
export const kubeScheduler: ProcessDefinition = { name: 'kube-scheduler', machine: schedulerMachine, inspect: inspectScheduler };

import type { ControllerState } from './worker-state.ts';

/** A key of a control loop's queue, as a table shows it. */
export interface WaitingKey {
  readonly key: string;
  readonly state: 'queued' | 'syncing' | 'delayed';
  /** When it comes back, where it waits for a time. */
  readonly due: number | undefined;
  readonly failures: number;
  readonly detail: string;
  readonly because: number | undefined;
}

/** What a control loop works on, what waits for it, and what comes back later. */
export function controllerQueue({ running, queue }: ControllerState): readonly WaitingKey[] {
  const item = (key: string, state: WaitingKey['state'], because?: number, due?: number): WaitingKey => ({
    key,
    state,
    due,
    failures: queue.failures.get(key) ?? 0,
    detail: '',
    because,
  });
  return [
    ...[...running].map(([key, run]) => item(key, 'syncing', run.origin.seq)),
    ...[...queue.queued].map(([key, origin]) => item(key, 'queued', origin.seq)),
    ...[...queue.delayed].map(([key, due]) => item(key, 'delayed', undefined, due)),
  ];
}

import type { Inspection } from '#kernel/types.ts';
import type { Decision, QueuedPod, SchedulerState } from './state.ts';

const show = (value: number | undefined): string => (value === undefined ? '' : String(value));

function queueRows(state: SchedulerState): string[][] {
  const { active, backoff, failed, unschedulable, gated } = state.queues;
  const rows = (name: string, pods: Iterable<QueuedPod>): string[][] =>
    [...pods].map((queued) => [queued.key, name, String(queued.attempts), queued.refusedBy.join(', ')]);
  const binding = [...state.bindings].map(([key, { node, queued, phase }]) => [
    key,
    phase === 'volumes' ? `waits for volumes on ${node}` : `binding to ${node}`,
    String(queued.attempts),
    '',
  ]);
  return [
    ...rows('active', active.values()),
    ...rows('backoff', backoff.values()),
    ...rows('backoff', failed.values()),
    ...rows('unschedulable', unschedulable.values()),
    ...rows('gated', gated.values()),
    ...binding,
  ];
}

const outcomeOf = ({ node, nominated }: Decision): string =>
  node !== '' ? node : nominated === '' ? '—' : `(${nominated} after preemption)`;

/** What the inspector shows: the queues, the last decisions, and the newest one plugin by plugin and node by node. */
export function inspectScheduler(state: SchedulerState): Inspection {
  const waiting = state.queues.unschedulable.size;
  const last = state.decisions.at(-1);
  const verdicts = (last?.verdicts ?? []).map(({ plugin, node, status, reason, score, normalized, weighted }) => [
    plugin,
    node,
    status,
    reason,
    show(score),
    show(normalized),
    show(weighted),
  ]);
  return {
    summary: state.election.leading ? `${state.bound} bound${waiting > 0 ? ` · ${waiting} waiting` : ''}` : 'waiting for the lease',
    health: waiting > 0 || !state.election.leading ? 'waiting' : 'good',
    sections: [
      { type: 'table', title: 'Queues', columns: ['pod', 'queue', 'attempts', 'refused by'], rows: queueRows(state) },
      {
        type: 'table',
        title: 'Decisions',
        columns: ['pod', 'node', 'message'],
        rows: [...state.decisions].reverse().map((decision) => [decision.pod, outcomeOf(decision), decision.message]),
      },
      {
        type: 'table',
        title: last === undefined ? 'Plugins' : `Plugins: ${last.pod}`,
        columns: ['plugin', 'node', 'status', 'reason', 'score', 'normalised', 'weighted'],
        rows: verdicts,
      },
    ],
  };
}

import type { Inspection } from '#kernel/types.ts';
import type { ManagerState } from './state.ts';
import type { ControllerState } from './worker-state.ts';

/** What the inspector shows of the manager: its lease and the shared informers. */
export function inspectManager(state: ManagerState): Inspection {
  const { election, caches } = state;
  return {
    summary: election.leading ? 'leading' : 'waiting for the lease',
    health: election.leading ? 'good' : 'waiting',
    sections: [
      {
        type: 'fields',
        title: 'Lease',
        rows: [
          ['name', election.name],
          ['identity', election.identity],
          ['leading', String(election.leading)],
        ],
      },
      {
        type: 'table',
        title: 'Shared informers',
        columns: ['resource', 'objects', 'resourceVersion', 'synced'],
        rows: Object.entries(caches).map(([name, cache]) => [name, String(cache.store.size), cache.resourceVersion, String(cache.synced)]),
      },
    ],
  };
}

/** What the inspector shows of one control loop: its queue. */
export function inspectController(state: ControllerState): Inspection {
  const running = [...state.running.keys()];
  return {
    summary: running.length > 0 ? `syncing ${running[0]!}` : `${state.synced} syncs`,
    health: running.length > 0 ? 'busy' : 'good',
    sections: [
      {
        type: 'table',
        title: 'Work queue',
        columns: ['key', 'state'],
        rows: [...running.map((key) => [key, 'syncing']), ...state.queue.order.map((key) => [key, 'queued'])],
      },
      {
        type: 'table',
        title: 'Back-off',
        columns: ['key', 'failures'],
        rows: [...state.queue.failures].map(([key, count]) => [key, String(count)]),
      },
    ],
  };
}

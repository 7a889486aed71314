import type { Inspection } from '#kernel/types.ts';
import type { EtcdState } from './machine.ts';

/** What the inspector shows of a member: where it stands, and how many keys each resource has. */
export function inspect(state: EtcdState): Inspection {
  const { store } = state;
  const byResource = new Map<string, number>();
  for (const key of store.keys.keys()) {
    const resource = key
      .split('/')
      .slice(2, key.startsWith('/registry/services/') ? 4 : 3)
      .join('/');
    byResource.set(resource, (byResource.get(resource) ?? 0) + 1);
  }
  return {
    summary: `revision ${store.revision} · ${store.keys.size} keys`,
    health: 'good',
    sections: [
      {
        type: 'fields',
        title: 'Member',
        rows: [
          ['name', state.name],
          ['revision', String(store.revision)],
          ['compacted', String(store.compacted)],
          ['keys', String(store.keys.size)],
          ['watchers', String(state.watchers.size)],
          ['raft term', String(state.term)],
        ],
      },
      {
        type: 'table',
        title: 'Keys',
        columns: ['/registry/…', 'keys'],
        rows: [...byResource].map(([resource, count]) => [resource, String(count)]),
      },
    ],
  };
}

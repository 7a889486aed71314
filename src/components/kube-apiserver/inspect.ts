import type { Inspection } from '#kernel/types.ts';
import type { ExtensionsState } from './extensions/machine.ts';
import type { IdentityState } from './identity/machine.ts';
import { levelsOf } from './flow/classify.ts';
import { idleLevel } from './flow/queues.ts';
import { requestView, type RequestState } from './request-state.ts';
import type { ApiServerState } from './state.ts';

/** What the inspector shows of the server: its caches and who watches what. */
export function inspectServer(state: ApiServerState): Inspection {
  const watches = [...state.watches.values()];
  return {
    summary: `${watches.length} watches · revision ${state.revision}`,
    health: state.caches.size === 0 ? 'waiting' : 'good',
    sections: [
      {
        type: 'fields',
        title: 'Server',
        rows: [
          ...state.etcd.endpoints.map((endpoint): [string, string] => [
            'etcd',
            `${endpoint}${state.etcd.broken[endpoint] === undefined ? '' : ' (not connected)'}${endpoint === state.etcd.stream ? ' (watches)' : ''}`,
          ]),
          ['revision', String(state.revision)],
          ['requests served', String(state.served)],
          ['oldest revision for watches', String(state.oldest)],
        ],
      },
      {
        type: 'table',
        title: 'Watches',
        columns: ['client', 'resource', 'namespace'],
        rows: watches.map((watch) => [watch.client, watch.resource.plural, watch.namespace]),
      },
      {
        type: 'table',
        title: 'Priority levels',
        columns: ['level', 'seats', 'waiting', 'dispatched from queues', 'refused'],
        rows: levelsOf(state).map(({ name, seats }) => {
          const { waiting, dispatched, refused } = state.flows.get(name) ?? idleLevel;
          return [name, seats === undefined ? 'exempt' : String(seats), String(waiting), String(dispatched), String(refused)];
        }),
      },
      {
        type: 'table',
        title: 'Watch cache',
        columns: ['prefix', 'objects'],
        rows: [...state.caches].filter(([, cache]) => cache.size > 0).map(([prefix, cache]) => [prefix, String(cache.size)]),
      },
    ],
  };
}

/** What the inspector shows of one request. */
export function inspectRequest(state: RequestState): Inspection {
  const view = requestView(state);
  const rows =
    view === undefined
      ? []
      : ([
          ['gate', view.gate],
          ['user', view.user],
          ['from', view.client],
          ['flow schema', state.flow?.schema ?? ''],
          ['priority level', view.queued ? `${view.level} (waits for a seat)` : view.level],
          ['status', String(view.status ?? '')],
        ] as const);
  return {
    summary: `${state.request.method} ${state.request.path}`,
    health: (state.response?.status ?? 0) >= 400 ? 'bad' : 'busy',
    sections: [{ type: 'fields', title: 'Request', rows }],
  };
}

/** What the inspector shows of the loops behind custom resources. */
export function inspectExtensions(state: ExtensionsState): Inspection {
  const rows = [...state.running, ...state.queue].map(({ controller, key }) => [controller, key]);
  return {
    summary: rows.length === 0 ? 'idle' : `${state.running.length} running`,
    health: state.running.length > 0 ? 'busy' : 'good',
    sections: [
      { type: 'fields', title: 'Loops', rows: [['keys handled', String(state.synced)]] },
      { type: 'table', title: 'Work', columns: ['loop', 'key'], rows },
    ],
  };
}

/** What the inspector shows of how a server tells that it is there. */
export function inspectIdentity({ name, holder, runs }: IdentityState): Inspection {
  const busy = Object.keys(runs);
  return {
    summary: name,
    health: 'good',
    sections: [
      {
        type: 'fields',
        title: 'Identity',
        rows: [
          ['lease', name],
          ['holder', holder],
          ['at work', busy.join(', ')],
        ],
      },
    ],
  };
}

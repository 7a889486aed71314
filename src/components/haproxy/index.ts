import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { connectionMachine, type ConnectionState } from './connection.ts';
import { proxyMachine } from './machine.ts';
import type { ProxyState } from './state.ts';

export type { ProxyInput } from './state.ts';

function inspect({ servers, connections }: ProxyState): Inspection {
  const up = servers.filter((server) => server.up).length;
  return {
    summary: `${up}/${servers.length} up · ${connections.size} connections`,
    health: up === servers.length ? 'good' : up === 0 ? 'bad' : 'waiting',
    sections: [
      {
        type: 'table',
        title: 'Servers',
        columns: ['server', 'state', 'connections'],
        rows: servers.map(({ address, up: well, sessions }) => [address, well ? 'UP' : 'DOWN', String(sessions)]),
      },
      {
        type: 'table',
        title: 'Connections',
        columns: ['client', 'connection'],
        rows: [...connections].map(([client, connection]) => [client, connection.split('/')[2] ?? '']),
      },
    ],
  };
}

function inspectConnection({ client, server, established }: ConnectionState): Inspection {
  const rows = [
    ['client', client],
    ['server', server],
  ] as const;
  return {
    summary: `${client} → ${server}`,
    health: established ? 'good' : 'waiting',
    sections: [{ type: 'fields', title: 'Connection', rows }],
  };
}

/** The load balancer in front of several API servers, and the connections through it. */
export const haproxy: readonly ProcessDefinition[] = [
  { name: 'haproxy', machine: proxyMachine, inspect },
  { name: 'haproxy/connection', machine: connectionMachine, inspect: inspectConnection },
];

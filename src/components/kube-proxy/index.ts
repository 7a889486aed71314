import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { proxyMachine, type ProxyState } from './machine.ts';
import { describeRules } from './rules.ts';

export type { ProxyInput } from './machine.ts';

function inspect(state: ProxyState): Inspection {
  const { rules, syncs } = state;
  return {
    summary: syncs === 0 ? 'listing' : `${rules.services.length} rules`,
    health: syncs === 0 ? 'waiting' : 'good',
    sections: [
      { type: 'table', title: 'Service rules', columns: ['service', 'address', 'node port', 'endpoints'], rows: describeRules(rules) },
      {
        type: 'table',
        title: 'Routes',
        columns: ['pod network', 'node'],
        rows: rules.routes.map((route) => [`${route.prefix}0/24`, route.node]),
      },
    ],
  };
}

export const kubeProxy: ProcessDefinition = { name: 'kube-proxy', machine: proxyMachine, inspect };

import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { dnsMachine, type DnsState } from './machine.ts';

export type { DnsInput } from './machine.ts';

function inspect({ informers, answered }: DnsState): Inspection {
  const ready = Object.values(informers).every((informer) => informer.synced);
  return {
    summary: ready ? `${informers.services.store.size} services` : 'listing',
    health: ready ? 'good' : 'waiting',
    sections: [{ type: 'fields', title: 'Server', rows: [['answered', String(answered)]] }],
  };
}

export const coreDns: ProcessDefinition = { name: 'coredns', machine: dnsMachine, inspect };

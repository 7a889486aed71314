import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { externalClientMachine, type ExternalClientState } from './machine.ts';

export type { AbortMessage, ExternalClientInput, SendMessage } from './machine.ts';

function inspect({ open, sent }: ExternalClientState): Inspection {
  return {
    summary: `${sent} requests`,
    health: open.size > 0 ? 'busy' : 'good',
    sections: [
      { type: 'table', title: 'Open requests', columns: ['id', 'request'], rows: [...open].map(([id, request]) => [id, request]) },
    ],
  };
}

/** A program beyond the cluster. */
export const externalClient: ProcessDefinition = { name: 'external-client', machine: externalClientMachine, inspect };

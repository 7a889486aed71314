import type { Inspection, ProcessDefinition } from '#kernel/types.ts';
import { provisionerMachine, type ProvisionerState } from './machine.ts';

export type { ProvisionerInput } from './machine.ts';

function inspect({ provisioned, asked }: ProvisionerState): Inspection {
  return {
    summary: `${provisioned} provisioned`,
    health: 'good',
    sections: [
      {
        type: 'table',
        title: 'Being provisioned',
        columns: ['claim'],
        rows: [...asked.values()].map(({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.name}`]),
      },
    ],
  };
}

export const storageProvisioner: ProcessDefinition = { name: 'storage-provisioner', machine: provisionerMachine, inspect };

import { clusterCommands } from './tables/cluster-commands.ts';
import { readCommands } from './tables/read-commands.ts';
import type { CommandSpec } from './tables/spec.ts';
import { workloadCommands } from './tables/workload-commands.ts';
import { writeCommands } from './tables/write-commands.ts';

export type { CommandSpec } from './tables/spec.ts';

/** Every command of kubectl that there is. */
export const commandTable: readonly CommandSpec[] = [...readCommands, ...writeCommands, ...workloadCommands, ...clusterCommands];

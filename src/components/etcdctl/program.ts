import { late } from '#base/late.ts';
import type { runCommand } from './commands.ts';
import type { eventText, kvJson } from './format.ts';

/** What etcdctl does. It comes late: no cluster needs it to boot. */
export const etcdctlProgram = late<{
  readonly runCommand: typeof runCommand;
  readonly eventText: typeof eventText;
  readonly kvJson: typeof kvJson;
}>('etcdctl');

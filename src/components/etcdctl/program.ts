import { late } from '#base/late.ts';
import type { handle } from './handle.ts';

/** What etcdctl does. It comes late: no cluster needs it to boot. */
export const etcdctlProgram = late<typeof handle>('etcdctl');

import { late } from '#base/late.ts';
import type * as Userland from './userland/index.ts';

/** What runs in containers. It comes late: a cluster boots from real processes alone. */
export const userland = late<typeof Userland>('userland');

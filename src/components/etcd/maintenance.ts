import { late } from '#base/late.ts';
import type * as Members from './members.ts';

/** Changes of the group that only a person asks for. They come late: no cluster needs them to boot. */
export const maintenance = late<typeof Members>('etcd maintenance');

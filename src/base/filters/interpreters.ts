import { late } from '../late.ts';
import type { awk } from './awk.ts';
import type { sed } from './sed.ts';

/** The filters that are languages of their own. They come late: a cluster boots without them. */
export const interpreters = late<{ readonly awk: typeof awk; readonly sed: typeof sed }>('the interpreters of awk and sed');

/** What awk and sed throw over a program that they cannot read or run. */
export class ProgramError extends Error {}

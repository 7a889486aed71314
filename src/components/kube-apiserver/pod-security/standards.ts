import { late } from '#base/late.ts';
import type { violations } from './checks.ts';

/** What pods are checked for. It comes late: a cluster boots without a labelled namespace. */
export const standards = late<{ readonly violations: typeof violations }>('the pod security standards');
